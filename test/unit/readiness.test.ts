/** @file Readiness: its word of made-up answers, one fault and its remedies each, and the sample it asks for. */
import { describe, expect, it } from 'vitest';
import type { SampleAnswer } from '../../src/analysis/readiness/ask-rows.ts';
import { sampleRows } from '../../src/analysis/readiness/ask-rows.ts';
import { wordsFor } from '../../src/analysis/readiness/remedies.ts';
import type { ReadinessSample } from '../../src/analysis/readiness/sample.ts';
import { askSample } from '../../src/analysis/readiness/sample.ts';
import { chooseTemplate, wordingsFor } from '../../src/analysis/readiness/templates.ts';
import { readinessOf } from '../../src/analysis/readiness/word.ts';
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
      { kind: 'labels', names: said, isSaid: true },
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

  it('names the likeliest label as a remedy only where it was right more often than guessing, and else says so', () => {
    const of = (constrainedRight: number) =>
      sample(
        Array.from({ length: 24 }, (_, i) =>
          answer(i, 'nothing', { constrained: Number(i < constrainedRight) }),
        ),
      );
    const wordsOf = (found: ReadinessSample) => readinessOf(plan(), found).reasons.map(({ text }) => text);
    // A third of three labels is what drawing them gives; a little more is within its noise.
    for (const right of [7, 10]) {
      const found = of(right);
      expect(told(found).remedies.map(({ words }) => words)).not.toContainEqual(
        expect.stringContaining('likeliest label'),
      );
      expect(told(found).remedies.map(({ kind }) => kind)).toEqual(['labels', 'templates', 'knobs', 'model']);
      expect(wordsOf(found).join()).toMatch(
        /The likeliest label is right in 0\.\d+, no better than guessing \(0\.\d+\): other demonstrations,/,
      );
    }
    expect(told(of(20)).remedies.map(({ words }) => words)).toContainEqual(
      expect.stringMatching(/^Take the likeliest label: 0\.83/),
    );
    expect(wordsOf(of(20)).join()).not.toContain('guessing');
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
    expect(told(sample(RIGHT.slice(0, 3)))).toMatchObject({ word: 'doubtful', codes: ['no-sample'] });
    const some = RIGHT.slice(0, 5).map((one, i) => ({ ...one, right: Number(i < 3) }));
    const { word, codes, remedies } = told(sample(some));
    expect([word, codes]).toEqual(['doubtful', ['few-rows']]);
    expect(remedies).toMatchObject([{ kind: 'rows', rows: 20 }, { kind: 'knobs' }, { kind: 'templates' }]);
    // Two of four is within the noise of a third, and yet no proof that there is nothing to learn.
    const half = RIGHT.slice(0, 4).map((one, i) => ({ ...one, right: Number(i < 2) }));
    expect(told(sample(half)).codes).toEqual(['few-rows']);
    const many = Array.from({ length: 16 }, (_, i) => answer(i, keyOf(i), { right: Number(i < 7) }));
    expect(told(sample(many)).codes).toEqual(['chance']);
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
  const found = await askSample(plan(), ports, { rows: 30, seconds: null });
  const { 'few-shot': few, 'zero-shot': zero } = found.answers;
  expect(few.map(({ id }) => id)).toEqual(sampleRows(plan(), 30).map(({ row }) => row.id));
  expect(few).toHaveLength(30);
  expect(new Set([...few, ...zero].map(({ split }) => split))).toEqual(
    new Set(['validation', 'probe', 'pool']),
  );
  expect(found.prompts).toMatchObject({ needed: 32 });
  expect(await askSample(plan(), fakePorts().ports, { rows: 30, seconds: null })).toEqual(found);
});

