/** @file Learning-rate schedules as transformers' get_scheduler computes them. */
import type { TrainConfig } from '../../words/engine.ts';

/**
 * The rate of the update after `done` updates, from 0. With warm-up the first update has rate 0, as in transformers;
 * without it the first has the full rate. 'constant' with warm-up is transformers' constant_with_warmup.
 */
export function learningRateAt(
  config: Pick<TrainConfig, 'learningRate' | 'lrSchedulerType' | 'warmupRatio' | 'maxSteps'>,
  done: number,
): number {
  const { learningRate, lrSchedulerType, warmupRatio, maxSteps } = config;
  const warmup = Math.ceil(maxSteps * warmupRatio);
  if (done < warmup) return (learningRate * done) / Math.max(1, warmup);
  const progress = (done - warmup) / Math.max(1, maxSteps - warmup);
  switch (lrSchedulerType) {
    case 'constant':
      return learningRate;
    case 'linear':
      return learningRate * Math.max(0, 1 - progress);
    case 'cosine':
      return learningRate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
  }
}
