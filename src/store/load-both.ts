/**
 * @file One checkpoint into both runtimes, or into neither; then the proof that they compute the same model. Where a
 * GPU makes them differ, both go to wasm.
 */
import { LabError, toLabError } from '../core/errors.ts';
import { deriveKey, integerAt } from '../core/random.ts';
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
const PROBE_TOKENS = 64;
/** Largest |difference| of a logit allowed, relative to the largest |logit|: float32 on two devices stays below a
 * hundredth of it, a wrong kernel is a thousand times above. */
const TOLERANCE = 1e-3;

export interface Comparison {
  /** Largest |difference| of a logit; NaN where anything is missing or not a number. */
  readonly difference: number;
  /** Largest |logit|. */
  readonly size: number;
}

/** Both runtimes' logits of the same rows, each with the adapter that it currently uses. */
async function compareRuntimes(
  { inference, training }: Runtimes,
  rows: readonly (readonly number[])[],
  signal: Signal,
): Promise<Comparison> {
  const [ours, theirs] = await Promise.all([
    inference.logits(rows, { signal }),
    training.logits(rows, { signal }),
  ]);
  let difference = ours.length === theirs.length ? 0 : NaN;
  let size = 0;
  ours.forEach((row, r) => {
    if (row.length !== theirs[r]?.length) difference = NaN;
    row.forEach((value, i) => {
      // Math.max keeps a NaN once it has met one.
      difference = Math.max(difference, Math.abs(value - (theirs[r]?.[i] ?? NaN)));
      size = Math.max(size, Math.abs(value));
    });
  });
  return { difference, size };
}

const agrees = ({ difference, size }: Comparison): boolean => difference <= TOLERANCE * Math.max(1, size);

function probe({ vocabSize, maxPositions }: ModelInfo): number[] {
  const key = deriveKey('probe');
  const length = Math.min(PROBE_TOKENS, maxPositions);
  return Array.from({ length }, (_, i) => integerAt(key, i, vocabSize));
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
  const found = await compareRuntimes(runtimes, [probe(first.inference)], signal);
  if (agrees(found)) return { ...first, logitDifference: found.difference };

  const devices = [first.inference, first.training].map(({ device }) => device);
  const gpu = devices.find(({ backend }) => backend === 'webgpu');
  const how = `The two runtimes' logits differ by ${found.difference.toPrecision(2)}`;
  if (gpu !== undefined) {
    const second = await loadOn(runtimes, { source, backend: 'wasm' }, signal, onShare);
    const again = await compareRuntimes(runtimes, [probe(second.inference)], signal);
    if (agrees(again)) {
      const passedOver = [`${how} on ${gpu.description}, so the model runs on wasm.`];
      const inference = { ...second.inference, passedOver };
      return { inference, training: second.training, logitDifference: again.difference };
    }
  }
  await Promise.allSettled([runtimes.inference.unload(), runtimes.training.unload()]);
  throw new LabError('self-test-failed', `${how}, of logits up to ${found.size.toPrecision(2)}.`);
}
