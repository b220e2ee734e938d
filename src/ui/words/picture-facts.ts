/** @file What a picture is of: task, model, seeds, arms. */
import type { Arm } from '../../words/plan.ts';
import { armTitle } from './arms.ts';
import { listed } from './numbers.ts';

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

export interface Titled {
  readonly taskId: string;
  readonly model: string;
  readonly seeds: readonly number[];
  readonly arms: readonly Pick<Arm, 'name' | 'method'>[];
}

/** "topic-4 on nano, seed 1: SOFT and frozen teacher" */
export const runTitle = ({ taskId, model, seeds, arms }: Titled): string =>
  `${taskId} on ${model}, ${seedsOf(seeds)}: ${listed(arms.map(({ name, method }) => armTitle(name, method)))}`;
