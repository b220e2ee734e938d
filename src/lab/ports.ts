/**
 * @file The loop's ports bound to the two services: what a run asks of a model becomes requests to the workers. The page
 * and the command line use the same binding. While a run goes on, nothing else sets the workers' adapters.
 */
import type { Completion, Score } from '../words/engine.ts';
import type { ModelFacts, Ports } from '../method/ports.ts';
import type { InferenceService } from '../protocol/inference.ts';
import type { TrainingService } from '../protocol/training.ts';
import type { Signal } from '../protocol/wire.ts';
import { rowsTogether } from './batching.ts';
import { Encoder } from './encoder.ts';
import { bm25, byEmbedding } from './retrieval.ts';
import { AdapterTurns } from './turns.ts';

export type RetrievalName = 'bm25' | 'embeddings';

export interface LabPortsOptions {
  readonly inference: Pick<InferenceService, 'setAdapter' | 'encode' | 'generate' | 'score' | 'embed'>;
  readonly training: Pick<TrainingService, 'initAdapter' | 'setAdapter' | 'train'>;
  /** Both services have it loaded. */
  readonly model: ModelFacts;
  /** Raised, it ends the request under way with `cancelled`. */
  readonly signal: Signal;
  /** Milliseconds from any fixed start. */
  readonly now: () => number;
  /** Rows decoded together; chosen by the rows' lengths if left out. */
  readonly batchSize?: number;
  /** 'bm25' if left out. */
  readonly retrieval?: RetrievalName;
}

/** @throws LabError from every port, as the services throw */
export function labPorts(options: LabPortsOptions): Ports {
  const { inference, training, model, signal, now, batchSize, retrieval = 'bm25' } = options;
  const encoder = new Encoder(inference, signal);
  const turns = new AdapterTurns(inference, signal);

  /** Forgets the current adapter when `work` fails. */
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      turns.forget();
      throw thrown;
    }
  };

  async function* generate({
    adapter,
    rows,
    config,
  }: Parameters<Ports['generate']>[0]): AsyncGenerator<Completion> {
    if (rows.length === 0) return;
    const together = batchSize ?? rowsTogether(rows, config.maxNewTokens);
    const events = inference.generate({ rows, config, batchSize: together }, { signal });
    try {
      let next = await guarded(turns.send(adapter, () => events.next()));
      while (next.done !== true) {
        if (next.value.type === 'completion') yield next.value.completion;
        next = await guarded(events.next());
      }
    } finally {
      // Left early, this cancels the request.
      await events.return();
    }
  }

  const score: Ports['score'] = (adapter, rows) =>
    rows.length === 0
      ? Promise.resolve<readonly Score[]>([])
      : guarded(turns.send(adapter, () => inference.score(rows, { signal })));

  /** Mean-pooled states of the base; a text without tokens has none. */
  const embed = async (texts: readonly string[]): Promise<readonly (Float32Array | null)[]> => {
    const [prefix, own] = await Promise.all([encoder.prefixIds(), encoder.encode(texts)]);
    const rows = own.map((ids) => [...prefix, ...ids].slice(0, model.maxPositions));
    const filled = rows.filter((ids) => ids.length > 0);
    const states =
      filled.length === 0 ? [] : await guarded(turns.send(null, () => inference.embed(filled, { signal })));
    const next = states.values();
    return rows.map((ids) => (ids.length > 0 ? (next.next().value ?? null) : null));
  };

  return {
    model,
    signal,
    now,
    encode: (texts) => encoder.encode(texts),
    prefixIds: () => encoder.prefixIds(),
    generate,
    score,
    async *train({ start, lora, initSeed, examples, config }) {
      if (start === null) await training.initAdapter({ config: lora, seed: initSeed }, { signal });
      else await training.setAdapter({ adapter: start }, { signal });
      return yield* training.train({ examples, config, resumeFrom: null }, { signal });
    },
    retriever: (texts) => (retrieval === 'bm25' ? bm25(texts) : byEmbedding(texts, embed)),
  };
}
