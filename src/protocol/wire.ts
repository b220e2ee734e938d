/**
 * @file The frames that cross a port, and the port itself. What a frame carries inside (params, events, results)
 * is unknown here and checked by the method it belongs to.
 */
import type { CancelSignal, ErrorCode } from '../core/errors.ts';
import { ERROR_CODES, LabError } from '../core/errors.ts';
import { Shape, count, exactly, object, optional, tagged, text } from './shape.ts';

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

/** An error as it crosses: LabError's fields without its class. */
export interface WireError {
  readonly code: ErrorCode;
  readonly what: string;
  readonly remedy: string;
}

/** Page to worker. */
export type ClientFrame =
  | { readonly kind: 'hello'; readonly version: string }
  /** `adapter`: the hash of the one that answers; it is not among the params. */
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly method: string;
      readonly params: unknown;
      readonly adapter?: string;
    }
  /** One that was unknown to the worker. */
  | { readonly kind: 'adapter'; readonly hash: string; readonly adapter: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Asks for a sign of life. */
  | { readonly kind: 'ping' };

/** Worker to page. */
export type ServerFrame =
  /** `life`: name of a lock that the worker holds while it lives; absent where there are no locks. */
  | { readonly kind: 'welcome'; readonly version: string; readonly life?: string }
  | { readonly kind: 'pong' }
  /** The request arrived and runs or waits its turn: the worker is alive. */
  | { readonly kind: 'accepted'; readonly id: number }
  /** No adapter of this hash is here: a request that names it waits until it is sent. */
  | { readonly kind: 'unknown'; readonly hash: string }
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError }
  /** The worker cannot go on (device lost, a message it could not read): replace it. */
  | { readonly kind: 'broken'; readonly error: WireError };

const unknownValue = new Shape<unknown>(() => null);
const errorCode = new Shape<ErrorCode>((value, path) =>
  ERROR_CODES.some((code) => code === value) ? null : `${path}: not one of the lab's error codes`,
);
export const wireError = object<WireError>({ code: errorCode, what: text, remedy: text });

export const clientFrame: Shape<ClientFrame> = tagged<ClientFrame, 'kind'>('kind', {
  hello: object({ kind: exactly('hello'), version: text }),
  request: object<Extract<ClientFrame, { kind: 'request' }>>({
    ...{ kind: exactly('request'), id: count, method: text, params: unknownValue },
    adapter: optional(text),
  }),
  adapter: object({ kind: exactly('adapter'), hash: text, adapter: unknownValue }),
  cancel: object({ kind: exactly('cancel'), id: count }),
  ping: object({ kind: exactly('ping') }),
});

export const serverFrame: Shape<ServerFrame> = tagged<ServerFrame, 'kind'>('kind', {
  welcome: object<Extract<ServerFrame, { kind: 'welcome' }>>({
    ...{ kind: exactly('welcome'), version: text, life: optional(text) },
  }),
  pong: object({ kind: exactly('pong') }),
  accepted: object({ kind: exactly('accepted'), id: count }),
  unknown: object({ kind: exactly('unknown'), hash: text }),
  event: object({ kind: exactly('event'), id: count, event: unknownValue }),
  result: object({ kind: exactly('result'), id: count, result: unknownValue }),
  error: object({ kind: exactly('error'), id: count, error: wireError }),
  broken: object({ kind: exactly('broken'), error: wireError }),
});

export const toWire = ({ code, what, remedy }: LabError): WireError => ({ code, what, remedy });

export const fromWire = ({ code, what, remedy }: WireError): LabError => new LabError(code, what, { remedy });
