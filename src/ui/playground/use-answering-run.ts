/** @file The run whose rounds can answer: its model is the loaded one. */
import type { RunView } from '../../store/live/run-state.ts';
import { useLab } from '../lab-context.ts';
import { answeringRun, silenceWords } from './answerers.ts';

export interface Answering {
  /** null where there is none. */
  readonly run: RunView | null;
  /** Why no round of the run on the page can answer; '' where one can, or there is no run. */
  readonly silence: string;
}

export function useAnsweringRun(): Answering {
  const run = useLab((state) => state.run);
  const name = useLab(({ model }) => model.ref.name);
  const sha256 = useLab(({ model }) => model.loaded?.inference.sha256 ?? null);
  const loaded = sha256 === null ? null : { name, sha256 };
  return { run: answeringRun(run, sha256), silence: silenceWords(run, loaded) };
}