describe('time', () => {
  /** Each answer takes a second. */
  const slow = () => {
    const { ports } = fakePorts();
    let now = 0;
    const generate: typeof ports.generate = async function* (request) {
      for await (const completion of ports.generate(request)) {
        now += 1000;
        yield completion;
      }
    };
    return { ...ports, generate, now: () => now };
  };
  const asked = async (seconds: number | null) => {
    const { answers } = await askSample(plan(), slow(), { rows: 30, seconds });
    return answers['few-shot'];
  };

  it('decides how many rows are asked: at least four, then what there is time for, and all without a limit', async () => {
    expect((await asked(1)).length).toBe(4);
    // Four take eight seconds in both ways of asking.
    expect((await asked(20)).length).toBe(8);
    expect((await asked(24)).length).toBe(12);
    expect((await asked(null)).length).toBe(30);
  });

  it('decides nothing else: of fewer rows the same is told', async () => {
    const plain = (answers: readonly SampleAnswer[]) => answers.map((one) => ({ ...one, constrained: null }));
    expect(plain(await asked(24))).toEqual(plain(await asked(null)).slice(0, 12));
  });

  it('is told as soon as the first rows are answered few-shot, and whenever more is known', async () => {
    const told: string[] = [];
    const onSeen = (seen: ReadinessSample) => {
      const { 'few-shot': few, 'zero-shot': zero } = seen.answers;
      const scored = few.filter(({ constrained }) => constrained !== null).length;
      told.push(`${few.length} few, ${zero.length} zero, ${scored} scored`);
      expect(readinessOf(plan(), seen).word).not.toBe('not ready');
    };
    await askSample(plan(), fakePorts().ports, { rows: 20, seconds: null, onSeen });
    const [first, second] = told;
    expect([first, second]).toEqual(['4 few, 0 zero, 0 scored', '4 few, 4 zero, 0 scored']);
    expect(told.at(-1)).toMatch(/^20 few, 20 zero/);
  });

  it('goes on past the limit to the least that is wanted', async () => {
    const told: number[] = [];
    const onSeen = ({ answers }: ReadinessSample) => told.push(answers['few-shot'].length);
    await askSample(plan(), slow(), { rows: 30, seconds: 1, least: 16, onSeen });
    expect([...new Set(told)]).toEqual([4, 8, 16]);
  });

  it('scores labels before the word where the run goes by them', async () => {
    const told: (number | null)[][] = [];
    const onSeen = ({ answers }: ReadinessSample) =>
      told.push(answers['few-shot'].map(({ constrained }) => constrained));
    await askSample(plan({ decoding: 'constrained' }), slow(), { rows: 4, seconds: 1, onSeen });
    expect(told.flat()).not.toContain(null);
  });
});

describe('the prompt doctor', () => {
  it('tries the own template first, each wording once, and chat only where the model has it', () => {
    const task = fakeTask();
    const texts = { ...task, definition: { ...task.definition, template: 'Text: {input}\nLabel:' } };
    const plain = wordingsFor(plan({}, texts), false);
    expect(plain[0]).toMatchObject({ name: 'own', template: 'Text: {input}\nLabel:' });
    expect(new Set(plain.map(({ template }) => template)).size).toBe(plain.length);
    expect(wordingsFor(plan(), true).filter(({ chat }) => chat === 'turns')).toHaveLength(1);
    expect(wordingsFor(plan({ tokenDropout: 0.1 }), true).every(({ chat }) => chat === 'off')).toBe(true);
    // Where the run is a chat, that is the own way, and plain text is another.
    const inChat = wordingsFor(plan({ chat: 'turns' }), true);
    expect(inChat.filter(({ chat }) => chat === 'off')).toMatchObject([{ name: 'own, plain text' }]);
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
    const choice = await chooseTemplate(plan(), ports, { rows: 32, hasChat: false });
    expect(choice.best).toMatchObject({ template: 'Review: {input}\nSentiment:' });
    expect(choice.labelsUsed).toEqual([
      { split: 'validation', rows: 12 },
      { split: 'pool', rows: 20 },
    ]);
    expect(asked.every((id) => !id.startsWith('test'))).toBe(true);
    expect([choice.judgement, choice.winner]).toEqual(['higher', choice.best]);
  });

  it('asks those no more that are worse than the own one, or than half of the others', async () => {
    const { ports } = onlyBehind('Colour:');
    const told: number[] = [];
    const { tried } = await chooseTemplate(plan(), ports, {
      ...{ rows: 32, hasChat: false },
      onProgress: ({ asked, most }) => {
        expect(asked).toBeLessThanOrEqual(most);
        told.push(asked);
      },
    });
    const [own, ...others] = tried;
    expect(own).toMatchObject({ first: 1, rows: 16 });
    const rows = others.map((one) => one.rows);
    expect(Math.min(...rows)).toBe(8);
    // Those that read "Colour:" too are as good as the own one.
    for (const one of others) if (one.rows === 16) expect(one.template).toContain('Colour:');
    expect(told.at(-1)).toBe(16 + rows.reduce((sum, count) => sum + count, 0));
  });

  it('keeps the own template where none is better', async () => {
    const { ports } = onlyBehind('Colour:');
    const choice = await chooseTemplate(plan(), ports, { rows: 32, hasChat: false });
    expect([choice.best, choice.winner]).toEqual([null, null]);
  });
});
