/**
 * @file One method of a protocol: its name, the shapes of what it takes, reports and returns, and which buffers
 * change hands. Both ends derive from it: `client` makes the function a page calls, `handler` wraps the function
 * that does the work, and the two functions have the same type, so callers cannot tell them apart.
 *
 * A `Call` answers once and may report progress. A `Stream` is an async generator of events; leaving its loop
 * (return()) cancels the work.
 *
 * Where one of the params is an adapter, the client sends its hash in its place, and the adapter itself to a worker that
 * does not know it: callers pass an adapter with every request, and a worker has no current one.
 */
import { LabError, throwIfCancelled } from '../core/errors.ts';
import type { Shape } from '../core/shape.ts';
import { checked } from '../core/shape.ts';
import type { Adapter } from '../lora/config.ts';
import { adapterHash } from '../lora/hash.ts';
import type { Signal } from './wire.ts';

export interface CallContext<E> {
  readonly signal?: Signal | undefined;
  readonly onEvent?: ((event: E) => void) | undefined;
}
export interface StreamContext {
  readonly signal?: Signal | undefined;
}

export type CallFunction<P, E, R> = (params: P, context?: CallContext<E>) => Promise<R>;
export type StreamFunction<P, E, R> = (params: P, context?: StreamContext) => AsyncGenerator<E, R, void>;

export interface MethodSpec<P, E, R> {
  readonly params: Shape<P>;
  readonly event: Shape<E>;
  readonly result: Shape<R>;
  /** The field of the params that may hold an adapter; whatever else it holds goes with the params. */
  readonly adapterIn?: keyof P & string;
  /** Buffers that leave the caller with the request; absent: params are copied and stay usable. */
  readonly transferParams?: (params: P) => ArrayBuffer[];
  readonly transferEvent?: (event: E) => ArrayBuffer[];
  /** Buffers that leave the worker with the result. */
  readonly transfer?: (result: R) => ArrayBuffer[];
  /** Answered at once, beside whatever runs; the others wait their turn. */
  readonly isConcurrent?: boolean;
  /** For work that cannot be interrupted and has an end that is soon reached: a worker that is silent for so long once
   * it is this request's turn is replaced, and the request fails with `error`. An event begins the time anew. */
  readonly limit?: SilenceLimit<E>;
  /** What this method does to the state that a replaced worker is brought back to: a successful call of a name
   * listed under `setsState` is repeated there, `clearsState` forgets these names. */
  readonly setsState?: true;
  readonly clearsState?: readonly string[];
}

export interface SilenceLimit<E> {
  readonly ms: number;
  /** @param last the last event, if there was one */
  readonly error: (last: E | undefined) => LabError;
}

/** What the client needs of a connection; `Channel` is the one implementation. */
export interface Requests {
  send(request: OutgoingRequest): RequestHandle;
}

export interface NamedAdapter {
  readonly hash: string;
  readonly adapter: Adapter;
}

export interface OutgoingRequest {
  readonly method: string;
  readonly params: unknown;
  /** Goes by its hash; sent where that is unknown. */
  readonly adapter?: NamedAdapter;
  readonly transfer: ArrayBuffer[];
  readonly setsState: boolean;
  readonly clearsState: readonly string[];
  /** Beside the requests that take turns. */
  readonly isConcurrent?: boolean;
  readonly limit?: { readonly ms: number; readonly error: () => LabError };
  readonly onEvent: (event: unknown) => void;
  readonly onResult: (result: unknown) => void;
  readonly onError: (error: LabError) => void;
}

export interface RequestHandle {
  cancel(): void;
}

/** What the server gives a handler for one request. */
export interface HandlerContext {
  /** As it was sent, at this request or an earlier one; undefined where the request names none. */
  readonly adapter: unknown;
  readonly signal: Signal;
  readonly emit: (event: unknown, transfer: ArrayBuffer[]) => void;
  /** Lets the event loop deliver messages, a cancel among them. */
  readonly pause: () => Promise<void>;
}

export interface Outcome {
  readonly result: unknown;
  readonly transfer: ArrayBuffer[];
}

