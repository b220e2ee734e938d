/** @file Task folders: the shipped ones are read whole, and every fault names file, line and field. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/words/task.ts';
import { SPLITS } from '../../src/words/task.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { readTask, writeTaskFiles } from '../../src/formats/task-folder.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

const POOL = join(import.meta.dirname, '../../public/icl-pool');
const folders = (await readdir(POOL, { withFileTypes: true })).filter((entry) => entry.isDirectory());

const EXTRA = { fields: { input: 'Text', output: 'Tone' } };
const SMALL: Task = {
  definition: {
    id: 'small',
    description: 'Two tones.',
    kind: 'classification',
    role: 'imported',
    labels: ['good', 'bad'],
    template: 'Text: {input}\nTone:',
    stop: '\n',
    k: 2,
    metric: 'exact_match',
    licence: 'unknown',
  },
  splits: {
    pool: [
      { id: 'a', input: 'fine', output: 'good' },
      { id: 'b', input: 'awful', output: 'bad' },
    ],
    prompts: [{ id: 'c', input: 'so so', output: '' }],
    validation: [{ id: 'd', input: 'lovely', output: 'good' }],
    probe: [],
    test: [],
  },
};
const CHOICE: Task = {
  definition: { ...SMALL.definition, kind: 'multiple-choice', labels: [], metric: 'mc1' },
  splits: {
    ...SMALL.splits,
    pool: [
      {
        id: 'a',
        input: 'Which?',
        output: 'this',
        choices: [
          { text: 'this', correct: true, best: true },
          { text: 'that', correct: false },
        ],
      },
    ],
    validation: [],
  },
};

/** The files of a task, one of them changed. */
function folder(task: Task, file?: string, change: (text: string) => string | null = (text) => text) {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [path, text] of writeTaskFiles(task, EXTRA)) {
    const changed = path === file ? change(text) : text;
    if (changed !== null) files.set(path, new TextEncoder().encode(changed));
  }
  return memorySource(files, 'here');
}

describe('the shipped tasks', () => {
  it('are ten', () => {
    expect(folders).toHaveLength(10);
  });

  it.each(folders.map(({ name }) => name))('%s is read with every row, and written the same', async (id) => {
    const task = await readTask(nodeSource(join(POOL, id)));
    expect(task.definition.id).toBe(id);
    expect(task.splits.pool).toHaveLength(96);
    const described: unknown = JSON.parse(await readFile(join(POOL, id, 'task.json'), 'utf8'));
    const written = writeTaskFiles(task, EXTRA);
    expect(described).toMatchObject({
      splits: Object.fromEntries(SPLITS.map((split) => [split, task.splits[split].length])),
    });
    for (const split of SPLITS) {
      expect(written.get(`${split}.jsonl`)).toBe(await readFile(join(POOL, id, `${split}.jsonl`), 'utf8'));
    }
  });
});

describe('a task folder', () => {
  it.each([SMALL, CHOICE])('is read back as it was written', async (task) => {
    expect(await readTask(folder(task))).toEqual(task);
  });

  it('may lack validation, probe and test where task.json says 0', async () => {
    expect((await readTask(folder(SMALL, 'probe.jsonl', () => null))).splits.probe).toEqual([]);
    await expectLabError(
      () => readTask(folder(SMALL, 'validation.jsonl', () => null)),
      'source-unreadable',
      'validation.jsonl',
    );
    await expectLabError(
      () => readTask(folder(SMALL, 'pool.jsonl', () => null)),
      'source-unreadable',
      'pool.jsonl',
    );
  });

  it('is refused where an input stands in two splits', async () => {
    const leak = {
      ...SMALL,
      splits: { ...SMALL.splits, test: [{ id: 'e', input: 'fine', output: 'good' }] },
    };
    await expectLabError(
      () => readTask(folder(leak)),
      'task-integrity',
      'test.jsonl row 1',
      'pool.jsonl row 1',
    );
  });

  it('is refused where the rows are not as many as said', async () => {
    await expectLabError(
      () => readTask(folder(SMALL, 'pool.jsonl', (text) => text.slice(0, text.indexOf('\n')))),
      'task-integrity',
      'pool.jsonl',
      '1 rows',
      'splits.pool',
    );
  });

  const swap = (from: string, to: string) => (text: string) => text.replace(from, () => to);
  it.each([
    ['pool.jsonl', swap('"good"', '"goood"'), ['pool.jsonl line 1', 'output: ', 'good, bad', 'goood']],
    ['pool.jsonl', swap('"good"', '""'), ['pool.jsonl line 1', 'output: ', 'only prompts']],
    ['pool.jsonl', swap('"fine"', '" "'), ['pool.jsonl line 1', 'input: ', 'not empty']],
    [
      'pool.jsonl',
      swap('"input":"awful"', '"inputs":"awful"'),
      ['pool.jsonl line 2', 'input: missing', '"inputs"'],
    ],
    ['pool.jsonl', swap('{', ''), ['pool.jsonl line 1', 'no JSON']],
    ['task.json', swap('"imported"', '"mine"'), ['task.json', 'role: ', 'imported']],
    ['task.json', swap('{input}', '{text}'), ['task.json', 'template: ', '{input}']],
    ['task.json', swap('"k": 2', '"k": 0'), ['task.json', 'k: ', 'from 1']],
    ['task.json', swap('"licence"', '"license"'), ['task.json', 'licence: missing', '"license"']],
    ['task.json', swap('"exact_match"', '"mc1"'), ['task.json', 'metric: ']],
    ['task.json', swap('"small"', '"../small"'), ['task.json', 'id: ']],
    ['task.json', swap('"good",', '"bad",'), ['task.json', 'labels: ', 'names "bad" twice']],
    ['task.json', swap('"good",', '" ",'), ['task.json', 'labels[0]: ', 'not blank']],
    ['task.json', swap('"Two tones."', '""'), ['task.json', 'description: ', 'not blank']],
    ['task.json', swap('"\\n"', '""'), ['task.json', 'stop: ', 'text of 1 to 100000']],
    ['task.json', swap('"unknown"', JSON.stringify('x'.repeat(100_001))), ['licence: ', '100000']],
    ['task.json', swap('"fields": {', '"fields": [], "field": {'), ['task.json', 'fields']],
    ['task.json', swap('"pool": 2', '"pool": -2'), ['task.json', 'splits.pool: ', 'whole number']],
    ['pool.jsonl', swap('"fine"', JSON.stringify('x'.repeat(100_001))), ['line 1', 'input: ', '100000']],
  ])('is refused with the place of the fault in %s', async (file, change, names) => {
    await expectLabError(() => readTask(folder(SMALL, file, change)), 'task-integrity', 'here', ...names);
  });

  it.each([
    [swap('"correct":false', '"correct":true'), ['choices: ', 'a wrong choice']],
    [swap('"that","correct":false', '"that","correct":false,"best":true'), ['choices: ', 'best']],
    [swap('"text":"that"', '"text":"this"'), ['choices: ', 'different']],
    [swap('"output":"this"', '"output":"those"'), ['output: ', 'correct choice']],
    [swap('"correct":false', '"correct":"no"'), ['choices[1].correct: ', 'true or false']],
  ])('is refused with the place of a fault in its choices', async (change, names) => {
    await expectLabError(
      () => readTask(folder(CHOICE, 'pool.jsonl', change)),
      'task-integrity',
      'pool.jsonl line 1',
      ...names,
    );
  });
});
