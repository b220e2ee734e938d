/** @file What a picture is of, as it goes out: task, model, seeds. */
import { listed } from './numbers.ts';

/** "two-cue-topic, nano, seed 1"; successive seeds as a stretch. */
export function pictureFacts(taskId: string, model: string, seeds: readonly number[]): string {
  const [first = 0] = seeds;
  const isStretch = seeds.length > 2 && seeds.every((seed, i) => seed === first + i);
  const which = isStretch ? `${first} to ${first + seeds.length - 1}` : listed(seeds.map(String));
  return `Task ${taskId}, model ${model}, ${seeds.length === 1 ? 'seed' : 'seeds'} ${which}`;
}
