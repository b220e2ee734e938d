/**
 * @file One prompt asked of one answerer: the tokens as they come, then the five most likely ones at each place, read
 * from the logits of the whole row.
 */
import type { GenerationConfig } from '../../words/engine.ts';
import { throwIfCancelled } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { InferenceService } from '../../protocol/inference.ts';
import type { Signal } from '../../protocol/wire.ts';
import type { Alternative, AnswerToken } from './ask-state.ts';

const MOST_ALTERNATIVES = 5;
/** Logits of a row larger than this are not fetched: 64 MiB of float32. */
const MOST_LOGITS = 16 * 1024 * 1024;

export interface Question {
  readonly adapter: Adapter | null;
  readonly ids: readonly number[];
  readonly config: GenerationConfig;
  readonly vocabSize: number;
}

export interface Heard {
  readonly text: string;
  readonly tokens: readonly AnswerToken[];
  readonly isDone: boolean;
}

export type Asker = Pick<InferenceService, 'generate' | 'logits' | 'decode'>;

/** The k largest with their probabilities, the largest first: one pass, no sorting of a whole vocabulary. */
function topOf(logits: Float32Array, k: number): readonly { id: number; probability: number }[] {
  const best: number[] = [];
  let most = -Infinity;
  for (const value of logits) most = Math.max(most, value);
  let mass = 0;
  logits.forEach((value, id) => {
    mass += Math.exp(value - most);
    const last = best.at(-1);
    if (best.length === k && last !== undefined && value <= (logits[last] ?? 0)) return;
    const at = best.findIndex((other) => value > (logits[other] ?? 0));
    best.splice(at < 0 ? best.length : at, 0, id);
    if (best.length > k) best.pop();
  });
  return best.map((id) => ({ id, probability: Math.exp((logits[id] ?? 0) - most) / mass }));
}

/** Tells what it has heard after every token, last with the alternatives.
 * @throws LabError as the service throws; `cancelled` */
export async function hear(
  inference: Asker,
  { adapter, ids, config, vocabSize }: Question,
  signal: Signal,
  onHeard: (heard: Heard) => void,
): Promise<void> {
  const tokens: AnswerToken[] = [];
  let text = '';
  const request = { adapter, rows: [{ key: 'asked', ids }], config, batchSize: 1 };
  for await (const event of inference.generate(request, { signal })) {
    if (event.type === 'completion') {
      ({ text } = event.completion);
      continue;
    }
    text += event.text;
    const probability = Math.exp(event.logprob);
    tokens.push({ id: event.id, text: event.text, probability, alternatives: [] });
    onHeard({ text, tokens: [...tokens], isDone: false });
  }
  throwIfCancelled(signal, 'The question');
  // Text becomes certain only when a character is whole: here each token has its own.
  const own = await inference.decode(
    tokens.map(({ id }) => [id]),
    { signal },
  );
  const plain = tokens.map((token, i) => ({ ...token, text: own[i] ?? token.text }));
  onHeard({ text, tokens: plain, isDone: false });
  const row = [...ids, ...tokens.slice(0, -1).map(({ id }) => id)];
  const isSmall = row.length * vocabSize <= MOST_LOGITS;
  const alternatives =
    isSmall && tokens.length > 0
      ? await alternativesOf(inference, adapter, row, tokens.length, vocabSize, signal)
      : [];
  onHeard({
    text,
    tokens: plain.map((token, i) => ({ ...token, alternatives: alternatives[i] ?? [] })),
    isDone: true,
  });
}

/** Of the last `count` places of a row. */
async function alternativesOf(
  inference: Asker,
  adapter: Adapter | null,
  row: readonly number[],
  count: number,
  vocabSize: number,
  signal: Signal,
): Promise<readonly (readonly Alternative[])[]> {
  const [logits] = await inference.logits({ adapter, rows: [row] }, { signal });
  if (logits === undefined) return [];
  const places = Array.from({ length: count }, (_, i) => {
    const place = row.length - count + i;
    return topOf(logits.subarray(place * vocabSize, (place + 1) * vocabSize), MOST_ALTERNATIVES);
  });
  const ids = [...new Set(places.flatMap((place) => place.map(({ id }) => id)))];
  const decoded = await inference.decode(
    ids.map((id) => [id]),
    { signal },
  );
  const texts = new Map(ids.map((id, i) => [id, decoded[i] ?? '']));
  return places.map((place) => place.map((found) => ({ ...found, text: texts.get(found.id) ?? '' })));
}
