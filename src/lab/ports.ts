/**
 * @file The loop's ports bound to the two services: what a run asks of a model becomes requests to the workers. The page
 * and the command line use the same binding. Each request names the adapter that answers it, so others may ask the same
 * workers meanwhile.
 */
import type { Completion, Score } from '../words/engine.ts';
import type { ModelFacts, Ports } from '../method/ports.ts';
import type { InferenceService } from '../protocol/inference.ts';
import type { TrainingService } from '../protocol/training.ts';
import type { Signal } from '../protocol/wire.ts';
import { rowsTogether } from './batching.ts';
import { Encoder } from './encoder.ts';
import { bm25, byEmbedding } from './retrieval.ts';

export type RetrievalName = 'bm25' | 'embeddings';

export interface LabPortsOptions {
  readonly inference: Pick<
    InferenceService,
    'encode' | 'encodeChat' | 'answerFrame' | 'generate' | 'score' | 'embed'
  >;
  readonly training: Pick<TrainingService, 'train'>;
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
  /** An answer grows by text that is certain: whole characters, no beginning of its stop. */
  readonly onText?: (key: string, added: string) => void;
}

/** @throws LabError from every port, as the services throw */
export function labPorts(options: LabPortsOptions): Ports {
  const { inference, training, model, signal, now, batchSize, retrieval = 'bm25', onText } = options;
  const encoder = new Encoder(inference, signal);

  async function* generate({
    adapter,
    rows,
    config,
  }: Parameters<Ports['generate']>[0]): AsyncGenerator<Completion> {
    if (rows.length === 0) return;
    const together = batchSize ?? rowsTogether(rows, config.maxNewTokens);
    for await (const event of inference.generate({ adapter, rows, config, batchSize: together }, { signal }))
      if (event.type === 'completion') yield event.completion;
      else onText?.(event.key, event.text);
  }

  const score: Ports['score'] = (adapter, rows) =>
    rows.length === 0
      ? Promise.resolve<readonly Score[]>([])
      : inference.score({ adapter, rows }, { signal });

  /** Mean-pooled states of the base; a text without tokens has none. */
  const embed = async (texts: readonly string[]): Promise<readonly (Float32Array | null)[]> => {
    const [prefix, own] = await Promise.all([encoder.prefixIds(), encoder.encode(texts)]);
    const rows = own.map((ids) => [...prefix, ...ids].slice(0, model.maxPositions));
    const filled = rows.filter((ids) => ids.length > 0);
    const states =
      filled.length === 0 ? [] : await inference.embed({ adapter: null, rows: filled }, { signal });
    const next = states.values();
    return rows.map((ids) => (ids.length > 0 ? (next.next().value ?? null) : null));
  };

  return {
    model,
    signal,
    now,
    encode: (texts) => encoder.encode(texts),
    prefixIds: () => encoder.prefixIds(),
    chat: {
      write: (conversations, isOpen = false) => inference.encodeChat({ conversations, isOpen }, { signal }),
      frame: () => inference.answerFrame(undefined, { signal }),
    },
    generate,
    score,
    async *train({ start, lora, initSeed, examples, config }) {
      const from = start ?? { config: lora, seed: initSeed };
      const events = training.train({ start: from, examples, config, resumeFrom: null }, { signal });
      try {
        for (;;) {
          const next = await events.next();
          if (next.done === true) return next.value;
          if (next.value.type === 'step') yield next.value;
        }
      } finally {
        // Left early, this cancels the training.
        await events.return(Promise.reject(new Error('abandoned'))).catch(() => undefined);
      }
    },
    retriever: (texts) => (retrieval === 'bm25' ? bm25(texts) : byEmbedding(texts, embed)),
  };
}