export interface Handler {
  readonly isConcurrent: boolean;
  run(params: unknown, context: HandlerContext): Promise<Outcome>;
}

/** Told from the other things that may stand in its place by its factors. */
export const isAdapter = (value: unknown): value is Adapter =>
  typeof value === 'object' && value !== null && 'pairs' in value;
/** One without numbers goes with the params, since a worker would keep it in the place of the whole one. */
const isWhole = (value: unknown): value is Adapter => isAdapter(value) && !('absent' in value);

abstract class Method<N extends string, P, E, R> {
  readonly name: N;
  readonly spec: MethodSpec<P, E, R>;

  constructor(name: N, spec: MethodSpec<P, E, R>) {
    this.name = name;
    this.spec = spec;
  }

  protected parseParams(sent: unknown, adapter: unknown): P {
    const { params, adapterIn } = this.spec;
    const isNamed = adapter !== undefined && adapterIn !== undefined && typeof sent === 'object';
    const whole: unknown = isNamed ? { ...sent, [adapterIn]: adapter } : sent;
    return checked(params, whole, `The request ${this.name}`, 'invalid-request');
  }

  /** What goes over the port: the params, and apart from them the adapter among them. */
  #outgoing(params: P): Pick<OutgoingRequest, 'params' | 'adapter'> {
    const { adapterIn } = this.spec;
    const adapter = adapterIn === undefined ? null : params[adapterIn];
    if (adapterIn === undefined || !isWhole(adapter)) return { params };
    return { params: { ...params, [adapterIn]: null }, adapter: { hash: adapterHash(adapter), adapter } };
  }

  protected open(
    requests: Requests,
    params: P,
    sinks: {
      readonly onEvent: (event: E) => void;
      readonly onResult: (result: R) => void;
      readonly onError: (error: unknown) => void;
    },
  ): RequestHandle {
    const { spec, name } = this;
    const guarded =
      <T>(shape: Shape<T>, what: string, sink: (value: T) => void) =>
      (value: unknown) => {
        sink(checked(shape, value, `The worker's ${what} for ${name}`, 'protocol-mismatch'));
      };
    const { limit } = spec;
    let last: E | undefined;
    return requests.send({
      method: name,
      ...this.#outgoing(params),
      transfer: spec.transferParams?.(params) ?? [],
      setsState: spec.setsState ?? false,
      clearsState: spec.clearsState ?? [],
      isConcurrent: spec.isConcurrent ?? false,
      ...(limit && { limit: { ms: limit.ms, error: () => limit.error(last) } }),
      onEvent: guarded(spec.event, 'event', (event) => {
        last = event;
        sinks.onEvent(event);
      }),
      onResult: guarded(spec.result, 'result', sinks.onResult),
      onError: sinks.onError,
    });
  }
}

export class Call<N extends string, P, E, R> extends Method<N, P, E, R> {
  client(requests: Requests): CallFunction<P, E, R> {
    return (params, { signal, onEvent } = {}) =>
      new Promise<R>((resolve, reject) => {
        throwIfCancelled(signal, `The request ${this.name}`);
        const settle = <T>(then: (value: T) => void) => {
          return (value: T) => {
            signal?.removeEventListener('abort', cancel);
            then(value);
          };
        };
        const handle = this.open(requests, params, {
          onEvent: (event) => onEvent?.(event),
          onResult: settle(resolve),
          onError: settle(reject),
        });
        const cancel = () => {
          handle.cancel();
        };
        signal?.addEventListener('abort', cancel);
      });
  }

  handler(work: CallFunction<P, E, R>): Handler {
    const { spec } = this;
    return {
      isConcurrent: spec.isConcurrent ?? false,
      run: async (params, { adapter, signal, emit }) => {
        const onEvent = (event: E) => {
          emit(event, spec.transferEvent?.(event) ?? []);
        };
        const result = await work(this.parseParams(params, adapter), { signal, onEvent });
        return { result, transfer: spec.transfer?.(result) ?? [] };
      },
    };
  }
}

