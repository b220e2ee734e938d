/** @file Whether a task feeds an arm's agenda: told before anything runs, and by the run once it has seen the rows' lengths. */
import { LabError } from '../core/errors.ts';
import type { Knobs } from '../words/knobs.ts';
import { KNOBS } from '../words/knobs.ts';
import type { Plan } from '../words/plan.ts';
import { agendaOf, shapeOf } from './agenda.ts';

/** What a run knows of its prompts beyond their number. */
export interface Fitting {
  /** Prompts that fit into the model, of those that were looked at. */
  readonly fit: number;
  readonly positions: number;
  /** Tokens kept free for an answer. */
  readonly answer: number;
}

/** Parts of different prompts: where they are reused there is one. */
const partsOf = (needed: number, promptsPerRound: number): number => needed / promptsPerRound;

/** Sizes that so many prompts feed: as many parts with fewer prompts each, then fewer parts. [] where none does. */
export function feasibleSizes(
  { needed, promptsPerRound }: { readonly needed: number; readonly promptsPerRound: number },
  there: number,
): readonly Pick<Knobs, 'rounds' | 'promptsPerRound'>[] {
  const parts = partsOf(needed, promptsPerRound);
  const perRound = Math.floor(there / parts);
  const most = Math.floor(there / promptsPerRound);
  return [
    ...(perRound >= KNOBS.promptsPerRound.min ? [{ rounds: parts, promptsPerRound: perRound }] : []),
    ...(most > 0 ? [{ rounds: most, promptsPerRound }] : []),
  ];
}

/** @throws LabError `invalid-request` where a task has no labels of which one could be taken for another */
function checkNoise({ arm, task: { definition } }: Plan): void {
  const { labelNoise, noiseKind } = arm.knobs;
  if (labelNoise === 0 || noiseKind === 'symmetric' || definition.labels.length > 1) return;
  throw new LabError(
    'invalid-request',
    `Arm "${arm.name}" has label noise of kind ${noiseKind}, and task ${definition.id} has no labels of which one could be taken for another.`,
    { remedy: 'Set noiseKind to symmetric.' },
  );
}

/** @param fitting null: nothing is known of lengths yet, and all prompts count
 * @throws LabError `invalid-request` where the task has too few prompts, with what is feasible, or no labels for its noise */
export function checkPrompts(plan: Plan, fitting: Fitting | null): void {
  checkNoise(plan);
  const { task, arm } = plan;
  const { prompts: needed } = agendaOf(arm, shapeOf(task));
  const all = task.splits.prompts.length;
  const there = fitting?.fit ?? all;
  if (there >= needed) return;
  const { promptsPerRound } = arm.knobs;
  const parts = partsOf(needed, promptsPerRound);
  const rounds = (count: number) => `${count} ${count === 1 ? 'round' : 'rounds'}`;
  const feasible = feasibleSizes({ needed, promptsPerRound }, there).map(
    (sizes) => `${rounds(sizes.rounds)} of ${sizes.promptsPerRound}`,
  );
  const isLong = fitting !== null && there < all;
  const fit = fitting === null ? '' : `, of which ${there} fit into the model`;
  const tooLong = isLong
    ? ` A row may have ${fitting.positions} tokens here, up to ${fitting.answer} of them the answer's: a smaller maxNewTokens lets longer prompts fit.`
    : '';
  const remedy =
    feasible.length === 0 ? 'Give the task more prompts.' : `Feasible: ${feasible.join(', or ')}.`;
  throw new LabError(
    'invalid-request',
    `Task ${task.definition.id} has ${all} prompts${fit}; arm "${arm.name}" needs ${needed} (${rounds(parts)} of ${promptsPerRound}).`,
    { remedy: `${remedy}${tooLong}` },
  );
}
