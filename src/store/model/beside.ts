/**
 * @file Asking a model beside a run. The inference worker has one current adapter, and a run counts on the one that it
 * set. So what is asked beside it is sent together with its own adapter before and the run's behind, in one turn: the
 * worker takes requests in their order, and nothing comes between.
 */
import type { GenerateEvent } from '../../words/engine.ts';
import { toLabError } from '../../core/errors.ts';
import type { LabError } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { InferenceService } from '../../protocol/inference.ts';
import type { Signal } from '../../protocol/wire.ts';

type Asked = Pick<InferenceService, 'generate' | 'logits'>;

export class BesideRun {
  /** For runs: as the service, but what they set is known here. */
  readonly forRuns: InferenceService;
  readonly #service: InferenceService;
  #current: Adapter | null = null;
  /** The run's adapter could not be set again: its next request fails, instead of being answered by another one. */
  #broken: LabError | null = null;

  constructor(service: InferenceService) {
    this.#service = service;
    this.forRuns = {
      ...service,
      load: (request, context) => {
        this.#forget(null);
        return service.load(request, context);
      },
      unload: (request, context) => {
        this.#forget(null);
        return service.unload(request, context);
      },
      setAdapter: (choice, context) => {
        this.#forget(choice.adapter);
        return service.setAdapter(choice, context);
      },
      generate: (request, context) => {
        this.#check();
        return service.generate(request, context);
      },
      score: async (rows, context) => {
        this.#check();
        return service.score(rows, context);
      },
    };
  }

  /** Sends one request that `adapter` answers. `send` must send it before it returns. */
  async ask<R>(adapter: Adapter | null, signal: Signal, send: (service: Asked) => Promise<R>): Promise<R> {
    const own = this.#service.setAdapter({ adapter }, { signal });
    const answer = send(this.#service);
    const run = this.#current;
    const back = this.#service.setAdapter({ adapter: run }).catch((thrown: unknown) => {
      if (this.#current === run) this.#broken = toLabError(thrown);
    });
    // Both may fail; the first says why.
    const [set, answered] = await Promise.allSettled([own, answer]);
    if (set.status === 'rejected') throw set.reason;
    if (answered.status === 'rejected') throw answered.reason;
    void back;
    return answered.value;
  }

  /** As the service's, answered by `adapter`: the whole answer is one request, so its first step sends all. */
  async *generate(
    adapter: Adapter | null,
    request: Parameters<InferenceService['generate']>[0],
    signal: Signal,
  ): AsyncGenerator<GenerateEvent, void, void> {
    const events = this.#service.generate(request, { signal });
    try {
      let next = await this.ask(adapter, signal, () => events.next());
      for (; next.done !== true; next = await events.next()) yield next.value;
    } finally {
      await events.return();
    }
  }

  #forget(adapter: Adapter | null): void {
    this.#current = adapter;
    this.#broken = null;
  }

  #check(): void {
    const broken = this.#broken;
    this.#broken = null;
    if (broken !== null) throw broken;
  }
}
