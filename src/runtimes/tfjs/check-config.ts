/** @file What a training configuration must satisfy. */
import type { TrainConfig } from '../../words/engine.ts';
import { LabError } from '../../core/errors.ts';

/** @throws LabError `invalid-request` naming the field, what it must be and what it is. */
export function checkTrainConfig(config: TrainConfig): void {
  const need = (isRight: boolean, field: keyof TrainConfig, expected: string) => {
    if (!isRight) {
      throw new LabError('invalid-request', `${field} must be ${expected}, got ${String(config[field])}.`);
    }
  };
  const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;
  const isAtLeastZero = (value: number) => Number.isFinite(value) && value >= 0;
  const isShare = (value: number) => value >= 0 && value < 1;
  need(isAtLeastZero(config.learningRate), 'learningRate', 'a number >= 0');
  need(
    ['constant', 'linear', 'cosine'].includes(config.lrSchedulerType),
    'lrSchedulerType',
    'constant, linear or cosine',
  );
  need(config.warmupRatio >= 0 && config.warmupRatio <= 1, 'warmupRatio', 'from 0 to 1');
  need(isAtLeastZero(config.weightDecay), 'weightDecay', 'a number >= 0');
  need(isShare(config.adamBeta1), 'adamBeta1', 'from 0 up to 1');
  need(isShare(config.adamBeta2), 'adamBeta2', 'from 0 up to 1');
  need(Number.isFinite(config.adamEpsilon) && config.adamEpsilon > 0, 'adamEpsilon', 'a number > 0');
  need(isAtLeastZero(config.maxGradNorm), 'maxGradNorm', 'a number >= 0 (0: no clipping)');
  need(isCount(config.batchSize, 1), 'batchSize', 'a whole number >= 1');
  need(isCount(config.gradientAccumulationSteps, 1), 'gradientAccumulationSteps', 'a whole number >= 1');
  need(isCount(config.maxSteps, 1), 'maxSteps', 'a whole number >= 1');
  need(typeof config.shuffle === 'boolean', 'shuffle', 'true or false');
  need(Number.isSafeInteger(config.seed), 'seed', 'a whole number');
}
