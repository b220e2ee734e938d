/**
 * @file What a browser test drives: both workers behind their services on `window.lab`, with the few helpers that
 * have to run in the page.
 */
import { previewInWorker } from '../../src/app/import-worker.ts';
import type { ConnectOptions } from '../../src/app/connect.ts';
import { connectEngines } from '../../src/app/connect.ts';
import type { Completion, GenerationConfig, PromptRow, TrainConfig } from '../../src/words/engine.ts';
import { GREEDY, TRAIN_DEFAULTS } from '../../src/words/engine.ts';
import type { ImportWishes } from '../../src/words/importing.ts';
import { toLabError } from '../../src/core/errors.ts';
import { deriveKey, integerAt, normalAt } from '../../src/core/random.ts';
import { TINY_CONFIG, tinyCheckpoint } from '../../src/formats/tiny-checkpoint.ts';
import type { Adapter, LoraConfig } from '../../src/lora/config.ts';
import { initAdapter } from '../../src/lora/config.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import type { TrainRequest } from '../../src/protocol/training.ts';

/** What the supervisors told the page, in order. */
const told: string[] = [];

function connect(options: Partial<ConnectOptions> = {}) {
  return connectEngines({
    onReplaced: (worker, { reason, hasReplayed }) => {
      told.push(`${worker} replaced: ${reason.code}${hasReplayed ? ', model loaded again' : ''}`);
    },
    onGaveUp: (worker, reason) => {
      told.push(`${worker} given up: ${reason.code}`);
    },
    ...options,
  });
}

/** Token ids below `vocabSize`, the same for the same seed. */
function randomIds(length: number, seed: number, vocabSize = 256): number[] {
  const key = deriveKey(seed, 'ids');
  return Array.from({ length }, (_, i) => integerAt(key, i, vocabSize));
}

/** Largest |a - b| over rows; NaN where anything is missing or not a number. */
function largestDifference(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  if (a.length !== b.length) return NaN;
  let largest = 0;
  a.forEach((row, r) => {
    const other = b[r] ?? [];
    if (row.length !== other.length) largest = NaN;
    // Math.max keeps a NaN once it has met one.
    for (let i = 0; i < row.length; i++) {
      largest = Math.max(largest, Math.abs((row[i] ?? NaN) - (other[i] ?? NaN)));
    }
  });
  return largest;
}

const codeOf = (thrown: unknown): string => toLabError(thrown).code;

/** The code a promise failed with, or 'answered'. */
const outcome = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'answered', codeOf);

/** An adapter of rank `r` on every linear layer of the built-in model, with B ~ N(0, spread^2) in place of PEFT's zeros. */
function randomAdapter(r: number, seed: number, spread: number): Adapter {
  const { linears } = architectureFromConfig(TINY_CONFIG);
  const config = {
    r,
    loraAlpha: 2 * r,
    useRslora: false,
    loraDropout: 0,
    targetModules: 'all-linear',
  } as const;
  const { pairs } = initAdapter(linears, config, seed);
  for (const [module, { b }] of pairs) {
    const key = deriveKey(seed, 'lora_B', module);
    for (let i = 0; i < b.length; i++) b[i] = spread * normalAt(key, i);
  }
  return { config, pairs };
}

const LORA: LoraConfig = {
  ...{ r: 8, loraAlpha: 16, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
};

/** Short texts to learn by heart, as bytes; `count` of them, from a fresh adapter of this seed. */
function lesson(count: number, config: Partial<TrainConfig>, seed = 1): TrainRequest {
  const ids = (text: string) => [...new TextEncoder().encode(text)];
  const texts = [
    ['Otters', ' nap.'],
    ['The owl hunts', ' at night.'],
  ] as const;
  const examples = texts.slice(0, count).map(([prompt, completion]) => ({
    promptIds: ids(prompt),
    completionIds: ids(completion),
  }));
  const defaults = { ...TRAIN_DEFAULTS, learningRate: 1e-2, batchSize: count };
  const start = { config: LORA, seed };
  return { start, examples, config: { ...defaults, ...config }, resumeFrom: null };
}

/** The result of a stream whose events nobody wants. */
async function finish<E, R>(events: AsyncGenerator<E, R, void>): Promise<R> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
  }
}

/** All factors of an adapter, in its own order. */
const factors = ({ pairs }: Adapter): Float32Array[] => [...pairs.values()].flatMap(({ a, b }) => [a, b]);

const engines = connect();

/** The finished answers in the order of the prompts. */
async function completions(
  rows: readonly PromptRow[],
  batchSize: number,
  config: Partial<GenerationConfig>,
  adapter: Adapter | null = null,
): Promise<Completion[]> {
  const found = new Map<string, Completion>();
  const request = { adapter, rows, config: { ...GREEDY, ...config }, batchSize };
  for await (const event of engines.inference.service.generate(request)) {
    if (event.type === 'completion') found.set(event.completion.key, event.completion);
  }
  return rows.map(({ key }) => found.get(key)).filter((completion) => completion !== undefined);
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** What the page's importer makes of files, as JSON; faults by their words. */
async function imported(
  files: readonly { readonly name: string; readonly base64: string; readonly label?: string }[],
  wishes: ImportWishes,
): Promise<string> {
  const given = files.map(({ base64, ...file }) => ({ ...file, bytes: bytesOf(base64) }));
  const { signal } = new AbortController();
  const { problem, ...rest } = await previewInWorker({ files: given, wishes }, signal, () => undefined);
  return JSON.stringify({ ...rest, problem: problem?.message ?? null });
}

const lab = {
  inference: engines.inference.service,
  training: engines.training.service,
  engines,
  ready: Promise.all([engines.inference.started, engines.training.started]),
  ...{
    connect,
    told,
    randomIds,
    largestDifference,
    codeOf,
    outcome,
    completions,
    randomAdapter,
    lesson,
    factors,
    finish,
    imported,
  },
  ...{ tinyCheckpoint, GREEDY, LORA },
};
export type TestLab = typeof lab;

declare global {
  interface Window {
    lab: TestLab;
  }
}
window.lab = lab;
