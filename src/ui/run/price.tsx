/** @file What a step would take on this device: time, or first what is not here (a model's picked files, a task of somebody's). */
import type { ReactNode } from 'react';
import type { LabModel } from '../../store/lab-model.ts';
import type { Setup } from '../../store/setup/setup-shape.ts';
import type { SetupPrice } from '../../store/setup/setup-state.ts';
import { formatSeconds } from '../words/numbers.ts';

const inWords = ({ absent, seconds }: SetupPrice): string => {
  if (absent !== null) return `Needs ${absent.name}, which is not loaded.`;
  return seconds === null ? '' : `About ${formatSeconds(seconds)} here.`;
};

export const Price = ({ of }: { readonly of: SetupPrice }): ReactNode => (
  <span className="faint">{inWords(of)}</span>
);

/** Where what a run on the page lacks is said, once, for all buttons that are off because of it (lack-note.tsx). */
export const LACK_ID = 'run-lack';

/** What a setup would need that this page cannot fetch by itself: a sentence for what has to be done first; null where it can
 * run here. A function of what it is given: with hooks of the page it would pull the first script apart (test/browser/size). */
export function lackOf(
  { model, taskId }: Pick<Setup, 'model' | 'taskId'>,
  { loaded, cards }: { readonly loaded: Setup['model']; readonly cards: LabModel['tasks']['cards'] },
): string | null {
  const isHere = model.kind !== 'picked' || (loaded.kind === 'picked' && loaded.name === model.name);
  const hasTask = cards.some(({ definition }) => definition.id === taskId);
  const lacks = [
    ...(isHere ? [] : [`${model.name}, which is not loaded`]),
    ...(hasTask ? [] : [`the task ${taskId}, which is not here`]),
  ];
  return lacks.length === 0 ? null : `What is off below needs ${lacks.join(', and ')}: see Data & models.`;
}
