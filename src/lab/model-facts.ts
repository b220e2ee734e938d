/** @file What a run must know of the loaded model, asked of the services. */
import { LabError } from '../core/errors.ts';
import type { ModelFacts } from '../method/ports.ts';
import type { LinearShape, LoraConfig } from '../lora/config.ts';
import type { TrainingService } from '../protocol/training.ts';
import type { Signal } from '../protocol/wire.ts';
import type { ModelInfo } from '../protocol/words.ts';

/** The smallest adapter: only its base's digest is read. */
const SMALLEST: LoraConfig = {
  ...{ r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
};

export interface KnownModel extends ModelFacts {
  /** What an adapter attaches to with target_modules "all-linear". */
  readonly linears: readonly LinearShape[];
}

/** @param info what the services answered when they loaded the model
 * @throws LabError as the service throws */
export async function readModelFacts(
  training: Pick<TrainingService, 'initAdapter' | 'exportAdapter'>,
  { label, maxPositions, eosTokenIds }: ModelInfo,
  signal: Signal,
): Promise<KnownModel> {
  // The worker digests the weights for every adapter that it makes.
  await training.initAdapter({ config: SMALLEST, seed: 0 }, { signal });
  const { baseSha256, pairs } = await training.exportAdapter(undefined, { signal });
  // At rank 1 the factors are as long as the layer's sides.
  const linears = [...pairs].map(([module, { a, b }]) => ({
    ...{ module, inFeatures: a.length, outFeatures: b.length, isHead: false },
  }));
  if (baseSha256 !== undefined)
    return { name: label, sha256: baseSha256, maxPositions, eosTokenIds, linears };
  throw new LabError('internal', `The digest of ${label}'s weights is not known.`);
}
