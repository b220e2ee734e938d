/**
 * @file How fast the loaded model is on this device, from a second or two of the work that a run consists of: reading
 * prompts, decoding, training. It feeds the budget; nothing is decided by it.
 */
import type { Rates } from '../method/budget.ts';
import { GREEDY, TRAIN_DEFAULTS } from '../words/engine.ts';
import { deriveKey, integerAt } from '../core/random.ts';
import type { LoraConfig } from '../lora/config.ts';
import type { InferenceService } from '../protocol/inference.ts';
import type { TrainingService } from '../protocol/training.ts';
import type { Signal } from '../protocol/wire.ts';
import type { ModelInfo } from '../protocol/words.ts';
import { rowsTogether } from './batching.ts';

export interface Probed {
  readonly inference: Pick<InferenceService, 'generate'>;
  readonly training: Pick<TrainingService, 'train'>;
  readonly model: Pick<ModelInfo, 'vocabSize' | 'maxPositions'>;
  readonly signal: Signal;
  /** Milliseconds from any fixed start. */
  readonly now: () => number;
}

/** How much time a probe may take, and how soon it can be called off: a request under way is never cut in the middle of
 * a pass through the model. */
export interface Pace {
  /** Answered together, first and once before that to warm up. */
  readonly fewestRows: number;
  /** Rows grow by this factor to those of a run, or until reading the prompts takes `longEnoughMs`: that pass is the
   * longest time before a cancel is heard. */
  readonly growth: number;
  readonly longEnoughMs: number;
  /** Longest training step, as it is estimated from the prefill; the batch is made smaller for it. */
  readonly mostStepMs: number;
}
/** For a command that waits for the outcome. */
export const UNHURRIED: Pace = { fewestRows: 4, growth: 4, longEnoughMs: 300, mostStepMs: Infinity };
/** For a page where somebody may want the workers at any moment. */
export const IN_PASSING: Pace = { fewestRows: 1, growth: 4, longEnoughMs: 250, mostStepMs: 1000 };

/** A question with a demonstration or two, and an answer of a few words. */
const PROMPT_TOKENS = 48;
const NEW_TOKENS = 8;
const TRAIN_STEPS = 6;
/** Forward and backward against forward alone, and tfjs against onnxruntime: an estimate, for the batch alone. */
const TRAIN_COST = 5;
const ANSWER_TOKENS = 4;

const idsOf = (row: number, length: number, vocabSize: number): readonly number[] =>
  Array.from({ length }, (_, i) => integerAt(deriveKey('probe', row), i, vocabSize));

const perSecond = (tokens: number, ms: number): number => (1000 * tokens) / Math.max(ms, 0.1);

/** The base labels and a fresh adapter is trained.
 * @throws LabError as the services throw */
export async function probeRates(probed: Probed, lora: LoraConfig, pace: Pace = UNHURRIED): Promise<Rates> {
  const labelling = await probeLabelling(probed, pace);
  const tokens = (labelling.prefillTokensPerSecond * pace.mostStepMs) / 1000 / TRAIN_COST;
  const batchSize = Math.max(1, Math.min(TRAIN_DEFAULTS.batchSize, Math.floor(tokens / PROMPT_TOKENS)));
  return { ...labelling, trainTokensPerSecond: await probeTraining(probed, lora, pace, batchSize) };
}

