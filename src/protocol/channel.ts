/**
 * @file The page's end of one conversation: numbers requests, routes answers, keeps the time-outs that tell a dead
 * worker from a busy one. A channel outlives its port: after a death every pending request fails with
 * `worker-died`, and requests made since wait until a new port is attached.
 */
import { LabError, toLabError } from '../core/errors.ts';
import type { Delay } from '../core/patience.ts';
import { fault, is } from '../core/shape.ts';
import type { OutgoingRequest, RequestHandle, Requests } from './method.ts';
import { Silence } from './silence.ts';
import { PROTOCOL_VERSION } from './version.ts';
import type { ClientFrame, Port, PortEvent, ServerFrame } from './wire.ts';
import { fromWire, serverFrame } from './wire.ts';

export interface ChannelOptions {
  readonly delay: Delay;
  /** The other end can no longer be used; called once per attached port, after the pending requests failed. */
  readonly onDeath: (reason: LabError) => void;
  readonly version?: string;
  /** Longest wait for the other end's welcome: fetching and compiling the worker's script. */
  readonly handshakeMs?: number;
  /** Longest wait of an idle worker before it accepts a request. A busy one may be silent: its kernels block. */
  readonly acceptMs?: number;
  /** A cancelled request that has not ended by then is ended by replacing the worker. */
  readonly cancelGraceMs?: number;
  /** Calls back when the holder of that lock is gone; the function it returns calls it off. Absent: there are no locks. */
  readonly whenGone?: (life: string, then: () => void) => () => void;
  /** The worker is at work and has given no sign for so many seconds; null: it gave one, or nobody waits any more. */
  readonly onSilence?: (seconds: number | null) => void;
  /** Between two pings of a worker at work. */
  readonly pingMs?: number;
  /** Silence that is told: a step of a large model may block the worker for as long. */
  readonly tellSilenceMs?: number;
  /** Silence after which the worker counts as dead. */
  readonly deadSilenceMs?: number;
}

interface Pending {
  readonly id: number;
  readonly request: OutgoingRequest;
  isSent: boolean;
  isAccepted: boolean;
  stopGrace: () => void;
}

/** A successful call that shaped the worker's state and is repeated in its replacement. */
type Remembered = Pick<OutgoingRequest, 'method' | 'params'>;

const noop = (): void => undefined;

export class Channel implements Requests {
  readonly #options: Required<ChannelOptions>;
  readonly #pending = new Map<number, Pending>();
  readonly #state = new Map<string, Remembered>();
  #port: Port | null = null;
  #isReady = false;
  #closed: LabError | null = null;
  #nextId = 1;
  #stopHandshake = noop;
  #stopAccept = noop;
  #stopTurn = noop;
  #stopLife = noop;
  #detach = noop;
  readonly #silence: Silence;

