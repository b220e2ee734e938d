/** Labels chosen among the task's own: a model that leans to one label, and what calibration and alignment make of it. */
import { expect, test } from 'vitest';
import { shapeOf } from '../../src/method/agenda.ts';
import { evaluate } from '../../src/method/evaluate.ts';
import { requestsOf } from '../../src/method/requests.ts';
import { RunContext } from '../../src/method/run-context.ts';
import { scoredLabels } from '../../src/method/scored-label.ts';
import { NEW_RUN } from '../../src/method/state.ts';
import type { ScoreRow } from '../../src/words/engine.ts';
import type { MethodName } from '../../src/words/methods.ts';
import type { KnobsSet } from '../../src/words/knobs-set.ts';
import { armOf } from '../../src/words/plan.ts';
import { fakePorts, fakeTask, textOf } from './fake-ports.ts';

const TOPICS: ReadonlyMap<string, string> = new Map([
  ['apple', 'red'],
  ['leaf', 'green'],
  ['sky', 'blue'],
]);

/** Says "red" four nats too readily, and knows the rest by one. */
function leaning({ promptIds, completionIds }: ScoreRow): number {
  const prompt = textOf(promptIds);
  const asked = prompt.slice(prompt.lastIndexOf('Thing:'));
  const label = textOf(completionIds).trim();
  const isRight = [...TOPICS].some(([word, colour]) => colour === label && asked.includes(word));
  return -8 + (label === 'red' ? 4 : 0) + (isRight ? 1 : 0);
}

async function labelled(set: KnobsSet, areAll = true) {
  const rows: ScoreRow[] = [];
  const { ports } = fakePorts();
  const plan = { task: fakeTask(), arm: armOf('arm', 'soft', { ...set, promptsPerRound: 12 }), seed: 3 };
  const run = await RunContext.open(plan, {
    ...ports,
    score: (_, asked) => {
      rows.push(...asked);
      const each = (row: ScoreRow) => row.completionIds.map(() => leaning(row) / row.completionIds.length);
      return Promise.resolve(asked.map((row) => ({ logprobs: each(row), entropies: each(row) })));
    },
  });
  const prompts = await Promise.all(run.prompts.map((item) => run.labelled(item, 'label', 1)));
  const said = await scoredLabels(run, null, prompts, { mode: 'few-shot', areAll });
  return {
    said: said.map(({ answer }) => answer),
    keys: run.prompts.map(({ row }) => row.output),
    rows,
    prompts,
  };
}

test('the likeliest label is the leaning, as it is', async () => {
  const { said } = await labelled({ decoding: 'constrained' });
  expect(new Set(said)).toEqual(new Set(['red']));
});

test('calibration takes the leaning out, with the same demonstrations before what says nothing', async () => {
  const { said, keys, rows, prompts } = await labelled({ decoding: 'calibrated' });
  expect(said).toEqual(keys);
  const free = rows.map(({ promptIds }) => textOf(promptIds)).filter((text) => text.endsWith('N/A\nColour:'));
  const before = (text: string) => text.slice(0, text.lastIndexOf('Thing:'));
  expect(new Set(free.map(before))).toEqual(new Set(prompts.map(({ ids }) => before(textOf(ids)))));
});

test('alignment gives the prompts the shares of the pool; a refill is too few for that', async () => {
  const { said, keys } = await labelled({ decoding: 'aligned' });
  expect(new Set(said).size).toBe(3);
  const right = said.filter((label, i) => label === keys[i]).length;
  expect(right / keys.length).toBeGreaterThan(0.8);
  expect(new Set((await labelled({ decoding: 'aligned' }, false)).said)).toEqual(new Set(['red']));
});

/** What an arm's base answers few-shot, and how many rows of scores it took. */
async function asked(method: MethodName, set: KnobsSet) {
  const rows: ScoreRow[] = [];
  const { ports } = fakePorts();
  const arm = armOf('arm', method, {
    ...set,
    constrained: false,
    fewShotItems: 12,
    testItems: 12,
    promptsPerRound: 12,
  });
  const run = await RunContext.open(
    { task: fakeTask(), arm, seed: 3 },
    {
      ...ports,
      score: (_, some) => {
        rows.push(...some);
        const each = (row: ScoreRow) => row.completionIds.map(() => leaning(row) / row.completionIds.length);
        return Promise.resolve(some.map((row) => ({ logprobs: each(row), entropies: each(row) })));
      },
    },
  );
  for await (const event of evaluate(run, NEW_RUN, 0)) {
    if (event.type !== 'evaluated' || event.evaluation.split !== 'test') continue;
    if (event.evaluation.mode === 'few-shot') return { ...event.evaluation, rows: rows.length };
  }
  throw new Error('not asked');
}

test('an arm that trains nobody answers few-shot as its decoding says; one that trains answers freely', async () => {
  const leaned = await asked('icl', { decoding: 'constrained' });
  expect(new Set(leaned.predictions.map(({ answer }) => answer))).toEqual(new Set(['red']));
  expect(leaned.rows).toBe(12 * 3);
  const calibrated = await asked('icl', { decoding: 'calibrated' });
  expect(calibrated.predictions.every(({ isExact, isFinished }) => isExact && isFinished)).toBe(true);
  expect(calibrated.rows).toBe(2 * 12 * 3);
  expect((await asked('icl', {})).rows).toBe(0);
  expect((await asked('soft', { decoding: 'calibrated' })).rows).toBe(0);
});

test('what is foreseen of it are scores alone', () => {
  const shape = shapeOf(fakeTask());
  const kinds = (set: KnobsSet) =>
    requestsOf(armOf('arm', 'icl', { ...set, constrained: false }), shape)
      .filter(({ split, prompt }) => split === 'test' && prompt === 'few-shot')
      .map(({ kind }) => kind);
  expect(kinds({})).toEqual(['generate']);
  expect(kinds({ decoding: 'constrained' })).toEqual(['score']);
  expect(kinds({ decoding: 'calibrated' })).toEqual(['score', 'score']);
});
