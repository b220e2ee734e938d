/**
 * @file Ports without a model, for tests of the loop: text is its UTF-16 units, the "model" reads the topic word in its
 * prompt, and answers rightly as often as its adapter's skill says; training gives an adapter whose skill is the share
 * of right examples. Every request is recorded.
 */
import type { Completion, PromptRow, Score, ScoreRow, TrainStep } from '../../src/words/engine.ts';
import type { CancelSignal } from '../../src/core/errors.ts';
import { LabError } from '../../src/core/errors.ts';
import type { ChatPort } from '../../src/method/chat.ts';
import type { LabelRequest, Ports, TrainingRequest } from '../../src/method/ports.ts';
import { deriveKey, uniformAt } from '../../src/core/random.ts';
import type { Task, TaskRow } from '../../src/words/task.ts';
import type { Adapter } from '../../src/lora/config.ts';

const LABELS = ['red', 'green', 'blue'];
const WORDS = ['apple', 'leaf', 'sky'];

function row(split: string, index: number): TaskRow {
  const topic = Math.floor(uniformAt(deriveKey('topic', split), index) * LABELS.length);
  return {
    id: `${split}-${index}`,
    input: `a ${WORDS[topic] ?? ''} ${split} ${index}`,
    output: LABELS[topic] ?? '',
  };
}
const rows = (split: string, count: number) => Array.from({ length: count }, (_, i) => row(split, i));

export function fakeTask(counts: { readonly prompts?: number } = {}): Task {
  return {
    definition: {
      ...{
        id: 'colours',
        description: 'Which colour?',
        kind: 'classification',
        role: 'imported',
        labels: LABELS,
      },
      ...{ template: 'Thing: {input}\nColour:', stop: '\n', k: 3, metric: 'exact_match', licence: 'MIT' },
    },
    splits: {
      ...{ pool: rows('pool', 20), prompts: rows('prompt', counts.prompts ?? 60) },
      ...{ validation: rows('validation', 12), probe: rows('probe', 10), test: rows('test', 16) },
    },
  };
}

export const unitsOf = (text: string): number[] =>
  Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
export const textOf = (ids: readonly number[]): string => String.fromCharCode(...ids);

const BASE_SKILL = 0.6;
export const skillOf = (adapter: Adapter | null): number => adapter?.pairs.get('skill')?.a[0] ?? BASE_SKILL;

const TURN_END = '\u2403';
/** Turns as a template writes them, a single unit ending each. */
const TOY_CHAT: ChatPort = {
  write: (conversations, isOpen = false) =>
    Promise.resolve(
      conversations.map((messages) => {
        const turns = messages.map(({ role, content }) => `\u2402${role}\n${content}${TURN_END}\n`).join('');
        const text = isOpen ? turns.slice(0, -2) : `${turns}\u2402assistant\n`;
        return { text, ids: unitsOf(text) };
      }),
    ),
  frame: () => Promise.resolve({ before: '', after: TURN_END, endIds: unitsOf(TURN_END) }),
};

