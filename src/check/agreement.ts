/**
 * @file Do both runtimes compute the same model? Asked of whatever model is loaded, without a reference: random token
 * rows of different lengths go through both, with an adapter where there is one.
 */
import type { BackendName } from '../core/engine.ts';
import { integerAt, deriveKey } from '../core/random.ts';
import type { Adapter } from '../lora/config.ts';
import type { Architecture } from '../models/architecture.ts';
import { check, maxAbs, maxAbsDifference } from './check.ts';
import type { Check } from './check.ts';
import type { InferenceSide, TrainingSide } from './sides.ts';

/**
 * What may differ between two right float32 implementations: a share of the largest logit, and no less than the
 * goldens' own tolerance. On a GPU exp, sin and cos may be approximate, which the goldens' README allows 1e-3 for.
 */
function agreementTolerance(backend: BackendName, largestLogit: number): number {
  const isGpu = backend === 'webgpu';
  return Math.max(isGpu ? 1e-3 : 1e-4, (isGpu ? 2e-4 : 2e-5) * largestLogit);
}

/** Three rows of token ids, the same for the same vocabulary: a short one, and two beyond the 32 tokens from which on
 * GPU kernels take other paths. */
function probeRows({
  vocabSize,
  maxPositions,
}: Pick<Architecture, 'vocabSize' | 'maxPositions'>): number[][] {
  const key = deriveKey('agreement');
  return [7, 80, 33].map((length, row) =>
    Array.from({ length: Math.min(length, maxPositions) }, (_, i) =>
      integerAt(key, row * 128 + i, vocabSize),
    ),
  );
}

/** Largest logit difference between the runtimes. */
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
  const largest = Math.max(...labels.map(maxAbs));
  return check(
    { runtime: 'tfjs', backend: training.backend },
    `logits against ort ${inference.backend}${adapter === null ? '' : ', with the adapter'}`,
    difference,
    agreementTolerance(training.backend, largest),
  );
}