export class Stream<N extends string, P, E, R> extends Method<N, P, E, R> {
  client(requests: Requests): StreamFunction<P, E, R> {
    return (params, context) => this.#consume(requests, params, context?.signal);
  }

  async *#consume(requests: Requests, params: P, signal: Signal | undefined): AsyncGenerator<E, R, void> {
    throwIfCancelled(signal, `The request ${this.name}`);
    const events: E[] = [];
    let end: { readonly result: R } | { readonly error: unknown } | null = null;
    let wake: () => void = () => undefined;
    const finish = (how: NonNullable<typeof end>) => {
      end = how;
      wake();
    };
    const handle = this.open(requests, params, {
      onEvent: (event) => {
        events.push(event);
        wake();
      },
      onResult: (result) => {
        finish({ result });
      },
      onError: (error) => {
        finish({ error });
      },
    });
    const cancel = () => {
      handle.cancel();
    };
    const ended = (): typeof end => end;
    const change = () => new Promise<void>((resolve) => (wake = resolve));
    signal?.addEventListener('abort', cancel);
    try {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) {
          yield event;
          continue;
        }
        const how = ended();
        if (how === null) await change();
        else if ('error' in how) throw how.error;
        else return how.result;
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
      // Reached by return() before the end: the generator is done when the worker is idle again.
      if (ended() === null) cancel();
      while (ended() === null) await change();
    }
  }

  handler(work: StreamFunction<P, E, R>): Handler {
    const { spec, name } = this;
    return {
      isConcurrent: spec.isConcurrent ?? false,
      run: async (params, { adapter, signal, emit, pause }) => {
        const events = work(this.parseParams(params, adapter), { signal });
        const tell = (event: E) => {
          emit(event, spec.transferEvent?.(event) ?? []);
        };
        for (;;) {
          const next = await events.next();
          if (next.done === true) return { result: next.value, transfer: spec.transfer?.(next.value) ?? [] };
          tell(next.value);
          await pause();
          if (signal.aborted) {
            const cancelled = new LabError('cancelled', `The request ${name} was cancelled.`);
            // Thrown where the engine stands, so that its `finally` blocks free what they hold. One event may still tell
            // how far it came.
            const last = await events.throw(cancelled);
            if (last.done !== true) {
              tell(last.value);
              await events.throw(cancelled);
            }
            throw cancelled;
          }
        }
      },
    };
  }
}

/** The function a method becomes on both ends. */
export type FunctionOf<M> =
  M extends Call<string, infer P, infer E, infer R>
    ? CallFunction<P, E, R>
    : M extends Stream<string, infer P, infer E, infer R>
      ? StreamFunction<P, E, R>
      : never;

/** The interface that an engine implements and its client has. */
export type Service<Methods> = { readonly [K in keyof Methods]: FunctionOf<Methods[K]> };

export type Handlers<Methods> = { readonly [K in keyof Methods]: Handler };

/** A protocol: the map of methods, each under its own name. */
export function methods<M extends { readonly [K in keyof M]: { readonly name: K } }>(map: M): M {
  return map;
}

/** Either kind of method, where its types do not matter. */
interface AnyMethod {
  client(requests: Requests): unknown;
  handler(work: never): Handler;
}
type Contract<M> = { readonly [K in keyof M]: AnyMethod };

function mapped<M extends Contract<M>>(map: M, to: (method: AnyMethod, name: string) => unknown): object {
  const entries = Object.entries<AnyMethod>(map).map(([name, method]) => [name, to(method, name)] as const);
  return Object.fromEntries(entries);
}

/** The service behind a connection: each method a function. */
export function clientOf<M extends Contract<M>>(map: M, requests: Requests): Service<M> {
  return mapped(map, (method) => method.client(requests)) as Service<M>;
}

/** What serves the requests of a protocol by an engine. */
export function handlersOf<M extends Contract<M>>(map: M, engine: Service<M>): Handlers<M> {
  const work = new Map<string, unknown>(Object.entries(engine));
  return mapped(map, (method, name) => method.handler(work.get(name) as never)) as Handlers<M>;
}
