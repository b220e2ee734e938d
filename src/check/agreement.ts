/** @file One row of a report: do both runtimes compute the model that is loaded? Asked without a reference. */
import { agreement, compareRuntimes } from '../metrics/agreement.ts';
import type { Adapter } from '../lora/config.ts';
import type { Architecture } from '../models/architecture.ts';
import { check } from './check.ts';
import type { Check } from './check.ts';
import type { InferenceSide, TrainingSide } from './sides.ts';

/** A short row, and two beyond the 32 tokens from which on GPU kernels take other paths. */
const LENGTHS = [7, 80, 33];

/** Largest logit difference between the runtimes. */
export async function checkAgreement(
  architecture: Architecture,
  inference: InferenceSide,
  training: TrainingSide,
  adapter: Adapter | null,
): Promise<Check> {
  const found = await compareRuntimes(
    (rows) => inference.logits(adapter, rows),
    (rows) => training.logits(adapter, rows),
    architecture,
    LENGTHS,
  );
  return check(
    { runtime: 'tfjs', backend: training.backend },
    `logits against ort ${inference.backend}${adapter === null ? '' : ', with the adapter'}`,
    found.difference,
    agreement(found, training.backend, 'right').tolerance,
  );
}
