/** @file Readiness: its word of made-up answers, one fault and its remedies each, and the sample it asks for. */
import { describe, expect, it } from 'vitest';
import type { ReadinessSample, SampleAnswer } from '../../src/analysis/readiness/sample.ts';
import { askSample, sampleRows } from '../../src/analysis/readiness/sample.ts';
import { chooseTemplate, wordingsFor } from '../../src/analysis/readiness/templates.ts';
import { readinessOf, wordsFor } from '../../src/analysis/readiness/word.ts';
import { armOf } from '../../src/words/plan.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';

const LABELS = ['red', 'green', 'blue'];
const plan = (set: Readonly<Record<string, unknown>> = {}, task = fakeTask()) => ({
  ...{ task, seed: 1 },
  arm: armOf('soft', 'soft', { rounds: 2, promptsPerRound: 16, ...set }),
});

const keyOf = (i: number): string => LABELS[i % LABELS.length] ?? '';
const answer = (i: number, said: string, fault: Partial<SampleAnswer> = {}): SampleAnswer => ({
  ...{ id: `v-${i}`, split: 'validation', key: keyOf(i), answer: said, isFinished: true },
  ...{ isLabel: LABELS.includes(said), right: Number(said === keyOf(i)), constrained: null },
  ...fault,
});
const all = (say: (i: number) => SampleAnswer): SampleAnswer[] =>
  Array.from({ length: 12 }, (_, i) => say(i));
const RIGHT = all((i) => answer(i, keyOf(i)));
const sample = (few: readonly SampleAnswer[], more: Partial<ReadinessSample> = {}): ReadinessSample => ({
  answers: { 'few-shot': few, 'zero-shot': RIGHT },
  ...{ shots: { wanted: 3, shown: 3 }, maxNewTokens: 8, prompts: { needed: 32, seen: 60, fit: 60 } },
  ...more,
});
const told = (found: ReadinessSample, of = plan()) => {
  const { word, reasons } = readinessOf(of, found);
  return {
    word,
    codes: reasons.map(({ code }) => code),
    remedies: reasons.flatMap(({ remedies }) => remedies),
  };
};

describe('the word', () => {
  it('is ready where nothing is wrong', () => {
    expect(told(sample(RIGHT))).toEqual({ word: 'ready', codes: [], remedies: [] });
  });

  it('of prompts that do not suffice: sizes that do', () => {
    const { word, codes, remedies } = told(sample(RIGHT, { prompts: { needed: 32, seen: 60, fit: 20 } }));
    expect([word, codes]).toEqual(['not ready', ['sizes']]);
    expect(remedies).toEqual([
      { kind: 'knobs', words: '2 rounds of 10', set: { rounds: 2, promptsPerRound: 10 } },
      { kind: 'knobs', words: '1 round of 16', set: { rounds: 1, promptsPerRound: 16 } },
    ]);
  });

  it('of demonstrations that do not fit: as many as do, or a larger model', () => {
    const { word, codes, remedies } = told(sample(RIGHT, { shots: { wanted: 3, shown: 1.6 } }));
    expect([word, codes]).toEqual(['doubtful', ['context']]);
    expect(remedies).toMatchObject([{ set: { demonstrations: 1 } }, { kind: 'model' }]);
  });

  it('of answers that are no labels: the words that the model says, constraining, templates', () => {
    const said: Readonly<Record<string, string>> = { red: 'fruit', green: 'plant', blue: 'air' };
    const { word, codes, remedies } = told(sample(all((i) => answer(i, said[keyOf(i)] ?? ''))));
    expect([word, codes]).toEqual(['not ready', ['no-label']]);
    expect(remedies).toMatchObject([
      { kind: 'labels', names: said },
      { kind: 'knobs', set: { decoding: 'constrained' } },
      { kind: 'templates' },
      { kind: 'knobs', set: { demonstrations: 6 } },
      { kind: 'model' },
    ]);
  });

  it('of answers that do not end', () => {
    const found = sample(all((i) => answer(i, 'and so on', { isFinished: false, isLabel: false })));
    expect(told(found)).toMatchObject({ word: 'not ready', codes: ['too-long'] });
    const generating = fakeTask();
    const task = {
      ...generating,
      definition: { ...generating.definition, kind: 'generation', labels: [] },
    } as const;
    expect(told(found, plan({}, task)).remedies[0]).toMatchObject({ set: { maxNewTokens: 16 } });
  });

  it('of one answer to all, and of answers no better than drawn', () => {
    expect(told(sample(all((i) => answer(i, 'red'))))).toMatchObject({
      word: 'doubtful',
      codes: ['all-same'],
    });
    expect(told(sample(all((i) => answer(i, keyOf(i + 1)))))).toMatchObject({
      ...{ word: 'doubtful', codes: ['chance'] },
    });
  });

  it('goes by the likeliest label where the run does', () => {
    const few = all((i) => answer(i, 'nothing', { constrained: 1 }));
    expect(told(sample(few), plan({ decoding: 'constrained' })).word).toBe('ready');
  });

  it('of a template that ends with a space: without it', () => {
    const task = fakeTask();
    const spaced = { ...task, definition: { ...task.definition, template: 'Thing: {input}\nColour: ' } };
    expect(told(sample(RIGHT), plan({}, spaced))).toMatchObject({
      ...{ codes: ['template'], remedies: [{ kind: 'template', template: 'Thing: {input}\nColour:' }] },
    });
  });

  it('of too few rows is a doubt, never a yes', () => {
    expect(told(sample(RIGHT.slice(0, 7)))).toMatchObject({ word: 'doubtful', codes: ['no-sample'] });
  });

  it('of zero-shot tells why it begins low', () => {
    const zero = all((i) => answer(i, 'the colour'));
    const found = sample(RIGHT, { answers: { 'few-shot': RIGHT, 'zero-shot': zero } });
    expect(told(found)).toMatchObject({ word: 'ready', codes: ['zero-shot'] });
  });
});

