/**
 * @file Starts the two workers under supervision and hands out their services. A replaced worker comes back with
 * its last model; the services stay valid.
 */
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import type { LabError } from '../core/errors.ts';
import type { Delay } from '../core/patience.ts';
import type { InferenceService } from '../protocol/inference.ts';
import { inferenceMethods } from '../protocol/inference.ts';
import type { Requests } from '../protocol/method.ts';
import { clientOf } from '../protocol/method.ts';
import type { Replacement, WorkerLike, WorkerName } from '../protocol/supervisor.ts';
import { Supervisor } from '../protocol/supervisor.ts';
import type { TrainingService } from '../protocol/training.ts';
import { trainingMethods } from '../protocol/training.ts';
import { trustOwnScripts } from './trusted-scripts.ts';

export interface ConnectOptions {
  readonly onReplaced: (worker: WorkerName, replacement: Replacement) => void;
  readonly onGaveUp: (worker: WorkerName, reason: LabError) => void;
  /** A worker at work gives no sign for so many seconds; null: it gave one, or is gone. */
  readonly onSilence?: (worker: WorkerName, seconds: number | null) => void;
  /** The version the page speaks; tests let it differ. */
  readonly version?: string;
}

export interface Connected<S> {
  readonly service: S;
  readonly supervisor: Supervisor;
  /** The first handshake; rejects with `worker-died` or `protocol-mismatch`. */
  readonly started: Promise<void>;
}

export interface Engines {
  readonly inference: Connected<InferenceService>;
  readonly training: Connected<TrainingService>;
  /** Puts a fresh worker, with nothing loaded, in the place of one that hangs. */
  readonly renew: (worker: WorkerName, why: LabError) => void;
}

/** The page's timer. */
export const delay: Delay = (ms, then) => {
  const timer = setTimeout(then, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** Waits for a worker's lock: whoever gets it knows that the worker is gone. */
const whenGone = (life: string, then: () => void): (() => void) => {
  if (!('locks' in navigator)) return () => undefined;
  const abort = new AbortController();
  navigator.locks.request(life, { signal: abort.signal }, then).catch(() => undefined);
  return () => {
    abort.abort();
  };
};

function supervise<S>(
  name: WorkerName,
  spawn: () => WorkerLike,
  client: (requests: Requests) => S,
  { onReplaced, onGaveUp, onSilence, version = PROTOCOL_VERSION }: ConnectOptions,
): Connected<S> {
  const supervisor = new Supervisor({
    ...{ spawn, delay, version, whenGone, replay: true },
    onSilence: (seconds) => {
      onSilence?.(name, seconds);
    },
    onReplaced: (replacement) => {
      onReplaced(name, replacement);
    },
    onGaveUp: (reason) => {
      onGaveUp(name, reason);
    },
  });
  const started = supervisor.start();
  started.catch(() => undefined); // Told by the requests that wait for it, where nobody awaits it.
  return { service: client(supervisor.channel), supervisor, started };
}

export function connectEngines(options: ConnectOptions): Engines {
  trustOwnScripts();
  const inference = () =>
    new Worker(new URL('../../workers/inference.worker.ts', import.meta.url), {
      type: 'module',
      name: 'inference',
    });
  const training = () =>
    new Worker(new URL('../../workers/training.worker.ts', import.meta.url), {
      type: 'module',
      name: 'training',
    });
  const engines = {
    inference: supervise('inference', inference, (channel) => clientOf(inferenceMethods, channel), options),
    training: supervise('training', training, (channel) => clientOf(trainingMethods, channel), options),
  };
  return {
    ...engines,
    renew: (worker, why) => {
      engines[worker].supervisor.renew(why);
    },
  };
}
