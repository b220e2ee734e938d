/**
 * @file The page's end of one conversation: numbers requests and routes answers. A channel outlives its port: after a
 * death every pending request fails with `worker-died`, and requests made since wait until a new port is attached.
 */
import { LabError, toLabError } from '../core/errors.ts';
import type { Delay } from '../core/patience.ts';
import { fault, is } from '../core/shape.ts';
import type { DeadlineOptions, Pending } from './deadlines.ts';
import { DEADLINES, Deadlines } from './deadlines.ts';
import type { OutgoingRequest, RequestHandle, Requests } from './method.ts';
import type { Call } from './remembered.ts';
import { Remembered } from './remembered.ts';
import { PROTOCOL_VERSION } from './version.ts';
import type { Welcome } from './welcome.ts';
import { readWelcome } from './welcome.ts';
import type { ClientFrame, Port, PortEvent, ServerFrame } from './wire.ts';
import { fromWire, serverFrame } from './wire.ts';

export interface ChannelOptions extends Partial<Omit<DeadlineOptions, 'delay'>> {
  readonly delay: Delay;
  /** The other end can no longer be used; called once per attached port, after the pending requests failed. */
  readonly onDeath: (reason: LabError) => void;
  readonly version?: string;
  /** Longest wait for the other end's welcome: fetching and compiling the worker's script. */
  readonly handshakeMs?: number;
  /** A cancelled request that has not ended by then is ended by replacing the worker. */
  readonly cancelGraceMs?: number;
  /** Calls back when the holder of that lock is gone; the function it returns calls it off. Absent: there are no locks. */
  readonly whenGone?: (life: string, then: () => void) => () => void;
}

const noop = (): void => undefined;

export class Channel implements Requests {
  readonly #options: Required<ChannelOptions>;
  readonly #pending = new Map<number, Pending>();
  readonly #state = new Remembered();
  #port: Port | null = null;
  #isReady = false;
  #closed: LabError | null = null;
  #nextId = 1;
  #stopHandshake = noop;
  #stopLife = noop;
  #detach = noop;
  readonly #deadlines: Deadlines;

