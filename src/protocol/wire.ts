/**
 * @file The frames that cross a port, and the port itself. What a frame carries inside (params, events, results)
 * is unknown here and checked by the method it belongs to.
 */
import type { CancelSignal, ErrorCode } from '../core/errors.ts';
import { ERROR_CODES, LabError } from '../core/errors.ts';
import type { Infer } from '../core/shape.ts';
import { anything, count, exactly, like, object, optional, tagged, text } from '../core/shape.ts';

export interface PortEvent {
  readonly data?: unknown;
  readonly message?: string;
}

/** What Worker, MessagePort (page, worker and Node) and a worker's own global have in common. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message' | 'messageerror', listener: (event: PortEvent) => void): void;
  removeEventListener(type: 'message' | 'messageerror', listener: (event: PortEvent) => void): void;
}

/** The part of AbortSignal that the protocol listens to. */
export interface Signal extends CancelSignal {
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

const isErrorCode = (value: unknown): value is ErrorCode => ERROR_CODES.some((code) => code === value);
/** An error as it crosses: LabError's fields without its class. */
export const wireError = object({
  code: like(isErrorCode, "one of the lab's error codes"),
  what: text,
  remedy: text,
});
export type WireError = Infer<typeof wireError>;

/** Page to worker. */
export const clientFrame = tagged('kind', [
  object({ kind: exactly('hello'), version: text }),
  object({
    kind: exactly('request'),
    id: count,
    method: text,
    params: anything,
    /** The hash of the one that answers; it is not among the params. */
    adapter: optional(text),
  }),
  /** One that was unknown to the worker. */
  object({ kind: exactly('adapter'), hash: text, adapter: anything }),
  object({ kind: exactly('cancel'), id: count }),
  /** Asks for a sign of life. */
  object({ kind: exactly('ping') }),
]);
export type ClientFrame = Infer<typeof clientFrame>;

/** Worker to page. */
export const serverFrame = tagged('kind', [
  /** `life`: name of a lock that the worker holds while it lives; absent where there are no locks. */
  object({ kind: exactly('welcome'), version: text, life: optional(text) }),
  object({ kind: exactly('pong') }),
  /** The request arrived and runs or waits its turn: the worker is alive. */
  object({ kind: exactly('accepted'), id: count }),
  /** No adapter of this hash is here: a request that names it waits until it is sent. */
  object({ kind: exactly('unknown'), hash: text }),
  object({ kind: exactly('event'), id: count, event: anything }),
  object({ kind: exactly('result'), id: count, result: anything }),
  object({ kind: exactly('error'), id: count, error: wireError }),
  /** The worker cannot go on (device lost, a message it could not read): replace it. */
  object({ kind: exactly('broken'), error: wireError }),
]);
export type ServerFrame = Infer<typeof serverFrame>;

export const toWire = ({ code, what, remedy }: LabError): WireError => ({ code, what, remedy });

export const fromWire = ({ code, what, remedy }: WireError): LabError => new LabError(code, what, { remedy });
