/** @file What the setup comes to: the sizes that a run would have of its task, and how long it takes. */
import { plural } from '../../core/plural.ts';
import type { LabModel } from '../../store/lab-model.ts';
import { SIZES, sizeOf } from '../../store/setup/size.ts';
import { tooFew } from '../../store/setup/too-few.ts';
import { formatSeconds } from './numbers.ts';

/** A run that goes on tells the time that is left of it: a prediction beside that would be another. */
const isGoing = ({ run }: LabModel): boolean =>
  run?.kind === 'live' && (run.status === 'running' || run.status === 'paused' || run.status === 'waiting');

function timeWords(lab: LabModel): string {
  if (isGoing(lab)) return '';
  const { predictedSeconds } = lab.setup;
  return predictedSeconds === null
    ? '; how long it takes here is not measured yet'
    : `; about ${formatSeconds(predictedSeconds)} on this machine`;
}

/** '' where the setup cannot be run, which is told beside what is wrong with it. */
export function sizesWords(lab: LabModel): string {
  const { setup, arms, faults, prompts, testItems } = lab.setup;
  if (Object.keys(faults).length > 0) return '';
  const size = sizeOf(setup);
  const begin = `${size === null ? 'Sizes of your own' : SIZES[size]}: ${plural(testItems, 'test item')}`;
  // How many there are and how many it takes stand beside Run, with the sizes that fit.
  if (tooFew(lab) !== null) return `${begin}; more prompts than the task has.`;
  const seeds = setup.seeds.length;
  const each = [
    ...(arms.length > 1 ? [` for each of ${plural(arms.length, 'arm')}`] : []),
    ...(seeds > 1 ? [`, with each of ${plural(seeds, 'seed')}`] : []),
  ];
  return `${begin}, ${plural(prompts, 'prompt')}${each.join('')}${timeWords(lab)}.`;
}