async function probeLabelling(
  { inference, model, signal, now }: Probed,
  { fewestRows, growth, longEnoughMs }: Pace,
): Promise<Omit<Rates, 'trainTokensPerSecond'>> {
  const length = Math.max(1, Math.min(PROMPT_TOKENS, model.maxPositions - NEW_TOKENS));
  const maxNewTokens = Math.min(NEW_TOKENS, model.maxPositions - length);
  const prompts = (count: number) =>
    Array.from({ length: count }, (_, row) => ({ key: `${row}`, ids: idsOf(row, length, model.vocabSize) }));
  const mostRows = rowsTogether(prompts(1), maxNewTokens);

  const measure = async (count: number) => {
    const rows = prompts(count);
    const begin = now();
    let [firstToken, lastToken, tokens] = [begin, begin, 0];
    const request = { adapter: null, rows, config: { ...GREEDY, maxNewTokens }, batchSize: count };
    for await (const { type } of inference.generate(request, { signal })) {
      if (type !== 'token') continue;
      lastToken = now();
      if (tokens === 0) firstToken = lastToken;
      tokens++;
    }
    // The first token of each row comes with the prefill; then every row gains one with each step.
    const steps = tokens / count - 1;
    return { readMs: firstToken - begin, stepMs: steps > 0 ? (lastToken - firstToken) / steps : null };
  };

  await measure(fewestRows); // The first run compiles shaders and grows heaps.
  let before: { readonly step: Timed; readonly read: Timed } | null = null;
  for (let count = fewestRows; ; count = Math.min(mostRows, growth * count)) {
    const { readMs, stepMs } = faster(await measure(count), await measure(count));
    if (readMs >= longEnoughMs || count >= mostRows) {
      const step = stepMs === null ? null : timeOf(mostRows, { count, ms: stepMs }, before?.step ?? null, 0);
      const read = timeOf(mostRows, { count, ms: readMs }, before?.read ?? null, LEAST_SHARE);
      return {
        prefillTokensPerSecond: perSecond(mostRows * length, read),
        // A model that ends every answer at once decodes nothing; a rate of 0 would predict for ever.
        decodeTokensPerSecond: perSecond(mostRows, step ?? read / length),
      };
    }
    before = stepMs === null ? null : { step: { count, ms: stepMs }, read: { count, ms: readMs } };
  }
}

interface Passes {
  readonly readMs: number;
  readonly stepMs: number | null;
}

/** The first pass of so many rows is slower than all that follow, and a run has many: docs/PERFORMANCE.md. */
const faster = (a: Passes, b: Passes): Passes => ({
  readMs: Math.min(a.readMs, b.readMs),
  stepMs: a.stepMs === null || b.stepMs === null ? (a.stepMs ?? b.stepMs) : Math.min(a.stepMs, b.stepMs),
});

interface Timed {
  readonly count: number;
  readonly ms: number;
}
/** Of a row's share of a measured reading, at least so much is the row's own: reading is arithmetic for the most part. */
const LEAST_SHARE = 0.25;

/** Milliseconds of a pass of `rows` rows, from fewer: it costs something for itself (launching kernels, reading weights,
 * on a busy machine waiting for a core) and something for each row.
 * @param share of ms / count that a row costs at least */
function timeOf(rows: number, { count, ms }: Timed, before: Timed | null, share: number): number {
  const slope = before === null ? 0 : (ms - before.ms) / (count - before.count);
  const each = Math.max((share * ms) / count, Math.min(slope, ms / count));
  return ms + each * (rows - count);
}

async function probeTraining(
  { training, model, signal, now }: Probed,
  lora: LoraConfig,
  { longEnoughMs }: Pace,
  batchSize: number,
): Promise<number> {
  const length = Math.min(PROMPT_TOKENS, model.maxPositions);
  const examples = Array.from({ length: batchSize }, (_, row) => {
    const ids = idsOf(row, length, model.vocabSize);
    return { promptIds: ids.slice(0, -ANSWER_TOKENS), completionIds: ids.slice(-ANSWER_TOKENS) };
  });
  const start = { config: lora, seed: 0 };
  const config = { ...TRAIN_DEFAULTS, batchSize, maxSteps: TRAIN_STEPS };
  let begin: number | null = null;
  let tokens = 0;
  let ms = 0;
  for await (const step of training.train({ start, examples, config, resumeFrom: null }, { signal })) {
    if (step.type !== 'step') continue;
    const at = now();
    // The first step compiles, so the clock begins behind it.
    begin ??= at;
    if (step.step > 1) tokens += step.tokens;
    ms = at - begin;
    if (ms >= longEnoughMs) break;
  }
  return perSecond(tokens, ms);
}
