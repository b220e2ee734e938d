/** @file The training template `mixed`: zero-shot and one-shot are its corners, and what lies between them. */
import { describe, expect, it } from 'vitest';
import { deriveKey } from '../../src/core/random.ts';
import { shapeOf } from '../../src/method/agenda.ts';
import { weighing } from '../../src/method/budget.ts';
import { requestsOf } from '../../src/method/requests.ts';
import { expectedWork } from '../../src/method/work.ts';
import { examplesOf, lessonsOf } from '../../src/method/learn.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { wholeText } from '../../src/method/prompt-text.ts';
import { RunContext } from '../../src/method/run-context.ts';
import { roundOf } from '../../src/method/state.ts';
import { trainedTexts } from '../../src/method/trained-texts.ts';
import type { TrainExample } from '../../src/words/engine.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import { fakePorts, fakeTask, textOf } from './fake-ports.ts';

type Set = Readonly<Record<string, unknown>>;

const SMALL = { rounds: 2, promptsPerRound: 16, batchSize: 4, epochs: 2, poolSize: 12, replay: 0.5 };
const METHODS = ['soft', 'gold', 'vote', 'pool-sft'] as const;
const SHOT = /Thing: .*\nColour: .*\n/g;

function planOf(method: MethodName, set: Set) {
  return { task: fakeTask({ prompts: 120 }), arm: armOf(method, method, { ...SMALL, ...set }), seed: 3 };
}

async function runOf(method: MethodName, set: Set, maxPositions?: number) {
  const plan = planOf(method, set);
  const { ports, recorded } = fakePorts(maxPositions === undefined ? {} : { maxPositions });
  const loop = bootstrap(plan, ports);
  let next = await loop.next();
  while (next.done !== true) next = await loop.next();
  const trained = recorded.trained.map(({ examples }) => examples);
  return { run: await RunContext.open(plan, ports), state: next.value, trained };
}

const digest = (trained: readonly (readonly TrainExample[])[]): string =>
  trained
    .map((examples) => examples.map((one) => `${one.promptIds.join()}|${one.completionIds.join()}`).join(';'))
    .join(';;');
const shotsIn = ({ promptIds }: TrainExample): readonly string[] => textOf(promptIds).match(SHOT) ?? [];

describe('the templates of before', () => {
  // Taken down before there was a third.
  it.each([
    ['zero-shot', 3534264192],
    ['one-shot', 3101849437],
  ] as const)('%s trains on what it always did', async (template, before) => {
    const ids: string[] = [];
    for (const method of METHODS)
      for (const tokenDropout of [0, 0.3])
        ids.push(digest((await runOf(method, { template, tokenDropout, preamble: 'Be right.\n' })).trained));
    expect(deriveKey(...ids)).toBe(before);
  });
});

describe('mixed at its corners', () => {
  const corner = (method: MethodName, set: Set) => runOf(method, { preamble: 'Be right.\n', ...set });

  it.each(METHODS)('is zero-shot at share 0, the very same examples: %s', async (method) => {
    for (const tokenDropout of [0, 0.3]) {
      const mixed = { template: 'mixed', demonstrationShare: 0, demonstrationsKept: 3, tokenDropout };
      const { trained } = await corner(method, mixed);
      expect(digest(trained)).toBe(digest((await corner(method, { tokenDropout })).trained));
    }
  });

  it.each(['gold', 'pool-sft', 'seed-sft'] as const)(
    'is one-shot at share 1 with one kept, the very same examples where nobody was shown any: %s',
    async (method) => {
      for (const tokenDropout of [0, 0.3]) {
        const mixed = { template: 'mixed', demonstrationShare: 1, demonstrationsKept: 1, tokenDropout };
        const { trained } = await corner(method, mixed);
        expect(digest(trained)).toBe(
          digest((await corner(method, { template: 'one-shot', tokenDropout })).trained),
        );
      }
    },
  );

  it('differs from one-shot in whose demonstration it is alone, where the examples have their own', async () => {
    const mixed = await corner('soft', { template: 'mixed', demonstrationShare: 1 });
    const one = await corner('soft', { template: 'one-shot' });
    const lessons = lessonsOf(mixed.run, mixed.state, 1);
    const without = lessons.map((lesson) => ({ ...lesson, demonstrations: [] }));
    expect(await examplesOf(mixed.run, without, 1)).toEqual(await examplesOf(one.run, lessons, 1));
    const { taught } = await examplesOf(mixed.run, lessons, 1);
    expect(taught.map(({ prompt }) => prompt.demonstrations.map(({ row }) => row.id))).toEqual(
      lessons.map(({ demonstrations }) => demonstrations.slice(-1)),
    );
  });

  it('costs what they cost', () => {
    const sizes = { fewShotTokens: 70, zeroShotTokens: 10, answerTokens: 2, labels: 0, adaptedFeatures: 1 };
    const rates = { prefillTokensPerSecond: 1, decodeTokensPerSecond: 1, trainTokensPerSecond: 1 };
    const measures = { sizes, rates, together: () => 8 };
    const cost = (set: Set) => {
      const { task, arm } = planOf('soft', set);
      const weigh = weighing(arm, task.definition.k, measures);
      return expectedWork(requestsOf(arm, shapeOf(task)), weigh).train;
    };
    const mixed = (demonstrationShare: number, demonstrationsKept: number) =>
      cost({ template: 'mixed', demonstrationShare, demonstrationsKept });
    expect(mixed(0, 3)).toBe(cost({}));
    expect(mixed(1, 1)).toBe(cost({ template: 'one-shot' }));
    expect(mixed(0.5, 2)).toBe(mixed(1, 1));
    // The task shows three.
    expect(mixed(1, 9)).toBe(mixed(1, 3));
  });
});

