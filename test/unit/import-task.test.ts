/** @file Files to tasks: published splits kept, the rest drawn without doubles; nothing disappears untold. */
import type { ImportFile } from '../../src/words/importing.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/words/task.ts';
import { SPLITS } from '../../src/words/task.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { importTask, previewImport } from '../../src/formats/import/import-task.ts';
import { normalisedInput } from '../../src/formats/import/doubles.ts';
import { parseSizes, type ImportOptions } from '../../src/formats/import/options.ts';
import { reportLines } from '../../src/formats/import/report.ts';
import { readTask, writeTaskFiles } from '../../src/formats/task-folder.ts';
import { expectLabError } from './formats-expect.ts';
import { file, openQuestions, questions, reviews, seedTasks, truths } from './import-fixtures.ts';

const NAMES = new Map([
  ['0', 'bad'],
  ['1', 'good'],
]);
const inputs = (task: Task) => SPLITS.flatMap((split) => task.splits[split].map(({ input }) => input));
const sizes = ({ splits }: Task) => SPLITS.map((split) => splits[split].length);

async function readBack(files: readonly ImportFile[], options: ImportOptions): Promise<[Task, Task]> {
  const { task, extra } = importTask(files, options);
  const written = [...writeTaskFiles(task, extra)];
  const bytes = new Map(written.map(([path, text]) => [path, new TextEncoder().encode(text)]));
  return [await readTask(memorySource(bytes)), task];
}

describe('a file whose columns tell nothing', () => {
  const rows = Array.from({ length: 120 }, (_, i) => `${i % 3},${i},v${i}`);
  const sums = file('sums.csv', ['x,y,z', ...rows].join('\n'));

  it('is shown with its columns, so that a person can say what they are, one after the other', () => {
    const { files, problem } = previewImport([sums]);
    expect(problem?.remedy).toContain('--columns');
    expect(files[0]?.columns.map(({ name }) => name)).toEqual(['x', 'y', 'z']);
    const roles = { input: [], choices: [], correct: [], incorrect: [], references: null, group: null };
    const half = previewImport([sums], { columns: { ...roles, output: 'x' } });
    expect(half.files[0]?.mapping.output).toBe('x');
    expect(half.problem).not.toBeNull();
    const whole = previewImport([sums], { columns: { ...roles, input: ['z'], output: 'x' } });
    expect(whole.problem).toBeNull();
  });
});

describe('an imported task', () => {
  it.each([
    ['labels', [reviews('all.tsv', 300)], { labelNames: NAMES }],
    ['choices', [truths(120)], {}],
    ['answers', [seedTasks(120)], {}],
    ['prompts alone', [openQuestions(80)], { pool: [seedTasks(120)] }],
    ['published splits', [reviews('train.tsv', 60), reviews('dev.tsv', 60, 100)], { labelNames: NAMES }],
  ])('of %s is a folder that reads back to the same task', async (_, files, options) => {
    const [read, made] = await readBack(files, options);
    expect(read).toEqual(made);
    expect(made.definition.role).toBe('imported');
  });

  it('is disjoint, the same for the same seed, and accounts for every row, whatever the rows', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', 'b', ' ', '?', 'ß', '"'), maxLength: 4 });
    const rows = fc.array(fc.tuple(text, fc.constantFrom('x', 'y', 'Z', '')), {
      minLength: 50,
      maxLength: 90,
    });
    fc.assert(
      fc.property(rows, fc.nat(1000), (drawn, seed) => {
        const all = [
          ...drawn.map(([input, output]) => ({ input, output })),
          ...Array.from({ length: 70 }, (_, i) => ({ input: `row ${i}`, output: i % 2 === 0 ? 'x' : 'y' })),
        ];
        const files = [file('rows.json', JSON.stringify(all))];
        const options = {
          seed,
          kind: 'classification' as const,
          labelNames: new Map([
            ['x', 'x'],
            ['y', 'y'],
          ]),
        };
        const first = importTask(files, options);
        expect(importTask(files, options)).toEqual(first);
        const kept = inputs(first.task).map(normalisedInput);
        expect(new Set(kept).size).toBe(kept.length);
        expect(kept.length + first.report.rejected.length + first.report.leftOver).toBe(all.length);
      }),
      { numRuns: 40 },
    );
  });

  it('has other rows in its splits with another seed', () => {
    const files = [reviews('all.tsv', 300)];
    const pool = (seed: number) =>
      importTask(files, { seed })
        .task.splits.pool.map(({ input }) => input)
        .sort();
    expect(pool(1)).not.toEqual(pool(2));
  });

  it('has every label in the same share in every split', () => {
    const { task } = importTask([questions('all.txt', 600)], {});
    expect(task.definition.labels).toEqual(['LOC', 'NUM']);
    for (const split of SPLITS) {
      const rows = task.splits[split];
      const share = rows.filter(({ output }) => output === 'LOC').length;
      expect(Math.abs(share - rows.length / 3)).toBeLessThanOrEqual(1);
    }
  });

  it('has full sizes where there are enough rows, and prompts from the rest', () => {
    expect(sizes(importTask([reviews('all.tsv', 9000)]).task)).toEqual([96, 6520, 128, 256, 2000]);
  });
});

