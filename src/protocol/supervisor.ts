/**
 * @file Keeps a worker alive behind a channel: starts it, notices its death (an error it did not catch, a message
 * that cannot be read, silence, a device it reports lost), puts a new one in its place, brings that back to the
 * last loaded model and tells the page. The service made from the channel stays valid throughout.
 */
import { LabError, toLabError } from '../core/errors.ts';
import type { ChannelOptions } from './channel.ts';
import { Channel } from './channel.ts';
import type { Port, PortEvent } from './wire.ts';

export type WorkerName = 'inference' | 'training';

/** What the supervisor needs of a Worker. */
export interface WorkerLike extends Port {
  addEventListener(type: 'message' | 'messageerror' | 'error', listener: (event: PortEvent) => void): void;
  terminate(): void;
}

export interface Replacement {
  /** Why the old worker went: `worker-died`, `device-lost`, ... */
  readonly reason: LabError;
  /** The model loaded before is loaded again. */
  readonly hasReplayed: boolean;
}

export interface SupervisorOptions extends Omit<ChannelOptions, 'onDeath'> {
  readonly spawn: () => WorkerLike;
  readonly onReplaced: (replacement: Replacement) => void;
  /** No further replacement: the worker died again before it became ready, or speaks another protocol. */
  readonly onGaveUp: (reason: LabError) => void;
  /** Load the last model into the replacement. */
  readonly replay: boolean;
}

export class Supervisor {
  readonly channel: Channel;
  readonly #options: SupervisorOptions;
  #worker: WorkerLike | null = null;
  #isStopped = false;
  #isStarting = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.channel = new Channel({
      ...options,
      onDeath: (reason) => {
        this.#retire();
        if (!this.#isStopped && !this.#isStarting) void this.#replace(reason);
      },
    });
  }

  /** Starts the first worker. @throws LabError `worker-died` or `protocol-mismatch` when it does not come up. */
  async start(): Promise<void> {
    this.#isStopped = false;
    try {
      await this.#spawn(false);
    } catch (thrown) {
      // Requests that are made now would wait for ever.
      this.channel.close(toLabError(thrown, 'worker-died'));
      throw thrown;
    }
  }

  /** Puts a fresh worker, with nothing loaded, in the place of one that hangs or did not come up. */
  renew(why: LabError): void {
    this.channel.forgetState();
    if (this.#worker !== null) this.channel.die(why);
    else if (!this.#isStarting) this.start().catch(() => undefined); // Told by the requests that wait for it.
  }

  /** Replaces the worker on purpose: wasm memory never shrinks, so this is how it is freed. */
  restart(why: string): void {
    this.channel.die(new LabError('worker-died', why));
  }

  /** Ends the worker for good; pending requests fail with `cancelled`. */
  stop(): void {
    this.#isStopped = true;
    this.channel.forgetState();
    this.channel.close(new LabError('cancelled', 'The worker was stopped.'));
  }

  async #spawn(replay: boolean): Promise<boolean> {
    this.#isStarting = true;
    try {
      const worker = this.#options.spawn();
      this.#worker = worker;
      worker.addEventListener('error', ({ message }) => {
        if (this.#worker !== worker) return;
        const why = message === undefined || message === '' ? 'its script could not be loaded' : message;
        this.channel.die(new LabError('worker-died', `The worker failed: ${why}.`));
      });
      return (await this.channel.attach(worker, { replay })).hasReplayed;
    } finally {
      this.#isStarting = false;
    }
  }

  #retire(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }

  async #replace(reason: LabError): Promise<void> {
    // A page and a worker of two builds: another worker of the same build would say the same.
    if (reason.code === 'protocol-mismatch') {
      this.#giveUp(reason);
      return;
    }
    // The second try starts without the model: loading it may be what kills the worker.
    for (const replay of this.#options.replay ? [true, false] : [false]) {
      try {
        const hasReplayed = await this.#spawn(replay);
        this.#options.onReplaced({ reason, hasReplayed });
        return;
      } catch (thrown) {
        if (!replay) this.#giveUp(toLabError(thrown, 'worker-died'));
      }
    }
  }

  #giveUp(reason: LabError): void {
    this.channel.close(reason);
    this.#options.onGaveUp(reason);
  }
}