  constructor(options: ChannelOptions) {
    this.#options = {
      version: PROTOCOL_VERSION,
      handshakeMs: 60_000,
      acceptMs: 20_000,
      cancelGraceMs: 60_000,
      whenGone: () => noop,
      onSilence: noop,
      pingMs: 5_000,
      tellSilenceMs: 30_000,
      deadSilenceMs: 15 * 60_000,
      ...options,
    };
    const { delay, pingMs, onSilence } = this.#options;
    this.#silence = new Silence({
      ...{ delay, tickMs: pingMs },
      ping: () => {
        this.#post({ kind: 'ping' }, []);
      },
      onSilent: (ms) => {
        this.#judgeSilence(ms);
      },
      onSign: () => {
        onSilence(null);
      },
    });
  }

  /** Says hello over a fresh port; with `replay` the remembered requests go first, then those that waited. */
  attach(port: Port, { replay }: { readonly replay: boolean }): Promise<{ readonly hasReplayed: boolean }> {
    return new Promise((resolve, reject) => {
      const onMessage = ({ data }: PortEvent) => {
        if (this.#isReady) {
          this.#receive(data);
          return;
        }
        const fault = this.#judgeWelcome(data);
        if (fault !== null) {
          reject(fault);
          this.die(fault);
          return;
        }
        this.#stopHandshake();
        this.#isReady = true;
        this.#watchLife(port, data);
        this.#replay(replay ? [...this.#state.values()] : []).then(
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
    this.#stopAccept();
    this.#stopTurn();
    this.#stopLife();
    this.#silence.watch(false);
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
    this.#state.clear();
  }

  #judgeWelcome(data: unknown): LabError | null {
    if (!is(serverFrame, data)) {
      return new LabError(
        'protocol-mismatch',
        `The worker's first message is not a welcome: ${fault(serverFrame, data)}.`,
      );
    }
    if (data.kind === 'broken') return fromWire(data.error);
    const { version } = this.#options;
    if (data.kind === 'welcome' && data.version === version) return null;
    const found = data.kind === 'welcome' ? `"${data.version}"` : `a message "${data.kind}"`;
    return new LabError(
      'protocol-mismatch',
      `The page speaks protocol "${version}", the worker answered with ${found}.`,
    );
  }

  /** Where the worker holds a lock while it lives, its death is known at once. */
  #watchLife(port: Port, welcome: unknown): void {
    this.#stopLife = noop;
    if (!is(serverFrame, welcome) || welcome.kind !== 'welcome' || welcome.life === undefined) return;
    this.#stopLife = this.#options.whenGone(welcome.life, () => {
      if (this.#port !== port) return;
      this.die(new LabError('worker-died', 'The browser ended the worker, for want of memory perhaps.'));
    });
  }

  #judgeSilence(ms: number): void {
    const { tellSilenceMs, deadSilenceMs, onSilence } = this.#options;
    if (ms >= deadSilenceMs)
      this.die(new LabError('worker-died', `The worker gave no sign for ${Math.round(ms / 1000)} s.`));
    else if (ms >= tellSilenceMs) onSilence(Math.round(ms / 1000));
  }

  /** All sent at once: the worker keeps their order, and requests that waited come after them. */
  async #replay(calls: readonly Remembered[]): Promise<boolean> {
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
      this.#watchAcceptance();
      this.#watchTurn();
    } catch (thrown) {
      this.#pending.delete(id);
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      request.onError(
        new LabError('invalid-request', `The request ${request.method} cannot be sent: ${why}.`),
      );
    }
  }

  /** While nothing runs, a sent request must be accepted soon. */
  #watchAcceptance(): void {
    this.#stopAccept();
    this.#stopAccept = noop;
    const sent = [...this.#pending.values()].filter(({ isSent }) => isSent);
    this.#silence.watch(sent.some(({ isAccepted }) => isAccepted));
    if (sent.length === 0 || sent.some(({ isAccepted }) => isAccepted)) return;
    const { delay, acceptMs } = this.#options;
    this.#stopAccept = delay(acceptMs, () => {
      const names = sent.map(({ request }) => request.method).join(', ');
      this.die(new LabError('worker-died', `The worker did not begin ${names} within ${acceptMs / 1000} s.`));
    });
  }

  /** The request whose turn it is may have a limit on the worker's silence, which every message ends. */
  #watchTurn(): void {
    this.#stopTurn();
    this.#stopTurn = noop;
    const running = [...this.#pending.values()].find(
      ({ isSent, request }) => isSent && request.isConcurrent !== true,
    );
    const limit = running?.request.limit;
    if (limit === undefined || running?.isAccepted !== true) return;
    this.#stopTurn = this.#options.delay(limit.ms, () => {
      this.die(limit.error());
    });
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
    this.#silence.heard();
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
    this.#watchAcceptance();
    this.#watchTurn();
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
          this.#remember(request);
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

  #remember({ method, params, setsState, clearsState }: OutgoingRequest): void {
    for (const name of clearsState) this.#state.delete(name);
    if (!setsState) return;
    this.#state.delete(method); // Re-inserted last: replayed in the order of the last calls.
    this.#state.set(method, { method, params });
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
