/**
 * @file One runtime's load, watched from the page: a worker that hangs cannot say so itself (a thread that does not start
 * may block it for good). Every step has a limit of silence; what passes it, or breaks where a device or threads start, is
 * tried again in another way, and said.
 */
import { LabError, toLabError } from '../../core/errors.ts';
import type { Delay } from '../../core/patience.ts';
import { Patience } from '../../core/patience.ts';
import type { CallContext } from '../../protocol/method.ts';
import type { Signal } from '../../protocol/wire.ts';
import type { LoadProgress, LoadRequest, LoadStep, ModelInfo } from '../../protocol/words.ts';

export type Side = 'inference' | 'training';

/** A worker's load, and how to put a fresh worker in its place. */
export interface Loader {
  readonly side: Side;
  readonly load: (request: LoadRequest, context: CallContext<LoadProgress>) => Promise<ModelInfo>;
  readonly renew: (why: LabError) => void;
}

export interface LoadWatch {
  readonly signal: Signal;
  readonly delay: Delay;
  /** wasm may start threads here. */
  readonly hasThreads: boolean;
  readonly onProgress: (side: Side, progress: LoadProgress) => void;
  /** What is tried in another way, for the person. */
  readonly say: (text: string) => void;
}

const SECOND = 1000;

/** Longest silence of each step, on a machine that does other things too. The worker's own beginning (`worker`) has the
 * channel's limits; this one is above them. */
const LIMITS: Readonly<Record<LoadStep | 'worker', number>> = {
  worker: 90 * SECOND,
  files: 60 * SECOND,
  runtime: 60 * SECOND,
  device: 20 * SECOND, // Of one megabyte of wasm; onnxruntime's 27 have longer to compile.
  'self-test': 120 * SECOND,
  weights: 60 * SECOND,
  session: 60 * SECOND,
};

/** A cancelled load that does not end by then is ended by a fresh worker. */
const CANCEL_MS = 5 * SECOND;

/** Weights that a slow device takes in, or computes with once, in a second. */
const BYTES_A_SECOND = 1_000_000;

/** Of work whose time goes with the size of the model. */
export const limitFor = (weightBytes: number): number =>
  LIMITS.session + (weightBytes / BYTES_A_SECOND) * SECOND;

function limitOf(side: Side, { step, total }: LoadProgress): number {
  if (step === 'session') return limitFor(total);
  return step === 'device' && side === 'inference' ? 2 * LIMITS.device : LIMITS[step];
}

const TITLES: Readonly<Record<Side, string>> = {
  inference: 'The runtime that answers',
  training: 'The runtime that trains',
};

/** What did not come to an end, as the subject of "... in 20 s". */
function silence(step: LoadStep | 'worker', isGpu: boolean, isThreaded: boolean): string {
  switch (step) {
    case 'worker':
      return 'the worker did not begin';
    case 'files':
      return 'the model’s files were not read';
    case 'runtime':
      return 'the runtime’s own code did not come';
    case 'device':
      if (isGpu) return 'WebGPU gave no device';
      return isThreaded ? 'threads did not start' : 'wasm did not start';
    case 'self-test':
      return 'the self-test did not end';
    case 'weights':
      return 'reading the weights did not go on';
    case 'session':
      return isGpu ? 'WebGPU did not take the weights in' : 'wasm did not start with the weights';
  }
}

const stalled = (side: Side, what: string, waitedMs: number): LabError =>
  new LabError('start-stalled', `${TITLES[side]}: ${what} in ${Math.round(waitedMs / SECOND)} s.`);

interface OtherWay {
  readonly request: LoadRequest;
  readonly words: string;
}

/** Where a device, its threads or what runs on them first can break; elsewhere a failure would only come again. */
const FRAGILE: readonly (LoadStep | 'worker')[] = ['worker', 'device', 'session'];