describe('a large table', () => {
  it('of more rows than a call may have arguments is split like any other', () => {
    const { task } = importTask([reviews('all.tsv', 140_000)], { labelNames: NAMES });
    expect(sizes(task).reduce((sum, rows) => sum + rows, 0)).toBe(140_000);
  });
});

describe('published splits', () => {
  const train = reviews('train.tsv', 96);
  const dev = reviews('dev.tsv', 96, 1000);
  const test = reviews('test.tsv', 300, 2000);
  const numbers = (task: Task, split: 'prompts' | 'pool' | 'validation' | 'probe' | 'test') =>
    task.splits[split].map(({ input }) => Math.floor(Number(/\d+/.exec(input)?.[0]) / 1000));

  it('stay: train gives pool and prompts, dev validation and probe, test the test', () => {
    const { task } = importTask([train, dev, test], { labelNames: NAMES });
    expect(new Set([...numbers(task, 'pool'), ...numbers(task, 'prompts')])).toEqual(new Set([0]));
    expect(new Set([...numbers(task, 'validation'), ...numbers(task, 'probe')])).toEqual(new Set([1]));
    expect(task.splits.test).toHaveLength(300);
    expect(new Set(numbers(task, 'test'))).toEqual(new Set([2]));
  });

  it('keep a double where it is held out, and say where it stands', () => {
    const leaky = file(
      'train.tsv',
      `${new TextDecoder().decode(train.bytes)}Film number 2000  was seen\t1\n`,
    );
    const { task, report } = importTask([leaky, dev, test], { labelNames: NAMES });
    expect(task.splits.test).toHaveLength(300);
    expect(report.rejected).toMatchObject([{ file: 'train.tsv', line: 98, reason: 'duplicate' }]);
    expect(report.rejected[0]?.detail).toMatch(/test\.tsv line 2, with another answer/);
  });

  it('with labels that have nothing in common are refused until the labels are named', async () => {
    const named = file('test.txt', new TextDecoder().decode(questions('', 60).bytes));
    await expectLabError(() => importTask([train, named]), 'import-refused', 'train.tsv', 'LOC, NUM', '0=');
    const labelNames = new Map([
      ['0', 'LOC'],
      ['1', 'NUM'],
    ]);
    expect(importTask([train, named], { labelNames }).task.definition.labels).toEqual(['LOC', 'NUM']);
  });
});