  constructor(options: ChannelOptions) {
    this.#options = {
      version: PROTOCOL_VERSION,
      handshakeMs: 60_000,
      cancelGraceMs: 60_000,
      whenGone: () => noop,
      ...DEADLINES,
      ...options,
    };
    this.#deadlines = new Deadlines(
      this.#options,
      () => {
        this.#post({ kind: 'ping' }, []);
      },
      (reason) => {
        this.die(reason);
      },
    );
  }

  /** Says hello over a fresh port; with `replay` the remembered requests go first, then those that waited. */
  attach(port: Port, { replay }: { readonly replay: boolean }): Promise<{ readonly hasReplayed: boolean }> {
    return new Promise((resolve, reject) => {
      const onMessage = ({ data }: PortEvent) => {
        if (this.#isReady) {
          this.#receive(data);
          return;
        }
        let welcome: Welcome;
        try {
          welcome = readWelcome(data, this.#options.version);
        } catch (thrown) {
          const error = toLabError(thrown);
          reject(error);
          this.die(error);
          return;
        }
        this.#stopHandshake();
        this.#isReady = true;
        this.#watchLife(port, welcome);
        this.#replay(replay ? this.#state.calls : []).then(
          (hasReplayed) => {
            resolve({ hasReplayed });
          },
          (error: unknown) => {
            if (this.#port === port) resolve({ hasReplayed: false });
            else reject(toLabError(error));
          },
        );
        for (const waiting of this.#pending.values()) if (!waiting.isSent) this.#dispatch(waiting);
      };
      const onMessageError = () => {
        this.die(new LabError('worker-died', 'A message from the worker could not be read.'));
      };
      port.addEventListener('message', onMessage);
      port.addEventListener('messageerror', onMessageError);
      this.#port = port;
      this.#closed = null;
      this.#isReady = false;
      this.#detach = () => {
        port.removeEventListener('message', onMessage);
        port.removeEventListener('messageerror', onMessageError);
        reject(new LabError('worker-died', 'The worker died before it was ready.'));
      };
      const { delay, handshakeMs, version } = this.#options;
      this.#stopHandshake = delay(handshakeMs, () => {
        this.die(new LabError('worker-died', `The worker did not answer within ${handshakeMs / 1000} s.`));
      });
      this.#post({ kind: 'hello', version }, []);
    });
  }

  /** Ends the attached port: everything pending fails with `reason`. */
  die(reason: LabError): void {
    if (this.#port === null) return;
    const failed = [...this.#pending.values()];
    this.#pending.clear();
    this.#port = null;
    this.#isReady = false;
    this.#stopHandshake();
    this.#stopLife();
    this.#deadlines.rest();
    this.#detach();
    for (const { request, stopGrace } of failed) {
      stopGrace();
      request.onError(reason);
    }
    this.#options.onDeath(reason);
  }

  /** `die` for good: later requests fail with `reason` too, until a port is attached. */
  close(reason: LabError): void {
    this.#closed = reason;
    for (const { id, request } of [...this.#pending.values()].filter(({ isSent }) => !isSent)) {
      this.#pending.delete(id);
      request.onError(reason);
    }
    this.die(reason);
  }

  send(request: OutgoingRequest): RequestHandle {
    if (this.#closed !== null) {
      request.onError(this.#closed);
      return { cancel: noop };
    }
    const entry: Pending = {
      id: this.#nextId++,
      request,
      isSent: false,
      isAccepted: false,
      stopGrace: noop,
    };
    this.#pending.set(entry.id, entry);
    if (this.#isReady) this.#dispatch(entry);
    return {
      cancel: () => {
        this.#cancel(entry);
      },
    };
  }

  /** Forgets what a replacement would be brought back to. */
  forgetState(): void {
    this.#state.forget();
  }

  /** Where the worker holds a lock while it lives, its death is known at once. */
  #watchLife(port: Port, { life }: Welcome): void {
    this.#stopLife = noop;
    if (life === undefined) return;
    this.#stopLife = this.#options.whenGone(life, () => {
      if (this.#port !== port) return;
      this.die(new LabError('worker-died', 'The browser ended the worker, for want of memory perhaps.'));
    });
  }

  /** All sent at once: the worker keeps their order, and requests that waited come after them. */
  async #replay(calls: readonly Call[]): Promise<boolean> {
    try {
      await Promise.all(
        calls.map(
          ({ method, params }) =>
            new Promise<unknown>((onResult, onError) => {
              this.send({
                ...{ method, params, onResult, onError },
                ...{ transfer: [], setsState: false, clearsState: [], onEvent: noop },
              });
            }),
        ),
      );
    } catch (thrown) {
      this.forgetState(); // It would fail, or kill the worker, again.
      throw thrown;
    }
    return calls.length > 0;
  }

  #post(frame: ClientFrame, transfer: ArrayBuffer[]): void {
    this.#port?.postMessage(frame, transfer);
  }

  #dispatch(entry: Pending): void {
    const { id, request } = entry;
    try {
      const { method, params, adapter, transfer } = request;
      const named = adapter === undefined ? {} : { adapter: adapter.hash };
      this.#post({ kind: 'request', id, method, params, ...named }, transfer);
      entry.isSent = true;
      // In the order of sending, which is that of the worker's turns: those that waited come after what was replayed.
      this.#pending.delete(id);
      this.#pending.set(id, entry);
      this.#watch();
    } catch (thrown) {
      this.#pending.delete(id);
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      request.onError(
        new LabError('invalid-request', `The request ${request.method} cannot be sent: ${why}.`),
      );
    }
  }

  #watch(): void {
    this.#deadlines.watch([...this.#pending.values()]);
  }

  #cancel(entry: Pending): void {
    const { id, request } = entry;
    if (this.#pending.get(id) !== entry) return;
    if (!entry.isSent) {
      this.#pending.delete(id);
      request.onError(
        new LabError('cancelled', `The request ${request.method} was cancelled before it began.`),
      );
      return;
    }
    this.#post({ kind: 'cancel', id }, []);
    const { delay, cancelGraceMs } = this.#options;
    entry.stopGrace();
    entry.stopGrace = delay(cancelGraceMs, () => {
      const seconds = cancelGraceMs / 1000;
      this.die(
        new LabError('worker-died', `The request ${request.method} did not stop within ${seconds} s.`),
      );
    });
  }

  #receive(data: unknown): void {
    this.#deadlines.heard();
    if (!is(serverFrame, data)) {
      this.#receiveGarbage(data);
      return;
    }
    if (data.kind === 'broken') {
      this.die(fromWire(data.error));
      return;
    }
    if (data.kind === 'welcome' || data.kind === 'pong') return;
    if (data.kind === 'unknown') {
      this.#sendAdapter(data.hash);
      return;
    }
    const entry = this.#pending.get(data.id);
    if (entry === undefined) return; // Failed on this side meanwhile (a misshapen event).
    this.#route(entry, data);
    this.#watch();
  }

  /** A request that names it is under way; where all of them have ended meanwhile, nobody waits for it. */
  #sendAdapter(hash: string): void {
    const named = [...this.#pending.values()].map(({ request }) => request.adapter);
    const found = named.find((other) => other?.hash === hash);
    if (found !== undefined) this.#post({ kind: 'adapter', ...found }, []);
  }

  #route(
    entry: Pending,
    frame: Extract<ServerFrame, { kind: 'accepted' | 'event' | 'result' | 'error' }>,
  ): void {
    const { request } = entry;
    try {
      switch (frame.kind) {
        case 'accepted':
          entry.isAccepted = true;
          return;
        case 'event':
          request.onEvent(frame.event);
          return;
        case 'error':
          this.#close(entry);
          request.onError(fromWire(frame.error));
          return;
        case 'result':
          this.#close(entry);
          request.onResult(frame.result);
          this.#state.take(request);
      }
    } catch (thrown) {
      // The parser of the event or result refused it. The worker may still be at work: stop that.
      if (this.#pending.has(entry.id)) this.#post({ kind: 'cancel', id: entry.id }, []);
      this.#close(entry);
      request.onError(
        thrown instanceof LabError
          ? thrown
          : new LabError('internal', `${String(thrown)}.`, { cause: thrown }),
      );
    }
  }

  #close(entry: Pending): void {
    entry.stopGrace();
    this.#pending.delete(entry.id);
  }

  /** A frame of no known kind: its request fails if it names one, and is dropped otherwise. */
  #receiveGarbage(data: unknown): void {
    const id: unknown = typeof data === 'object' && data !== null && 'id' in data ? data.id : undefined;
    const entry = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (entry === undefined) return;
    this.#post({ kind: 'cancel', id: entry.id }, []);
    this.#close(entry);
    entry.request.onError(
      new LabError(
        'protocol-mismatch',
        `The worker's message is not of the protocol: ${fault(serverFrame, data)}.`,
      ),
    );
  }
}