const adapterOf = (skill: number, tag: number): Adapter => ({
  config: { r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
  pairs: new Map([['skill', { a: new Float32Array([skill, tag]), b: new Float32Array([0]) }]]),
});

/** The last line that holds a topic word, which is the prompt's own. */
function answerOf(prompt: string, adapter: Adapter | null): string {
  const asked = prompt.slice(prompt.lastIndexOf('Thing:'));
  const topic = WORDS.findIndex((word) => asked.includes(word));
  const luck = uniformAt(deriveKey(asked, adapter?.pairs.get('skill')?.a[1] ?? 0), 0);
  return LABELS[(luck < skillOf(adapter) ? topic : topic + 1) % LABELS.length] ?? '';
}

export interface Recorded {
  readonly generated: LabelRequest[];
  readonly scored: { readonly adapter: Adapter | null; readonly rows: readonly ScoreRow[] }[];
  readonly trained: TrainingRequest[];
}

export interface FakeOptions {
  readonly signal?: CancelSignal;
  /** Answers in place of the model's. */
  readonly say?: (prompt: string, answer: string) => string;
  readonly skillAfter?: (rightShare: number, training: number) => number;
  readonly maxPositions?: number;
}

export function fakePorts(options: FakeOptions = {}): { readonly ports: Ports; readonly recorded: Recorded } {
  const recorded: Recorded = { generated: [], scored: [], trained: [] };
  const say = options.say ?? ((_: string, answer: string) => answer);
  const skillAfter = options.skillAfter ?? ((share: number) => share);

  const scoreOf = (adapter: Adapter | null, { promptIds, completionIds }: ScoreRow): Score => {
    const said = textOf(completionIds).replace(TURN_END, '').trim();
    const isSaid = said === answerOf(textOf(promptIds), adapter);
    return {
      logprobs: completionIds.map(() => (isSaid ? -0.1 : -2)),
      entropies: completionIds.map(() => 0.5),
    };
  };

  function complete({ key, ids, candidates }: PromptRow, adapter: Adapter | null): Completion {
    const prompt = textOf(ids);
    const text = say(prompt, answerOf(prompt, adapter));
    const said = unitsOf(prompt.endsWith('\u2402assistant\n') ? text + TURN_END : ` ${text}\n`);
    const confidence = uniformAt(deriveKey('confidence', prompt), 0);
    return {
      key,
      ids: said,
      logprobs: said.map(() => -confidence),
      text: ` ${text}`,
      finishReason: 'stop-string',
      ...(candidates === undefined
        ? {}
        : { scores: candidates.map((completionIds) => scoreOf(adapter, { promptIds: ids, completionIds })) }),
    };
  }

  const ports: Ports = {
    model: {
      name: 'fake',
      sha256: '0',
      maxPositions: options.maxPositions ?? 4096,
      eosTokenIds: [],
      learningRate: 4e-3,
    },
    signal: options.signal ?? { aborted: false },
    now: () => 0,
    encode: (texts) => Promise.resolve(texts.map(unitsOf)),
    prefixIds: () => Promise.resolve([]),
    chat: TOY_CHAT,
    async *generate(request) {
      await Promise.resolve();
      recorded.generated.push(request);
      // In any order: from behind.
      for (const row of request.rows.toReversed()) yield complete(row, request.adapter);
    },
    score: (adapter, scored) => {
      recorded.scored.push({ adapter, rows: scored });
      return Promise.resolve(scored.map((row) => scoreOf(adapter, row)));
    },
    async *train(request) {
      await Promise.resolve();
      recorded.trained.push(request);
      if (request.examples.length === 0) throw new LabError('invalid-request', 'No examples.');
      const { maxSteps, learningRate } = request.config;
      for (let step = 1; step <= maxSteps; step++) {
        const told: TrainStep = {
          type: 'step',
          step,
          maxSteps,
          loss: 1 / step,
          gradNorm: 1,
          learningRate,
          tokens: 10,
        };
        yield told;
      }
      const right = request.examples.filter(({ promptIds, completionIds }) => {
        const topic = WORDS.findIndex((word) => textOf(promptIds).includes(word));
        const label = LABELS[topic] ?? '';
        return [` ${label}\n`, label + TURN_END].includes(textOf(completionIds));
      });
      const tag =
        deriveKey(request.initSeed, ...request.examples.map(({ completionIds }) => textOf(completionIds))) %
        1000;
      return adapterOf(skillAfter(right.length / request.examples.length, recorded.trained.length), tag);
    },
    retriever: (texts) =>
      Promise.resolve({
        nearest: (query, k) => {
          const shared = (text: string) =>
            text.split(' ').filter((word) => query.split(' ').includes(word)).length;
          const order = texts
            .map((_, i) => i)
            .sort((a, b) => shared(texts[b] ?? '') - shared(texts[a] ?? '') || a - b);
          return Promise.resolve(order.slice(0, k));
        },
      }),
  };
  return { ports, recorded };
}