describe('sizes that a person gives', () => {
  const pool = [reviews('train.tsv', 32), reviews('dev.tsv', 32, 1000)];
  const test = reviews('test.tsv', 500, 2000);
  const from = (task: Task, split: keyof Task['splits']) =>
    new Set(task.splits[split].map(({ input }) => Math.floor(Number(/\d+/.exec(input)?.[0]) / 1000)));

  it('are kept: what a published test has beyond its size is prompts and probe, whatever the seed the same test', () => {
    const options = { labelNames: NAMES, sizes: { pool: 32, test: 244, prompts: 192, probe: 64 } };
    const { task, report } = importTask([...pool, test], options);
    const { notes } = report;
    expect(sizes(task)).toEqual([32, 192, 32, 64, 244]);
    expect(from(task, 'pool')).toEqual(new Set([0]));
    expect(from(task, 'probe')).toEqual(new Set([2]));
    expect(notes.join(' ')).toContain('What test had beyond its size');
    expect(from(task, 'test')).toEqual(new Set([2]));
    expect(from(task, 'validation')).toEqual(new Set([1]));
    const other = importTask([...pool, test], { ...options, seed: 9 }).task;
    const texts = (one: Task) => one.splits.test.map(({ input }) => input).sort();
    expect(texts(other)).toEqual(texts(task));
    expect(other.splits.prompts).not.toEqual(task.splits.prompts);
    expect(new Set(inputs(task)).size).toBe(inputs(task).length);
  });

  it('beyond what there is are refused with what there is', async () => {
    await expectLabError(
      () => importTask([...pool, test], { labelNames: NAMES, sizes: { test: 490, prompts: 192, pool: 32 } }),
      'import-refused',
      '224 more rows',
      'test 490',
      '42 are free',
      '182 fewer',
    );
  });

  it('are written as pairs', async () => {
    expect(parseSizes('prompts=384, test=328')).toEqual({ prompts: 384, test: 328 });
    for (const wrong of ['train=3', 'test=-1', 'test=1,test=2', 'test', '']) {
      await expectLabError(() => parseSizes(wrong), 'import-refused', 'prompts=384,test=328');
    }
  });
});

describe('kinds', () => {
  it('labels are scored by exact match, with the columns’ names in the prompt', () => {
    const { definition } = importTask([reviews('all.tsv', 100)], { labelNames: NAMES }).task;
    expect(definition).toMatchObject({
      kind: 'classification',
      labels: ['bad', 'good'],
      template: 'Sentence: {input}\nLabel:',
      stop: '\n',
      k: 2,
      metric: 'exact_match',
    });
  });

  it('right and wrong answers in columns of their own are choices with one best', () => {
    const { task } = importTask([truths(120)]);
    expect(task.definition).toMatchObject({ kind: 'multiple-choice', metric: 'mc1', labels: [] });
    const row = task.splits.pool.find(({ input }) => input.startsWith('Is '));
    const n = /\d+/.exec(row?.input ?? '')?.[0] ?? '';
    expect(row?.output).toBe(`It may be ${n}`);
    expect(row?.choices).toEqual([
      { text: `It may be ${n}`, correct: true, best: true },
      { text: `Yes, ${n}`, correct: true },
      { text: 'No', correct: false },
      { text: `Never, ${n}`, correct: false },
    ]);
  });

  it.each([
    ['a number from 0', (i: number) => i % 3],
    ['a number from 1', (i: number) => (i % 3) + 1],
    ['a letter', (i: number) => 'ABC'.charAt(i % 3)],
    ['its text', (i: number) => ['red', 'green', 'blue'][i % 3]],
  ])('the right one of a list of choices may be named by %s', (_, answer) => {
    const rows = Array.from({ length: 90 }, (__, i) => ({
      question: `Colour ${i}?`,
      choices: ['red', 'green', 'blue'],
      answer: answer(i),
    }));
    const { task } = importTask([file('colours.json', JSON.stringify(rows))]);
    for (const { input, output } of task.splits.pool) {
      expect(output).toBe(['red', 'green', 'blue'][Number(/\d+/.exec(input)?.[0]) % 3]);
    }
  });

  it('choices without a wrong or a right one are rejected with the reason', () => {
    const data = file(
      'truths.csv',
      `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(truths(80).bytes)}A,Law,Odd?,Yes,Yes,,none\nA,Law,Twice?,Yes,Yes,Yes; No,none\n`,
    );
    const details = importTask([data]).report.rejected.map(({ reason, detail }) => `${reason}: ${detail}`);
    expect(details).toEqual([
      'choices: no wrong answer',
      'choices: "Yes" stands among the right and the wrong choices',
    ]);
  });

  it('free answers become one line and are scored by ROUGE-L, short ones by token F1', () => {
    const { task, report } = importTask([seedTasks(120)]);
    expect(task.definition).toMatchObject({ kind: 'generation', metric: 'rouge_l' });
    expect(task.splits.pool[0]?.output).toMatch(/^First \d+, then the rest of it\.$/);
    expect(report.notes.join(' ')).toContain('120 texts had line breaks');
    const short = Array.from({ length: 90 }, (_, i) => ({
      question: `What is ${i}?`,
      answer: [`n${i}`, `N ${i}`],
    }));
    const facts = importTask([file('facts.json', JSON.stringify(short))]).task;
    expect(facts.definition.metric).toBe('token_f1');
    expect(facts.splits.pool[0]?.references).toHaveLength(2);
  });
});

