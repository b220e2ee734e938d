/**
 * @file A small protocol and a fake worker on a MessageChannel: what the tests of both ends speak.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError, throwIfCancelled } from '../../src/core/errors.ts';
import type { Delay } from '../../src/core/patience.ts';
import type { ChannelOptions } from '../../src/protocol/channel.ts';
import { Channel } from '../../src/protocol/channel.ts';
import type { Handlers, Requests, Service } from '../../src/protocol/method.ts';
import { Call, Stream, clientOf, handlersOf, methods } from '../../src/protocol/method.ts';
import { serve } from '../../src/protocol/server.ts';
import { count, float32Array, never, nothing, object, text } from '../../src/core/shape.ts';
import type { WorkerLike } from '../../src/protocol/supervisor.ts';
import type { Port, PortEvent } from '../../src/protocol/wire.ts';

export const toy = methods({
  load: new Call('load', {
    ...{ params: object({ name: text }), event: count, result: text },
    setsState: true,
  }),
  unload: new Call('unload', {
    ...{ params: nothing, event: never, result: nothing },
    clearsState: ['load'],
  }),
  current: new Call('current', { params: nothing, event: never, result: text, isConcurrent: true }),
  doubled: new Call('doubled', {
    ...{ params: float32Array, event: never, result: float32Array },
    transferParams: (params) => [params.buffer],
    transfer: (result) => [result.buffer],
  }),
  countTo: new Stream('countTo', { params: count, event: count, result: text }),
});
export type Toy = Service<typeof toy>;

export const toyClient = (requests: Requests): Toy => clientOf(toy, requests);

export const toyHandlers = (engine: Toy): Handlers<typeof toy> => handlersOf(toy, engine);

/** What the engine saw, for the tests to look at. */
export interface ToyRecord {
  counted: number;
  isCounterClosed: boolean;
  lastDoubled: Float32Array | null;
}

export function toyEngine(record: ToyRecord = newRecord()): Toy {
  let loaded = '';
  return {
    load: async ({ name }, { signal, onEvent } = {}) => {
      for (let i = 1; i <= 3; i++) {
        onEvent?.(i);
        await sleep(1);
        throwIfCancelled(signal, 'Loading');
      }
      if (name === 'broken') throw new LabError('model-integrity', 'model.safetensors ends early.');
      loaded = name;
      return name;
    },
    unload: () => {
      loaded = '';
      return Promise.resolve();
    },
    current: () => Promise.resolve(loaded),
    doubled: (values) => {
      record.lastDoubled = values.map((v) => 2 * v);
      const result = new Float32Array(values.length);
      result.set(record.lastDoubled);
      record.lastDoubled = result;
      return Promise.resolve(result);
    },
    async *countTo(n) {
      try {
        for (let i = 1; i <= n; i++) {
          record.counted = i;
          yield i;
          await Promise.resolve(); // Microtasks only, like wasm kernels: never lets a message in by itself.
        }
        return 'done';
      } finally {
        record.isCounterClosed = true;
      }
    },
  };
}

export const newRecord = (): ToyRecord => ({ counted: 0, isCounterClosed: false, lastDoubled: null });

export const realDelay: Delay = (ms, then) => {
  const timer = setTimeout(then, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** Lets the ports deliver what waits. */
export const pause = (): Promise<void> => sleep(0);

const open: MessagePort[] = [];
export function closePorts(): void {
  for (const port of open.splice(0)) port.close();
}

export function ports(): { page: MessagePort; worker: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  port1.start();
  port2.start();
  open.push(port1, port2);
  return { page: port1, worker: port2 };
}

/** A client and a served toy engine, connected and past the handshake. */
export async function connected(options: Partial<ChannelOptions> = {}) {
  const { page, worker } = ports();
  const record = newRecord();
  serve(worker, toyHandlers(toyEngine(record)), { pause });
  const deaths: LabError[] = [];
  const channel = new Channel({ delay: realDelay, onDeath: (reason) => deaths.push(reason), ...options });
  await channel.attach(page, { replay: false });
  return { client: toyClient(channel), channel, record, deaths, page, worker };
}

/** A Worker made of a MessageChannel; `crash` is an error it did not catch. */
export class FakeWorker implements WorkerLike {
  readonly #page: MessagePort;
  readonly inside: MessagePort;
  readonly #onError = new Set<(event: PortEvent) => void>();
  isTerminated = false;

  constructor(start: (inside: Port) => void) {
    const { page, worker } = ports();
    this.#page = page;
    this.inside = worker;
    start(worker);
  }
  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    this.#page.postMessage(message, transfer);
  }
  addEventListener(type: 'message' | 'messageerror' | 'error', listener: (event: PortEvent) => void): void {
    if (type === 'error') this.#onError.add(listener);
    else this.#page.addEventListener(type, listener);
  }
  removeEventListener(type: 'message' | 'messageerror', listener: (event: PortEvent) => void): void {
    this.#page.removeEventListener(type, listener);
  }
  terminate(): void {
    this.isTerminated = true;
    this.inside.close();
  }
  crash(message: string): void {
    for (const listener of this.#onError) listener({ message });
  }
}