/** @param isAgain it was tried in another way before */
function otherWay(
  request: LoadRequest,
  { step, isGpu, isThreaded, error: { code } }: Failure,
  isAgain: boolean,
): OtherWay | null {
  const isBroken = (code === 'internal' || code === 'worker-died') && FRAGILE.includes(step);
  if (code !== 'start-stalled' && !isBroken) return null;
  const fresh = { request, words: 'starting again in a fresh worker' };
  const isOnDevice = step === 'device' || step === 'self-test' || step === 'session';
  if (isOnDevice && isGpu) {
    if (request.backend === 'webgpu') return null; // Asked for by name: another one is not what was wanted.
    return { request: { ...request, backend: 'wasm' }, words: 'starting again on the processor' };
  }
  // Firefox now and then hangs where a worker starts another one: the next worker mostly starts its threads.
  if (step === 'device' && code === 'start-stalled' && !isAgain) return fresh;
  if (isOnDevice && isThreaded) {
    return { request: { ...request, threads: 1 }, words: 'starting again on one thread' };
  }
  return isOnDevice || isAgain ? null : fresh;
}

/** Most ways that are tried: as asked for, in a fresh worker, on one thread. */
const MOST_TRIES = 3;

interface Failure {
  readonly error: LabError;
  readonly step: LoadStep | 'worker';
  readonly isGpu: boolean;
  readonly isThreaded: boolean;
}

/** Loads, again in another way where that may help.
 * @throws LabError of the last load, or `start-stalled` naming the step */
export async function loadPatiently(
  loader: Loader,
  request: LoadRequest,
  watch: LoadWatch,
): Promise<ModelInfo> {
  for (let [wish, tries] = [request, 1]; ; tries++) {
    const outcome = await attempt(loader, wish, watch);
    if ('info' in outcome) return outcome.info;
    const { error } = outcome;
    const isStalled = error.code === 'start-stalled';
    const other = tries < MOST_TRIES ? otherWay(wish, outcome, tries > 1) : null;
    if (watch.signal.aborted || other === null) {
      // What hangs would answer no other request either.
      if (isStalled) loader.renew(error);
      if (watch.signal.aborted) throw new LabError('cancelled', 'Loading the model was cancelled.');
      throw error;
    }
    watch.say(`${error.what} ${other.words.replace(/^./, (letter) => letter.toUpperCase())}.`);
    loader.renew(isStalled ? error : new LabError('start-stalled', error.what));
    wish = other.request;
  }
}

async function attempt(
  { side, load }: Loader,
  request: LoadRequest,
  { signal, delay, hasThreads, onProgress }: LoadWatch,
): Promise<{ readonly info: ModelInfo } | Failure> {
  let step: LoadStep | 'worker' = 'worker';
  let isGpu = false;
  const isThreaded = hasThreads && request.threads !== 1;
  const silent = new Silence(delay, (ms) => stalled(side, silence(step, isGpu, isThreaded), ms));
  silent.begin(LIMITS.worker);
  const onEvent = (progress: LoadProgress): void => {
    ({ step } = progress);
    isGpu = progress.backend === 'webgpu';
    if (!signal.aborted) silent.begin(limitOf(side, progress));
    onProgress(side, progress);
  };
  const onAbort = (): void => {
    silent.begin(CANCEL_MS);
  };
  signal.addEventListener('abort', onAbort);
  try {
    return { info: await silent.race(load(request, { signal, onEvent })) };
  } catch (thrown) {
    return { error: toLabError(thrown), step, isGpu, isThreaded };
  } finally {
    silent.end();
    signal.removeEventListener('abort', onAbort);
  }
}

/** Work whose silence beyond a limit is a failure of its own. */
class Silence extends Patience {
  readonly #fallen: Promise<never>;

  constructor(delay: Delay, fault: (waitedMs: number) => LabError) {
    let fail: (error: LabError) => void = () => undefined;
    super(delay, (ms) => {
      fail(fault(ms));
    });
    this.#fallen = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    this.#fallen.catch(() => undefined); // Nobody may be waiting when it falls.
  }

  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#fallen]);
  }
}

/** One piece of work of both runtimes that gives no sign before it is done. @throws LabError `start-stalled` */
export async function inTime<T>(delay: Delay, limitMs: number, what: string, work: Promise<T>): Promise<T> {
  const silent = new Silence(
    delay,
    (ms) => new LabError('start-stalled', `${what} in ${Math.round(ms / SECOND)} s.`),
  );
  silent.begin(limitMs);
  try {
    return await silent.race(work);
  } finally {
    silent.end();
  }
}
