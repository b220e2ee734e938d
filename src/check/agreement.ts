/**
 * @file Do both runtimes compute the same model? Asked of whatever model is loaded, without a reference: random token
 * rows of different lengths go through both, with an adapter where there is one.
 */
import { integerAt, deriveKey } from '../core/random.ts';
import type { Adapter } from '../lora/config.ts';
import type { Architecture } from '../models/architecture.ts';
import { check, maxAbs, maxAbsDifference } from './check.ts';
import type { Check } from './check.ts';
import type { InferenceSide, TrainingSide } from './sides.ts';

/** float32 sums in another order differ by a share of the largest logit; 1e-4 is ten times what is usual. */
export const AGREEMENT_RELATIVE = 1e-4;

/** Three rows of token ids, of different lengths, the same for the same vocabulary. */
export function probeRows({
  vocabSize,
  maxPositions,
}: Pick<Architecture, 'vocabSize' | 'maxPositions'>): number[][] {
  const key = deriveKey('agreement');
  return [7, 24, 13].map((length, row) =>
    Array.from({ length: Math.min(length, maxPositions) }, (_, i) => integerAt(key, row * 64 + i, vocabSize)),
  );
}

/** Largest logit difference between the runtimes, relative to the largest logit where that is above 1. */
export async function checkAgreement(
  architecture: Architecture,
  inference: InferenceSide,
  training: TrainingSide,
  adapter: Adapter | null,
): Promise<Check> {
  const rows = probeRows(architecture);
  await inference.setAdapter(adapter);
  const labels = await inference.logits(rows);
  await inference.setAdapter(null);
  const learns = await training.logits(adapter, rows);
  const difference = Math.max(...rows.map((_, i) => maxAbsDifference(labels[i] ?? [], learns[i] ?? [])));
  const scale = Math.max(1, ...labels.map(maxAbs));
  return check(
    { runtime: 'tfjs', backend: training.backend },
    `logits against ort ${inference.backend}${adapter === null ? '' : ', with the adapter'}`,
    difference,
    AGREEMENT_RELATIVE * scale,
  );
}
