/** @file The runs that ship with the page, as they lie in public/recorded. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { promptMaker } from '../../src/method/prompt-maker.ts';
import { promptSeen } from '../../src/store/questions/prompt-seen.ts';
import { readRunFile, writeRunFile } from '../../src/store/runs/run-file.ts';
import { withoutTexts } from '../../src/store/runs/without-texts.ts';
import { armsOf } from '../../src/store/setup/setup.ts';
import { RECORDED, RECORDED_NAMES, recordedPath } from '../../src/words/recorded.ts';
import { middleSeed } from '../../tools/results/middle-seed.ts';
import { fakePorts } from './fake-ports.ts';

const bytesOf = (name: (typeof RECORDED_NAMES)[number]) =>
  new Uint8Array(readFileSync(new URL(`../../public/${recordedPath(name)}`, import.meta.url)));

test.each(RECORDED_NAMES)(
  'that of %s is small, finished, of one seed, and without adapters’ numbers',
  (name) => {
    const bytes = bytesOf(name);
    expect(bytes.length).toBeLessThan(1_000_000);
    const { setup, status, events, model, task } = readRunFile(bytes, name);
    expect([model.name, task.definition.id]).toEqual([RECORDED[name].model, RECORDED[name].task]);
    expect([status, setup.seeds.length]).toEqual(['done', 1]);
    // Pairs, each of SOFT and the frozen teacher that differs in nothing else.
    const methods = setup.arms.map(({ method }) => method);
    expect(methods).toEqual(methods.map((_, i) => (i % 2 === 0 ? 'soft' : 'frozen-teacher')));
    const isOurs = task.definition.id !== 'sst2' && task.definition.id !== 'trec';
    // As is said where it is chosen.
    expect(RECORDED[name].isWithoutTexts).toBe(!isOurs);
    expect(task.areTextsLeftOut === true).toBe(!isOurs);
    for (const row of Object.values(task.splits).flat())
      expect(row.input === `(${row.id}: its text is not shipped)`).toBe(!isOurs);
    const trained = [...events.values()].flat().flatMap((event) => (event.type === 'trained' ? [event] : []));
    expect(trained.length).toBeGreaterThan(2);
    for (const { adapter } of trained)
      expect([adapter.pairs.size, typeof adapter.absent]).toEqual([0, 'string']);
  },
);

test('without texts, every word of the inputs is gone, all else stands, and no prompt is made of the names', async () => {
  const whole = readRunFile(bytesOf('gemma-3-270m'), 'gemma');
  const { pool, prompts, test: items } = whole.task.splits;
  const left = readRunFile(writeRunFile(withoutTexts(whole)), 'gemma, without texts');
  const said = JSON.stringify([left.task, [...left.events]]);
  for (const { input } of [...pool, ...prompts, ...items]) expect(said).not.toContain(JSON.stringify(input));
  const isText = new Set(['input', 'answer', 'said', 'ids', 'logprobs']);
  const scored = ({ events }: typeof whole) =>
    JSON.stringify([...events], (key, value: unknown) => (isText.has(key) ? undefined : value));
  const labels = ({ events }: typeof whole) =>
    [...events.values()]
      .flat()
      .flatMap((event) => (event.type === 'evaluated' ? event.evaluation.predictions : []))
      .map(({ answer }) => answer)
      .filter((answer) => whole.task.definition.labels.includes(answer));
  expect(labels(whole).length).toBeGreaterThan(100);
  expect(labels(left)).toEqual(labels(whole));
  expect(scored(left)).toBe(scored(whole));
  expect(left.task.splits.test.map(({ id, output }) => [id, output])).toEqual(
    items.map(({ id, output }) => [id, output]),
  );
  const [arm] = armsOf(left.setup);
  if (arm === undefined) throw new Error('no arm');
  const asked = promptMaker({ task: left.task, arm, seed: 1 }, fakePorts().ports);
  await expect(asked).rejects.toThrow('This run was recorded without the texts of topic-4');
  // People may be shown what stands in a text's place, whichever model is loaded.
  const [row] = left.task.splits.test;
  if (row === undefined) throw new Error('no row');
  const plan = { task: left.task, arm, seed: 1 };
  for (const ports of [null, fakePorts().ports]) {
    const seen = await promptSeen(plan, ports?.model.sha256 ?? '', row, 'few-shot', ports);
    expect(seen.isCertain).toBe(false);
    expect(JSON.stringify(seen.parts)).toContain(`(${row.id}: its text is not shipped)`);
  }
});

test('an answer that is no label may be the prompt again, and is left out with its tokens', () => {
  const whole = readRunFile(bytesOf('gemma-3-270m'), 'gemma');
  const parroting = new Map(
    [...whole.events].map(([key, events]) => [
      key,
      events.map((event) =>
        event.type === 'labelled'
          ? {
              ...event,
              samples: event.samples.map((one) => ({ ...one, answer: one.input, said: one.input })),
            }
          : event.type === 'evaluated'
            ? {
                ...event,
                evaluation: {
                  ...event.evaluation,
                  predictions: event.evaluation.predictions.map((one) => ({ ...one, answer: 'the words' })),
                },
              }
            : event,
      ),
    ]),
  );
  const events = [...withoutTexts({ ...whole, events: parroting }).events.values()].flat();
  const samples = events.flatMap((event) => (event.type === 'labelled' ? event.samples : []));
  expect(samples.length).toBeGreaterThan(50);
  for (const { answer, said, ids, logprobs } of samples)
    expect([answer, said, ids, logprobs]).toEqual(['(no label)', '(no label)', [], []]);
  expect(JSON.stringify(events)).not.toContain('the words');
  for (const { input } of whole.task.splits.prompts) expect(JSON.stringify(events)).not.toContain(input);
});

test('answers that are texts themselves cannot be left out', () => {
  const run = readRunFile(bytesOf('gemma-3-270m'), 'gemma');
  const { definition, ...task } = run.task;
  expect(() =>
    withoutTexts({ ...run, task: { ...task, definition: { ...definition, kind: 'generation' } } }),
  ).toThrow('topic-4 is no classification task');
});

test('nobody chooses the seed: it is the middle one', () => {
  const of = (...values: readonly number[]) => middleSeed(new Map(values.map((value, i) => [i + 1, value])));
  expect(of(0.3, -0.1, 0.05)).toBe(3);
  expect(of(0.3, 0.1, 0.2, 0.4)).toBe(3);
  expect(of(0.1, 0.1, 0.1)).toBe(2);
  expect(of()).toBeUndefined();
});
