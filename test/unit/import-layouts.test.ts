/** @file The table of layouts, and what a person may say of an import beside it: marks, groups, templates, several labels. */
import { describe, expect, it } from 'vitest';
import { SPLITS } from '../../src/words/task.ts';
import type { Task } from '../../src/words/task.ts';
import { importTask } from '../../src/formats/import/import-task.ts';
import { LAYOUTS } from '../../src/formats/import/layouts.ts';
import { reportLines, fileReportLines } from '../../src/formats/import/report.ts';
import { finalAnswer, isExact } from '../../src/metrics/metrics.ts';
import { expectLabError } from './formats-expect.ts';
import { file } from './import-fixtures.ts';

const MILLS = ['wind', 'water', 'hand', 'paper', 'saw'];
const mill = (i: number): string => `The ${MILLS[i % 5] ?? ''} mill number ${i} turns`;
const rows = (count: number, make: (i: number) => object) =>
  file('mills.jsonl', Array.from({ length: count }, (_, i) => JSON.stringify(make(i))).join('\n'));
const splitOf = (task: Task, text: string) =>
  SPLITS.filter((split) => task.splits[split].some(({ input }) => input === text));

describe('the table of layouts', () => {
  it('gives each a name of its own, an example and what it is not', () => {
    expect(new Set(LAYOUTS.map(({ name }) => name)).size).toBe(LAYOUTS.length);
    for (const { example, isNot } of LAYOUTS) expect([example, isNot]).not.toContain('');
  });

  it('tells the best match with what was seen, the next best, and every column that is not used', () => {
    const data = rows(80, (i) => ({
      text: mill(i),
      speed: i % 2 ? 'fast' : 'slow',
      label: i % 3 ? 'on' : 'off',
      owner: `o${i}`,
    }));
    const [shown] = importTask([data]).report.files;
    expect(shown?.layout).toMatchObject({ name: 'a text with a label' });
    expect(shown?.layout?.because).toContain('"label" has 2 different values');
    expect(shown?.layout?.runnerUp).toBeDefined();
    expect(shown?.unused).toEqual(['speed', 'owner']);
    expect(fileReportLines(shown === undefined ? [] : [shown]).join('\n')).toContain(
      'not used: speed, owner',
    );
  });

  it('never takes a rejected answer, nor one that was not approved', () => {
    const pairs = importTask([
      rows(80, (i) => ({ prompt: mill(i), chosen: `yes ${i}`, rejected: `no ${i}` })),
    ]).task;
    const approved = importTask([
      rows(120, (i) => ({ prompt: mill(i), completion: `${i % 2 ? 'yes' : 'no'} ${i}`, label: i % 2 === 1 })),
    ]).task;
    for (const task of [pairs, approved])
      for (const split of SPLITS) for (const { output } of task.splits[split]) expect(output).toMatch(/^yes/);
  });

  it('keeps each of a passage’s questions with its own answer', () => {
    const data = rows(40, (i) => ({
      story: mill(i),
      questions: [`what ${i}`, `who ${i}`],
      answers: [`corn ${i}`, `Ann ${i}`],
    }));
    for (const { input, output } of importTask([data]).task.splits.pool)
      expect(output.startsWith(input.includes('what') ? 'corn' : 'Ann')).toBe(true);
  });

  it('ends a refusal in a line to paste', async () => {
    const unclear = rows(60, (i) => ({ p: mill(i), q: mill(i + 70), r: mill(i + 140) }));
    await expectLabError(() => importTask([unclear]), 'import-refused', '--columns input=', '"The wind mill');
  });
});

describe('labels', () => {
  it('of one spelling but for case and spaces are one, and that is told', () => {
    const made = importTask([
      rows(80, (i) => ({ text: mill(i), label: ['Fast', 'fast ', 'very_slow', 'Very slow', 'Fast'][i % 5] })),
    ]);
    expect(made.task.definition.labels).toHaveLength(2);
    expect(reportLines(made).join('\n')).toContain('"Fast" (32), "fast" (16)');
  });

  it('of several to a row are refused, or left out where a person says so', async () => {
    const data = rows(120, (i) => ({ text: mill(i), label: i % 4 === 0 ? ['a', 'b'] : [i % 2 ? 'a' : 'b'] }));
    await expectLabError(
      () => importTask([data]),
      'import-refused',
      '30 of 120 rows have several labels',
      '--several-labels',
    );
    const { rejected } = importTask([data], { severalLabels: 'reject' }).report;
    expect(rejected.filter(({ reason }) => reason === 'several-labels')).toHaveLength(30);
  });

  it('that mark parts of a text are refused as such', async () => {
    const data = rows(60, (i) => ({ text: mill(i), label: [[0, 3, 'PART']] }));
    await expectLabError(() => importTask([data]), 'import-refused', 'mark parts of a text');
  });

  it('left alone, gone in most rows, or lacking in a split are warned of', () => {
    const data = rows(200, (i) => ({
      text: i % 3 ? `mill ${i % 7}` : mill(i),
      label: i === 3 ? 'rare' : i % 2 ? 'a' : 'b',
    }));
    const { warnings } = importTask([data], { kind: 'classification' }).report;
    expect(warnings.join('\n')).toMatch(/Most rows go: \d+ of 200.*stands twice/);
    expect(warnings.join('\n')).toMatch(/No row of the \w+ shows the label rare/);
  });
});

describe('what a person says', () => {
  it('keeps the rows of one group in one split, and test rows whatever the seed', () => {
    const data = rows(300, (i) => ({ text: mill(i), label: i % 2 ? 'a' : 'b', miller: `m${i >> 2}` }));
    const tests = [1, 2, 3].map((seed) => importTask([data], { keepTogether: 'miller', seed }).task);
    for (const task of tests)
      for (let i = 0; i < 300; i += 4) expect(splitOf(task, mill(i))).toEqual(splitOf(task, mill(i + 3)));
    const held = tests.map(({ splits }) => splits.test.map(({ input }) => input).sort());
    expect(held[1]).toEqual(held[0]);
    expect(held[2]).toEqual(held[0]);
  });

  it('scores what stands after a mark, and the task says so', () => {
    const data = rows(80, (i) => ({ question: mill(i), answer: `${i} and 2\n#### ${i + 2},000` }));
    const { definition, splits } = importTask([data], { answerAfter: '####' }).task;
    expect(definition).toMatchObject({ metric: 'exact_match', answerAfter: '####' });
    const [row] = splits.pool;
    const key = finalAnswer(row?.output ?? '', '####');
    expect(key).toMatch(/^\d+$/);
    const said = (answer: string) => row !== undefined && isExact('generation', answer, row, '####');
    expect([said(`other working #### $${key ?? ''}.`), said(`#### -${key ?? ''}`), said(key ?? '')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('mends a template that ends with a space, and refuses one without its input', async () => {
    const data = rows(80, (i) => ({ text: mill(i), label: i % 2 ? 'a' : 'b' }));
    const { task, report } = importTask([data], { template: 'Mill: {input}\\nState: ' });
    expect(task.definition.template).toBe('Mill: {input}\nState:');
    expect(report.notes.join(' ')).toContain('ended with a space');
    await expectLabError(() => importTask([data], { template: 'Mill:' }), 'import-refused', '{input}');
  });
});
