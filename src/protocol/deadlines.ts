/**
 * @file What tells a dead worker from a busy one, by the requests that wait for it: an idle worker must begin one soon, the
 * one whose turn it is may have a limit of its own, and a worker at work must give a sign now and then.
 */
import { LabError } from '../core/errors.ts';
import type { Delay } from '../core/patience.ts';
import type { OutgoingRequest } from './method.ts';
import { Silence } from './silence.ts';

/** A request on its way. */
export interface Pending {
  readonly id: number;
  readonly request: OutgoingRequest;
  isSent: boolean;
  isAccepted: boolean;
  stopGrace: () => void;
}

export interface DeadlineOptions {
  readonly delay: Delay;
  /** Longest wait of an idle worker before it accepts a request. A busy one may be silent: its kernels block. */
  readonly acceptMs: number;
  /** Between two pings of a worker at work. */
  readonly pingMs: number;
  /** Silence that is told: a step of a large model may block the worker for as long. */
  readonly tellSilenceMs: number;
  /** Silence after which the worker counts as dead. */
  readonly deadSilenceMs: number;
  /** The worker is at work and has given no sign for so many seconds; null: it gave one, or nobody waits any more. */
  readonly onSilence: (seconds: number | null) => void;
}

const noop = (): void => undefined;

export const DEADLINES = {
  ...{ acceptMs: 20_000, pingMs: 5_000, tellSilenceMs: 30_000, deadSilenceMs: 15 * 60_000 },
  onSilence: noop,
};

export class Deadlines {
  readonly #options: DeadlineOptions;
  readonly #die: (reason: LabError) => void;
  readonly #silence: Silence;
  #stopAccept = noop;
  #stopTurn = noop;

  constructor(options: DeadlineOptions, ping: () => void, die: (reason: LabError) => void) {
    const { delay, pingMs, onSilence } = options;
    this.#options = options;
    this.#die = die;
    this.#silence = new Silence({
      ...{ delay, tickMs: pingMs, ping },
      onSilent: (ms) => {
        this.#judgeSilence(ms);
      },
      onSign: () => {
        onSilence(null);
      },
    });
  }

  /** The worker gave a sign. */
  heard(): void {
    this.#silence.heard();
  }

  /** @param pending as they stand now, in the order of sending */
  watch(pending: readonly Pending[]): void {
    const sent = pending.filter(({ isSent }) => isSent);
    this.#watchAcceptance(sent);
    this.#watchTurn(sent);
  }

  /** Nobody waits any more. */
  rest(): void {
    this.#stopAccept();
    this.#stopTurn();
    this.#silence.watch(false);
  }

  #judgeSilence(ms: number): void {
    const { tellSilenceMs, deadSilenceMs, onSilence } = this.#options;
    if (ms >= deadSilenceMs)
      this.#die(new LabError('worker-died', `The worker gave no sign for ${Math.round(ms / 1000)} s.`));
    else if (ms >= tellSilenceMs) onSilence(Math.round(ms / 1000));
  }

  /** While nothing runs, a sent request must be accepted soon. */
  #watchAcceptance(sent: readonly Pending[]): void {
    this.#stopAccept();
    this.#stopAccept = noop;
    const isAtWork = sent.some(({ isAccepted }) => isAccepted);
    this.#silence.watch(isAtWork);
    if (sent.length === 0 || isAtWork) return;
    const { delay, acceptMs } = this.#options;
    this.#stopAccept = delay(acceptMs, () => {
      const names = sent.map(({ request }) => request.method).join(', ');
      this.#die(
        new LabError('worker-died', `The worker did not begin ${names} within ${acceptMs / 1000} s.`),
      );
    });
  }

  /** The request whose turn it is may have a limit on the worker's silence, which every message ends. */
  #watchTurn(sent: readonly Pending[]): void {
    this.#stopTurn();
    this.#stopTurn = noop;
    const running = sent.find(({ request }) => request.isConcurrent !== true);
    const limit = running?.request.limit;
    if (limit === undefined || running?.isAccepted !== true) return;
    this.#stopTurn = this.#options.delay(limit.ms, () => {
      this.#die(limit.error());
    });
  }
}