it('labels are named only by words that tell them apart', () => {
  expect(
    wordsFor(
      LABELS,
      all((i) => answer(i, 'thing')),
    ),
  ).toBeNull();
  expect(wordsFor(LABELS, RIGHT)).toBeNull();
});

it('no test row is asked, and a seed draws the same rows', async () => {
  const ports = fakePorts().ports;
  const found = await askSample(plan(), ports, 30);
  const { 'few-shot': few, 'zero-shot': zero } = found.answers;
  expect(few.map(({ id }) => id)).toEqual(sampleRows(plan(), 30).map(({ row }) => row.id));
  expect(few).toHaveLength(30);
  expect(new Set([...few, ...zero].map(({ split }) => split))).toEqual(
    new Set(['validation', 'probe', 'pool']),
  );
  expect(found.prompts).toMatchObject({ needed: 32 });
  expect(await askSample(plan(), fakePorts().ports, 30)).toEqual(found);
});

describe('the prompt doctor', () => {
  it('tries the own template first, each wording once, and chat only where the model has it', () => {
    const { definition } = fakeTask();
    const plain = wordingsFor({ ...definition, template: 'Text: {input}\nLabel:' }, false);
    expect(plain[0]).toMatchObject({ name: 'own', template: 'Text: {input}\nLabel:' });
    expect(new Set(plain.map(({ template }) => template)).size).toBe(plain.length);
    expect(wordingsFor(definition, true).filter(({ chat }) => chat === 'turns')).toHaveLength(1);
  });

  /** Right only behind these words, else wrong. */
  const onlyBehind = (words: string) => {
    const { ports } = fakePorts();
    const asked: string[] = [];
    const generate: typeof ports.generate = async function* ({ rows }) {
      for (const { key, ids } of rows) {
        asked.push(await Promise.resolve(key));
        const text = String.fromCharCode(...ids);
        const row = Object.values(fakeTask().splits)
          .flat()
          .find(({ id }) => id === key);
        const isKnown = text.endsWith(words);
        yield {
          key,
          ids: [1],
          logprobs: [0],
          text: isKnown ? ` ${row?.output ?? ''}` : ' none',
          finishReason: 'eos',
        };
      }
    };
    return { ports: { ...ports, generate }, asked };
  };

  it('names what is better on rows that did not choose it, and counts the labels it used', async () => {
    const { ports, asked } = onlyBehind('Sentiment:');
    const choice = await chooseTemplate(plan(), ports, { wanted: 32, hasChat: false });
    expect(choice.best).toMatchObject({ template: 'Review: {input}\nSentiment:' });
    expect(choice.labelsUsed).toEqual([
      { split: 'validation', rows: 12 },
      { split: 'pool', rows: 20 },
    ]);
    expect(asked.every((id) => !id.startsWith('test'))).toBe(true);
    expect([choice.judgement, choice.winner]).toEqual(['higher', choice.best]);
  });

  it('keeps the own template where none is better', async () => {
    const { ports } = onlyBehind('Colour:');
    const choice = await chooseTemplate(plan(), ports, { wanted: 32, hasChat: false });
    expect([choice.best, choice.winner]).toEqual([null, null]);
  });
});
