/**
 * @file A model that is a script, for holding two implementations of the loop to each other: what it says, scores and
 * learns are pure functions of what it was asked, by the keyed random numbers alone. python/tests/scripted.py is the same.
 * Text is its UTF-16 units.
 */
import type { ChatPort } from '../../src/method/chat.ts';
import { inWords } from '../../src/method/chat.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { Ports } from '../../src/method/ports.ts';
import { deriveKey, integerAt, uniformAt } from '../../src/core/random.ts';
import { bm25 } from '../../src/lab/retrieval.ts';
import type { Completion, PromptRow, ScoreRow, TrainStep } from '../../src/words/engine.ts';

type Generating = Parameters<Ports['generate']>[0];
type Training = Parameters<Ports['train']>[0];

const unitsOf = (text: string): number[] => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));

/** Roles in brackets; an answer ends on a line of its own. */
const CHAT: ChatPort = {
  write: (conversations, isOpen) =>
    Promise.resolve(
      conversations.map((messages) => {
        const { text } = inWords(messages, isOpen);
        return { text, ids: unitsOf(text) };
      }),
    ),
  frame: () => Promise.resolve({ before: '', after: '\n[end]', endIds: [2] }),
};

/** Said beside the right kind of answer: nothing, no label, one that repeats itself. */
const ODD = ['', 'maybe so', 'go go go go go go go go go go'];
const QUESTION_WORDS = ['warm', 'rain', 'old', 'song', 'bread', 'river', 'lamp'];
const UNFINISHED = 0.1;

/** The base is 0. */
export const tagOf = (adapter: Adapter | null): number => {
  const [high = 0, low = 0] = adapter?.pairs.get('script')?.a ?? [];
  return high * 0x10000 + low;
};

function answerTo(row: PromptRow, { adapter, config }: Generating, answers: readonly string[]) {
  const { key, ids, candidates } = row;
  const asked = deriveKey(tagOf(adapter), ...ids, ...config.stopStrings);
  const drawn = config.doSample ? deriveKey(asked, config.seed, key) : asked;
  const word = (at: number) => QUESTION_WORDS[integerAt(drawn, at, QUESTION_WORDS.length)] ?? '';
  const said = [...answers, ...ODD];
  const text = key.startsWith('question/')
    ? `${word(4)} ${word(5)} ${word(6)}`
    : (said[integerAt(drawn, 0, said.length)] ?? '');
  const isUnfinished = uniformAt(drawn, 1) < UNFINISHED;
  const written = unitsOf(` ${text}${isUnfinished ? '' : (config.stopStrings[0] ?? '')}`);
  const completion: Completion = {
    ...{ key, ids: written, text: ` ${text}` },
    logprobs: written.map((_, i) => -2 * uniformAt(drawn, 8 + i)),
    finishReason: isUnfinished ? 'length' : 'stop-string',
    ...(candidates === undefined
      ? {}
      : { scores: candidates.map((own) => scoreOf(adapter, { promptIds: ids, completionIds: own })) }),
  };
  return completion;
}

function scoreOf(adapter: Adapter | null, { promptIds, completionIds }: ScoreRow) {
  const key = deriveKey(tagOf(adapter), ...promptIds, 'score', ...completionIds);
  return {
    logprobs: completionIds.map((_, i) => -3 * uniformAt(key, 2 * i)),
    entropies: completionIds.map((_, i) => uniformAt(key, 2 * i + 1)),
  };
}

function* training({ start, lora, initSeed, examples, config }: Training): Generator<TrainStep, Adapter> {
  const { maxSteps, seed, shuffle, learningRate } = config;
  let key = deriveKey('trained', tagOf(start), initSeed, seed, maxSteps, String(shuffle));
  for (const { promptIds, completionIds } of examples)
    key = deriveKey(key, ...promptIds, 'then', ...completionIds);
  const tokens = examples.reduce(
    (sum, { promptIds, completionIds }) => sum + promptIds.length + completionIds.length,
    0,
  );
  for (let step = 1; step <= maxSteps; step++) {
    const loss = uniformAt(key, step);
    yield { type: 'step', step, maxSteps, loss, gradNorm: 1, learningRate, tokens };
  }
  const a = new Float32Array([key >>> 16, key & 0xffff]);
  return { config: lora, pairs: new Map([['script', { a, b: new Float32Array([0]) }]]) };
}

/** @param answers what it can say that is right */
export const scriptedPorts = (maxPositions: number, answers: readonly string[]): Ports => ({
  model: { name: 'script', sha256: '', maxPositions, learningRate: 4e-3, eosTokenIds: [0] },
  signal: { aborted: false },
  now: () => 0,
  encode: (texts) => Promise.resolve(texts.map(unitsOf)),
  prefixIds: () => Promise.resolve([1]),
  chat: CHAT,
  async *generate(request) {
    await Promise.resolve();
    for (const row of request.rows) yield answerTo(row, request, answers);
  },
  score: (adapter, rows) => Promise.resolve(rows.map((row) => scoreOf(adapter, row))),
  async *train(request) {
    await Promise.resolve();
    return yield* training(request);
  },
  retriever: bm25,
});