describe('rows without answers', () => {
  it('need a pool, and with one are prompts alone', async () => {
    await expectLabError(() => importTask([openQuestions(80)]), 'import-refused', '80 rows', '--pool');
    const { task } = importTask([openQuestions(80)], { pool: [seedTasks(120)] });
    expect(task.splits.prompts.filter(({ output }) => output === '')).toHaveLength(80);
    for (const split of ['pool', 'validation', 'test'] as const) {
      expect(task.splits[split].length).toBeGreaterThanOrEqual(8);
      expect(task.splits[split].every(({ output }) => output !== '')).toBe(true);
    }
  });

  it('among answered ones are prompts too, but are rejected from a published test', () => {
    const extra = (data: ImportFile) =>
      file(data.name, `${new TextDecoder().decode(data.bytes)}without a label\t\n`);
    const files = [
      extra(reviews('train.tsv', 60)),
      reviews('dev.tsv', 40, 100),
      extra(reviews('test.tsv', 40, 200)),
    ];
    const { task, report } = importTask(files, { labelNames: NAMES });
    expect(task.splits.prompts.filter(({ output }) => output === '').map(({ input }) => input)).toEqual([
      'without a label',
    ]);
    expect(report.rejected).toMatchObject([{ file: 'test.tsv', line: 42, reason: 'no-answer' }]);
  });
});

describe('too few rows', () => {
  it('are refused with the runs that are feasible', async () => {
    const few = [reviews('train.tsv', 20), reviews('dev.tsv', 40, 100)];
    await expectLabError(() => importTask(few, {}), 'import-refused', '20 usable', '3 x 8', '1 x 12, 2 x 6');
    const { task } = importTask(few, { rounds: 2, promptsPerRound: 6 });
    expect(task.splits.prompts).toHaveLength(12);
    await expectLabError(() => importTask([reviews('a.tsv', 8)], {}), 'import-refused', 'no run at all');
  });

  it('are refused for the run that was asked for, and the other splits shrink first', async () => {
    const files = [reviews('all.tsv', 300)];
    const { task } = importTask(files, { rounds: 3, promptsPerRound: 64 });
    expect(task.splits.prompts.length).toBeGreaterThanOrEqual(192);
    await expectLabError(
      () => importTask(files, { rounds: 7, promptsPerRound: 64 }),
      'import-refused',
      '7 x 64 (rounds x prompts) need 448',
      '3 x 92',
    );
  });
});

