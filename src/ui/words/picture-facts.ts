/** @file What a picture is of: task, model, seeds, arms. */
import type { Arm } from '../../words/plan.ts';
import { armTitle } from '../../words/arm-title.ts';
import { listed } from './numbers.ts';
import { roundTitle } from './rounds.ts';

/** "seed 1"; "seeds 1 and 9"; three or more successive seeds as a stretch. */
export function seedsOf(seeds: readonly number[]): string {
  const [first = 0] = seeds;
  const isStretch = seeds.length > 2 && seeds.every((seed, i) => seed === first + i);
  const which = isStretch ? `${first} to ${first + seeds.length - 1}` : listed(seeds.map(String));
  return `${seeds.length === 1 ? 'seed' : 'seeds'} ${which}`;
}

/** On a picture that goes out: its legend names the arms. */
export const pictureFacts = (taskId: string, model: string, seeds: readonly number[]): string =>
  `Task ${taskId}, model ${model}, ${seedsOf(seeds)}`;

/** Of one arm's round with one seed, where no legend names the arm. */
export const roundFacts = (
  taskId: string,
  model: string,
  {
    arm,
    seed,
    round,
  }: { readonly arm: Pick<Arm, 'name' | 'method'>; readonly seed: number; readonly round: number },
): string =>
  `${pictureFacts(taskId, model, [seed])}, ${armTitle(arm.name, arm.method)}, ${roundTitle(round)}`;

export interface Titled {
  readonly taskId: string;
  readonly model: string;
  readonly seeds: readonly number[];
  readonly arms: readonly Pick<Arm, 'name' | 'method'>[];
}

/** "topic-4 on nano, seed 1: SOFT and frozen teacher" */
export const runTitle = ({ taskId, model, seeds, arms }: Titled): string =>
  `${taskId} on ${model}, ${seedsOf(seeds)}: ${listed(arms.map(({ name, method }) => armTitle(name, method)))}`;
