/**
 * @file One checkpoint into both runtimes, or into neither; then the proof that they compute the same model. Where a
 * GPU makes them differ, both go to wasm.
 */
import type { Comparison } from '../core/agreement.ts';
import { compareLogits, isSameModel, probeRows } from '../core/agreement.ts';
import { LabError, toLabError } from '../core/errors.ts';
import type { SourceDescriptor } from '../core/source.ts';
import type { InferenceService } from '../protocol/inference.ts';
import type { TrainingService } from '../protocol/training.ts';
import type { Signal } from '../protocol/wire.ts';
import type { LoadProgress, LoadRequest, ModelInfo } from '../protocol/words.ts';
import type { LoadedModel } from './lab-state.ts';

export interface Runtimes {
  readonly inference: InferenceService;
  readonly training: TrainingService;
}

/** Share of the weights read: of the slower runtime, and of each. */
type OnShare = (share: number, shares: { readonly inference: number; readonly training: number }) => void;

/** Longer than the 32 tokens from which GPU attention kernels change their ways. */
const PROBE_TOKENS = [64];

/** Both runtimes' logits of the same rows, each with the adapter that it currently uses. */
async function compareRuntimes(
  { inference, training }: Runtimes,
  model: ModelInfo,
  signal: Signal,
): Promise<Comparison> {
  const rows = probeRows(PROBE_TOKENS, model);
  const [ours, theirs] = await Promise.all([
    inference.logits(rows, { signal }),
    training.logits(rows, { signal }),
  ]);
  return compareLogits(ours, theirs);
}

async function loadOn(
  { inference, training }: Runtimes,
  request: LoadRequest,
  signal: Signal,
  onShare: OnShare,
): Promise<Pick<LoadedModel, 'inference' | 'training'>> {
  const shares = { inference: 0, training: 0 };
  const follow = (side: keyof typeof shares) => ({
    signal,
    onEvent: ({ done, total }: LoadProgress) => {
      shares[side] = total === 0 ? 0 : done / total;
      onShare(Math.min(shares.inference, shares.training), { ...shares });
    },
  });
  const [left, right] = await Promise.allSettled([
    inference.load(request, follow('inference')),
    training.load(request, follow('training')),
  ]);
  if (left.status === 'fulfilled' && right.status === 'fulfilled') {
    return { inference: left.value, training: right.value };
  }
  // What the other side loaded goes too.
  await Promise.allSettled([inference.unload(), training.unload()]);
  throw toLabError([left, right].find((side) => side.status === 'rejected')?.reason);
}

/** @throws LabError of either load, or `self-test-failed` where the runtimes disagree even on wasm. */
export async function loadBoth(
  runtimes: Runtimes,
  source: SourceDescriptor,
  signal: Signal,
  onShare: OnShare,
): Promise<LoadedModel> {
  const first = await loadOn(runtimes, { source, backend: 'auto' }, signal, onShare);
  const found = await compareRuntimes(runtimes, first.inference, signal);
  if (isSameModel(found)) return { ...first, logitDifference: found.difference };

  const devices = [first.inference, first.training].map(({ device }) => device);
  const gpu = devices.find(({ backend }) => backend === 'webgpu');
  const how = `The two runtimes' logits differ by ${found.difference.toPrecision(2)}`;
  if (gpu !== undefined) {
    const second = await loadOn(runtimes, { source, backend: 'wasm' }, signal, onShare);
    const again = await compareRuntimes(runtimes, second.inference, signal);
    if (isSameModel(again)) {
      const passedOver = [`${how} on ${gpu.description}, so the model runs on wasm.`];
      const inference = { ...second.inference, passedOver };
      return { inference, training: second.training, logitDifference: again.difference };
    }
  }
  await Promise.allSettled([runtimes.inference.unload(), runtimes.training.unload()]);
  throw new LabError('self-test-failed', `${how}, of logits up to ${found.size.toPrecision(2)}.`);
}
