/**
 * @file Answers that a run kept, for when nobody can be asked: its model is another than the loaded one, or its file came
 * without the adapters. A recorded run is followed like any other that way.
 */
import type { Mode } from '../../words/events.ts';
import { EVALUATED_SPLITS } from '../../words/events.ts';
import type { RunState } from '../../method/state.ts';
import { roundOf } from '../../method/state.ts';
import { rowsOf } from '../../analysis/watch.ts';
import type { Fault } from '../lab-state.ts';
import type { Cell, RunView } from '../live/run-state.ts';
import type { Answerer, AskedAnswer, Barrier, Pinned } from './ask-state.ts';

/** What a round answered to a row when it was scored so; null where it was not. */
function keptAnswer(state: RunState, round: number, rowId: string, mode: Mode): string | null {
  const { evaluations } = roundOf(state, round);
  const found = evaluations
    .filter((evaluation) => evaluation.mode === mode)
    .flatMap(({ predictions }) => predictions.find(({ id }) => id === rowId) ?? []);
  return found[0]?.answer ?? null;
}

/** The prompt is as the run asked it: of a row, word by word, behind the demonstrations that it came with. */
const isAsItWas = ({ task }: RunView, { rowId, input, chosen }: Pinned): boolean =>
  rowId !== null &&
  chosen === null &&
  EVALUATED_SPLITS.some((split) => rowsOf(task, split).get(rowId)?.input === input);

const remedyOf = (barrier: Barrier, { model }: RunView): string =>
  barrier === 'model'
    ? `Load ${model.name}, or choose a test item as the run scored it.`
    : 'Open a file of the run with its adapters, or choose a test item as the run scored it.';

/** The answer that was kept, or why there is none. */
export function readBack(
  pinned: Pinned,
  answerer: Answerer,
  barrier: Barrier,
  run: RunView,
  cell: Cell | null,
): AskedAnswer {
  const round = answerer.kind === 'round' ? answerer.round : 0;
  const kept =
    cell === null || pinned.rowId === null || !isAsItWas(run, pinned)
      ? null
      : keptAnswer(cell.state, round, pinned.rowId, pinned.mode);
  const start = { answerer, tokens: [], readBack: barrier } as const;
  if (kept !== null) return { ...start, status: 'done', text: kept, fault: null };
  const fault: Fault = {
    code: 'invalid-request',
    what: 'The run kept no answer to this prompt.',
    remedy: remedyOf(barrier, run),
  };
  return { ...start, status: 'failed', text: '', fault };
}