describe('mixed between its corners', () => {
  const half = { template: 'mixed', demonstrationShare: 0.5, demonstrationsKept: 2 };

  it('keeps the last of its own, in their order, before a share of the examples, and nothing before the others', async () => {
    const { state, run } = await runOf('soft', { ...half, promptsPerRound: 32, preamble: 'Be right.\n' });
    const lessons = lessonsOf(run, state, 1);
    expect(lessons.every(({ demonstrations }) => demonstrations.length === 3)).toBe(true);
    const { taught } = await examplesOf(run, lessons, 1);
    const kept = taught.filter(({ prompt }) => prompt.demonstrations.length > 0);
    for (const [i, { prompt }] of taught.entries()) {
      const ids = prompt.demonstrations.map(({ row }) => row.id);
      if (ids.length > 0) expect(ids).toEqual(lessons[i]?.demonstrations.slice(-2));
      expect(wholeText(prompt.parts).startsWith('Be right.\n')).toBe(ids.length > 0);
    }
    // 32 draws of a half; the same every time.
    expect(kept.length).toBeGreaterThan(8);
    expect(kept.length).toBeLessThan(24);
    const again = await runOf('soft', { ...half, promptsPerRound: 32, preamble: 'Be right.\n' });
    expect((await examplesOf(again.run, lessons, 1)).taught).toEqual(taught);
  });

  it('is drawn by seed, round and item: larger shares keep what smaller ones kept, rounds draw anew, epochs do not', async () => {
    const { state, run } = await runOf('soft', { ...half, promptsPerRound: 32 });
    const lessons = lessonsOf(run, state, 1);
    const keptAt = async (demonstrationShare: number, round = 1, set: Set = {}) => {
      const plan = planOf('soft', { ...half, promptsPerRound: 32, demonstrationShare, ...set });
      const { examples } = await examplesOf(await RunContext.open(plan, fakePorts().ports), lessons, round);
      return examples.map((example) => shotsIn(example).length > 0);
    };
    const [few, many] = [await keptAt(0.3), await keptAt(0.7)];
    expect(few.every((isKept, i) => !isKept || many[i])).toBe(true);
    expect(many.filter(Boolean).length).toBeGreaterThan(few.filter(Boolean).length);
    expect(await keptAt(0.5, 2)).not.toEqual(await keptAt(0.5, 1));
    expect(await keptAt(0.5, 1, { demonstrationsKept: 3 })).toEqual(await keptAt(0.5, 1));
    const epochs = await keptAt(0.5, 1, { tokenDropout: 0.2 });
    expect(epochs.slice(0, 32)).toEqual(epochs.slice(32));
  });

  it('counts what had no room of the examples that should have kept some', async () => {
    const { state } = await runOf('soft', half, 45);
    const shots = roundOf(state, 1).shots?.train;
    expect(shots?.bare).toBe(shots?.prompts);
    expect(shots?.prompts).toBeLessThan(16);
    expect(shots?.prompts).toBeGreaterThan(0);
  });

  it('is what the trained texts say, byte for byte', async () => {
    for (const tokenDropout of [0, 0.3]) {
      const { state, run, trained } = await runOf('soft', { ...half, preamble: 'Be right.\n', tokenDropout });
      const texts = await trainedTexts(run, state, 2, (rows) => Promise.resolve(rows.map(textOf)));
      expect(texts).toEqual(
        trained[1]?.map(({ promptIds, completionIds }) => ({
          prompt: textOf(promptIds),
          completion: textOf(completionIds),
        })),
      );
    }
  });
});
