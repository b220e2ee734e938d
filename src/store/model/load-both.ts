/**
 * @file One checkpoint into both runtimes, or into neither; then the proof that they compute the same model. Where a
 * GPU makes them differ, both go to wasm; where the proof does not end, both go to one thread.
 */
import type { Comparison } from '../../metrics/agreement.ts';
import { agreement, compareRuntimes } from '../../metrics/agreement.ts';
import { LabError, toLabError } from '../../core/errors.ts';
import type { InferenceService } from '../../protocol/inference.ts';
import type { TrainingService } from '../../protocol/training.ts';
import type { LoadRequest, ModelInfo } from '../../protocol/words.ts';
import type { LoadedModel } from '../lab-state.ts';
import type { LoadWatch, Side } from './patient-load.ts';
import { inTime, limitFor, loadPatiently } from './patient-load.ts';

export interface Runtimes {
  readonly inference: InferenceService;
  readonly training: TrainingService;
  /** Puts a fresh worker, with nothing loaded, in the place of one that hangs. */
  readonly renew: (side: Side, why: LabError) => void;
}

export interface LoadBothWatch extends LoadWatch {
  /** Both are loaded; their logits are compared. */
  readonly onComparing: () => void;
}

const SIDES: readonly Side[] = ['inference', 'training'];

type Models = Pick<LoadedModel, 'inference' | 'training'>;
const isSame = (found: Comparison, { training }: Models): boolean =>
  agreement(found, training.device.backend, 'same').agrees;

/** @throws LabError `start-stalled` where one of them does not answer */
function compareBases(
  { inference, training }: Runtimes,
  model: ModelInfo,
  { signal, delay, onComparing }: LoadBothWatch,
): Promise<Comparison> {
  onComparing();
  const limit = limitFor(model.weightBytes);
  const logitsOf =
    ({ logits }: Pick<InferenceService | TrainingService, 'logits'>, who: string) =>
    (rows: readonly (readonly number[])[]) =>
      inTime(delay, limit, `${who} gave no first answer`, logits({ adapter: null, rows }, { signal }));
  return compareRuntimes(
    logitsOf(inference, 'The runtime that answers'),
    logitsOf(training, 'The runtime that trains'),
    model,
  );
}

async function loadOn(
  { inference, training, renew }: Runtimes,
  request: LoadRequest,
  watch: LoadBothWatch,
): Promise<Models> {
  const loader = (side: Side, { load }: Pick<InferenceService | TrainingService, 'load'>) => ({
    ...{ side, load },
    renew: (why: LabError) => {
      renew(side, why);
    },
  });
  const [left, right] = await Promise.allSettled([
    loadPatiently(loader('inference', inference), request, watch),
    loadPatiently(loader('training', training), request, watch),
  ]);
  if (left.status === 'fulfilled' && right.status === 'fulfilled') {
    return { inference: left.value, training: right.value };
  }
  // What the other side loaded goes too; a side that hangs is not waited for.
  await Promise.allSettled([
    left.status === 'fulfilled' ? inference.unload() : null,
    right.status === 'fulfilled' ? training.unload() : null,
  ]);
  const reasons = [left, right].flatMap((side) =>
    side.status === 'rejected' ? [toLabError(side.reason)] : [],
  );
  throw reasons.find(({ code }) => code !== 'cancelled') ?? toLabError(reasons[0]);
}

/** Loads and compares; where the comparison does not end, both start again in fresh workers on one thread. */
async function loadAndCompare(runtimes: Runtimes, request: LoadRequest, watch: LoadBothWatch) {
  const once = async (wish: LoadRequest) => {
    const models = await loadOn(runtimes, wish, watch);
    const found = await compareBases(runtimes, models.inference, watch).catch((thrown: unknown) => {
      const error = toLabError(thrown);
      // One that hangs gives nothing back but by its end.
      if (error.code === 'start-stalled') for (const side of SIDES) runtimes.renew(side, error);
      return error;
    });
    return { models, found };
  };
  const first = await once(request);
  if (!(first.found instanceof LabError)) return { models: first.models, found: first.found };
  if (first.found.code !== 'start-stalled' || watch.signal.aborted) throw first.found;
  watch.say(
    `${first.found.what} Both start again ${watch.hasThreads ? 'on one processor thread' : 'in fresh workers'}.`,
  );
  const second = await once({ ...request, backend: 'wasm', threads: 1 });
  if (second.found instanceof LabError) throw second.found;
  return { models: second.models, found: second.found };
}

/** @param request where its backend is 'auto', wasm takes the place of a GPU that computes something else
 * @throws LabError of either load, `start-stalled`, or `self-test-failed` where the runtimes disagree, even on wasm. */
export async function loadBoth(
  runtimes: Runtimes,
  request: Pick<LoadRequest, 'source' | 'backend' | 'weights'>,
  watch: LoadBothWatch,
): Promise<LoadedModel> {
  const { models, found } = await loadAndCompare(runtimes, request, watch);
  if (isSame(found, models)) return { ...models, logitDifference: found.difference };
  const devices = [models.inference, models.training].map(({ device }) => device);
  const gpu = request.backend === 'auto' ? devices.find(({ backend }) => backend === 'webgpu') : undefined;
  const how = `The two runtimes' logits differ by ${found.difference.toPrecision(2)}`;
  if (gpu !== undefined) {
    const { models: second, found: again } = await loadAndCompare(
      runtimes,
      { ...request, backend: 'wasm' },
      watch,
    );
    if (isSame(again, second)) {
      const passedOver = [`${how} on ${gpu.description}, so the model runs on wasm.`];
      const inference = { ...second.inference, passedOver };
      return { inference, training: second.training, logitDifference: again.difference };
    }
  }
  await Promise.allSettled([runtimes.inference.unload(), runtimes.training.unload()]);
  throw new LabError('self-test-failed', `${how}, of logits up to ${found.size.toPrecision(2)}.`);
}
