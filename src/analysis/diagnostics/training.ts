/** @file Diagnostics of a round's training: its loss; n is the step's tokens. */
import type { Value } from '../../metrics/metric.ts';
import type { TrainStep } from '../../words/engine.ts';
import { readerOf } from './diagnostic.ts';

const diagnostic = readerOf<readonly TrainStep[]>();
const lossOf = (step: TrainStep | undefined): Value | null =>
  step === undefined ? null : { value: step.loss, n: step.tokens };
const LOSS = { unit: 'nats per token', range: [0, null] } as const;

export const OF_TRAINING = [
  diagnostic(
    'train_loss_first',
    { ...LOSS, better: 'neither' },
    "Loss of the training's first step, nats per token.",
    (curve) => lossOf(curve[0]),
  ),
  diagnostic(
    'train_loss_last',
    { ...LOSS, better: 'lower' },
    "Loss of the training's last step, nats per token.",
    (curve) => lossOf(curve.at(-1)),
  ),
] as const;