describe('a refusal of what is left', () => {
  it('tells where the other rows went, the commonest reason with a row of it, and what to paste', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `song ${i % 12},${i % 2 === 0 ? 'loud' : 'soft'}`);
    const doubled = file('a.csv', ['text,label', ...rows, ',loud'].join('\n'));
    await expectLabError(
      () => importTask([doubled], {}),
      'import-refused',
      '12 usable ones',
      'Of 61 rows 49 are rejected: stands twice 48, ',
      'as a.csv line 14: ',
    );
    await expectLabError(
      () => importTask([reviews('train.tsv', 20), reviews('dev.tsv', 40, 100)], {}),
      'import-refused',
      '--rounds 3 --prompts 4',
    );
  });

  it('of rows of which few have an answer speaks of answers, not of prompts', async () => {
    const rows = Array.from({ length: 90 }, (_, i) => `song ${i},${i < 10 ? ['loud', 'soft'][i % 2] : ''}`);
    const fault = await expectLabError(
      () => importTask([file('a.csv', ['text,label', ...rows].join('\n'))], {}),
      'import-refused',
      'Too few rows have an answer: 10 beside 80 without; pool 8, validation 8, test 8 need 24',
      '--pool FILE',
    );
    expect(fault.message).not.toContain('Feasible');
  });
});

it('answers with a marked final answer are told of, with what scores that alone, unless it is said', () => {
  const rows = Array.from({ length: 90 }, (_, i) => ({
    question: `Sum ${i}?`,
    answer: `So it is.\n#### ${i}`,
  }));
  const sums = file('sums.json', JSON.stringify(rows));
  const told = (options: ImportOptions) => importTask([sums], options).report.notes.join();
  expect(told({})).toContain(
    "90 of 90 answers end in #### and a final answer: to score that alone, --answer-after '####'",
  );
  expect(told({ answerAfter: '####' })).not.toContain('end in ####');
});

it('a column that rows are kept together by is used, and how many groups it makes is told', () => {
  const rows = Array.from(
    { length: 200 },
    (_, i) => `${Math.floor(i / 4)},song ${i},${i % 2 === 0 ? 'loud' : 'soft'}`,
  );
  const songs = file('a.csv', ['album,text,label', ...rows].join('\n'));
  const of = (options: ImportOptions) => importTask([songs], options).report;
  expect(of({}).files[0]?.unused).toEqual(['album']);
  const { files, notes } = of({ keepTogether: 'album' });
  expect(files[0]?.unused).toEqual([]);
  expect(notes).toContain('Rows are kept together in 50 groups, each in one split.');
});

describe('the preview', () => {
  it('shows columns with samples, the mapping and the task', () => {
    const { files, imported, problem } = previewImport([reviews('all.tsv', 100)]);
    expect(problem).toBeNull();
    expect(files[0]?.columns[0]).toEqual({
      name: 'sentence',
      samples: ['film number 0 was seen', 'film number 1 was seen', 'film number 2 was seen'],
      distinct: 100,
    });
    expect(files[0]?.mapping.output).toBe('label');
    expect(imported?.report.splits.pool.labels).toEqual({ '0': 7, '1': 8 });
    expect(imported?.report.notes.join(' ')).toContain('The labels are numbers');
  });

  it('still shows the files where there is no task, with the problem', () => {
    const { files, imported, problem } = previewImport([openQuestions(80)]);
    expect(files[0]?.columns.map(({ name }) => name)).toEqual(['question_id', 'category', 'turns']);
    expect(imported).toBeNull();
    expect(problem?.code).toBe('import-refused');
  });

  it('names a column that no file has', () => {
    const { problem } = previewImport([reviews('all.tsv', 100)], { columns: { output: 'mood' } });
    expect(problem?.message).toMatch(/"mood".*sentence, label/);
  });
});

describe('the report in words', () => {
  it('tells splits with labels, and rejected rows by reason', () => {
    const long = `sentence\tlabel\n${'long '.repeat(500)}\t1\nodd one\t7\n`;
    const made = importTask([reviews('all.tsv', 100), file('more.tsv', long)], { labelNames: NAMES });
    const text = reportLines(made).join('\n');
    expect(text).toMatch(/pool +15 {2}\(bad \d+, good \d+\)/);
    expect(text).toContain('rejected: 2 rows');
    expect(text).toContain('too-long: 1');
    expect(text).toContain('more.tsv line 3: "7" is none of bad, good');
  });
});
