/**
 * @file The adapter and the request that is meant for it, kept together: the worker has one current adapter, so between
 * setting it and sending the request nothing else may be sent.
 */
import type { Adapter } from '../lora/config.ts';
import type { InferenceService } from '../protocol/inference.ts';
import type { Signal } from '../protocol/wire.ts';

export class AdapterTurns {
  readonly #inference: Pick<InferenceService, 'setAdapter'>;
  readonly #signal: Signal;
  #turn: Promise<unknown> = Promise.resolve();
  /** The one that is set; undefined: not known. */
  #current: Adapter | null | undefined = undefined;

  constructor(inference: Pick<InferenceService, 'setAdapter'>, signal: Signal) {
    this.#inference = inference;
    this.#signal = signal;
  }

  /** Makes the adapter current, unless it is, and sends the request; the answer is not waited for, since the worker
   * takes requests in their order. */
  async send<R>(adapter: Adapter | null, request: () => Promise<R>): Promise<R> {
    const sent = this.#turn.then(async () => {
      if (this.#current !== adapter) {
        this.#current = undefined;
        await this.#inference.setAdapter({ adapter }, { signal: this.#signal });
        this.#current = adapter;
      }
      return { answer: request() };
    });
    this.#turn = sent.catch(() => undefined);
    const { answer } = await sent;
    return answer;
  }

  /** After a failure: a worker may have been replaced since, so the next request sets its adapter again. */
  forget(): void {
    this.#current = undefined;
  }
}
