/**
 * @file The worker's end: checks every frame, runs requests one after the other (concurrent methods at once),
 * raises the signal of a cancelled one, and turns whatever is thrown into a typed error. Nothing that arrives can
 * stop it from serving the next request.
 */
import { LabError, toLabError } from '../core/errors.ts';
import { fault, is } from '../core/shape.ts';
import { adapter as adapterShape } from '../lora/config.ts';
import { KeptAdapters } from './kept-adapters.ts';
import type { Handler } from './method.ts';
import { PROTOCOL_VERSION } from './version.ts';
import type { ClientFrame, Port, ServerFrame, Signal } from './wire.ts';
import { clientFrame, toWire } from './wire.ts';

export interface ServerOptions {
  /** Resolves after the event loop has delivered waiting messages (a macrotask, not a microtask). */
  readonly pause: () => Promise<void>;
  readonly version?: string;
  /** Resolves with the name of a lock that this worker holds while it lives, or with null. */
  readonly life?: () => Promise<string | null>;
  /** Of the requests; with a bound of its own if left out. */
  readonly adapters?: KeptAdapters;
}

export interface ServerHandle {
  /** Tells the page that this worker cannot go on and is to be replaced. */
  broken(error: LabError): void;
}

/** A Signal that the server raises; AbortController is not part of the language this room compiles against. */
class Cancellation implements Signal {
  #aborted = false;
  readonly #listeners = new Set<() => void>();

  get aborted(): boolean {
    return this.#aborted;
  }
  abort(): void {
    this.#aborted = true;
    for (const listener of this.#listeners) listener();
  }
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }
  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

interface Job {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
  /** The one that the request names, when it is here. */
  readonly adapter: Promise<unknown>;
  readonly handler: Handler;
  readonly signal: Cancellation;
}

class Server implements ServerHandle {
  readonly #port: Port;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #options: Required<ServerOptions>;
  readonly #jobs = new Map<number, Job>();
  readonly #waiting: Job[] = [];
  /** By hash: where the adapter is waited for. */
  readonly #wanting = new Map<string, Set<(adapter: unknown) => void>>();
  #isRunning = false;

  constructor(port: Port, handlers: Readonly<Record<string, Handler>>, options: Required<ServerOptions>) {
    this.#port = port;
    this.#handlers = new Map(Object.entries(handlers));
    this.#options = options;
    port.addEventListener('message', ({ data }) => {
      this.#receive(data);
    });
    port.addEventListener('messageerror', () => {
      // Its sender cannot be known, so no request can be answered: the page must start afresh.
      this.broken(new LabError('worker-died', 'The worker received a message it could not read.'));
    });
  }

  broken(error: LabError): void {
    this.#post({ kind: 'broken', error: toWire(error) });
  }

  #post(frame: ServerFrame, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(frame, transfer);
  }

  #fail(id: number, thrown: unknown): void {
    const error = toLabError(thrown);
    this.#post({ kind: 'error', id, error: toWire(error) });
    // Nothing that stands on a lost device can be used again.
    if (error.code === 'device-lost') this.broken(error);
  }

  #receive(data: unknown): void {
    if (!is(clientFrame, data)) {
      this.#refuse(data);
      return;
    }
    switch (data.kind) {
      case 'hello':
        void this.#welcome();
        return;
      case 'ping':
        this.#post({ kind: 'pong' });
        return;
      case 'cancel':
        this.#cancel(data.id);
        return;
      case 'adapter':
        this.#arrive(data);
        return;
      case 'request':
        this.#accept(data);
    }
  }

  async #welcome(): Promise<void> {
    const { version } = this.#options;
    const life = await this.#options.life();
    this.#post({ kind: 'welcome', version, ...(life === null ? {} : { life }) });
  }

  /** A frame of no known kind: answered where it says which request it was. */
  #refuse(data: unknown): void {
    const id: unknown = typeof data === 'object' && data !== null && 'id' in data ? data.id : undefined;
    if (typeof id !== 'number' || this.#jobs.has(id)) return;
    this.#fail(
      id,
      new LabError('protocol-mismatch', `The message is not of the protocol: ${fault(clientFrame, data)}.`),
    );
  }

  #accept({ id, method, params, adapter: hash }: Extract<ClientFrame, { kind: 'request' }>): void {
    const handler = this.#handlers.get(method);
    if (handler === undefined) {
      this.#fail(id, new LabError('protocol-mismatch', `The worker has no method "${method}".`));
      return;
    }
    if (this.#jobs.has(id)) {
      this.#fail(id, new LabError('invalid-request', `Request number ${id} is already under way.`));
      return;
    }
    const signal = new Cancellation();
    this.#post({ kind: 'accepted', id });
    // Asked for now, so that it is here when the request's turn comes; its place in the order stays.
    const adapter = hash === undefined ? Promise.resolve(undefined) : this.#adapter(hash, signal);
    adapter.catch(() => undefined); // Thrown where it is awaited.
    const job: Job = { id, method, params, adapter, handler, signal };
    this.#jobs.set(id, job);
    if (handler.isConcurrent) {
      void this.#run(job);
    } else {
      this.#waiting.push(job);
      void this.#drain();
    }
  }

  /** The adapter of this hash, once it is here. @throws LabError `cancelled` where the signal is raised before */
  #adapter(hash: string, signal: Signal): Promise<unknown> {
    const known = this.#options.adapters.get(hash);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const wanting = this.#wanting.get(hash) ?? new Set();
      if (wanting.size === 0) this.#post({ kind: 'unknown', hash });
      this.#wanting.set(hash, wanting.add(resolve));
      signal.addEventListener('abort', () => {
        // Where nobody else waits, the next request asks for it again.
        wanting.delete(resolve);
        reject(new LabError('cancelled', 'The request was cancelled before its adapter came.'));
      });
    });
  }

  #arrive({ hash, adapter }: Extract<ClientFrame, { kind: 'adapter' }>): void {
    // One of another shape is refused by the request that named it.
    if (is(adapterShape, adapter)) this.#options.adapters.put(hash, adapter);
    for (const arrive of this.#wanting.get(hash) ?? []) arrive(adapter);
    this.#wanting.delete(hash);
  }

  #cancel(id: number): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return; // It ended while the cancel was on its way.
    job.signal.abort();
    const place = this.#waiting.indexOf(job);
    if (place < 0) return;
    this.#waiting.splice(place, 1);
    this.#jobs.delete(id);
    this.#fail(id, new LabError('cancelled', `The request ${job.method} was cancelled before it began.`));
  }

  async #drain(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift())
      await this.#run(job);
    this.#isRunning = false;
  }

  async #run({ id, params, adapter, handler, signal }: Job): Promise<void> {
    try {
      const { result, transfer } = await handler.run(params, {
        adapter: await adapter,
        signal,
        emit: (event, buffers) => {
          this.#post({ kind: 'event', id, event }, buffers);
        },
        pause: this.#options.pause,
      });
      this.#post({ kind: 'result', id, result }, transfer);
    } catch (thrown) {
      this.#fail(id, thrown);
    } finally {
      this.#jobs.delete(id);
    }
  }
}

/** Answers the requests that arrive at `port` with `handlers`, by method name. */
export function serve(
  port: Port,
  handlers: Readonly<Record<string, Handler>>,
  options: ServerOptions,
): ServerHandle {
  const life = () => Promise.resolve(null);
  const adapters = new KeptAdapters();
  return new Server(port, handlers, { version: PROTOCOL_VERSION, life, adapters, ...options });
}
