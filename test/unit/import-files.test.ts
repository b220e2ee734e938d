/** @file Data files as tables: formats and encodings as they are found, broken rows kept with their line and reason. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnRoles } from '../../src/words/importing.ts';
import { mapTables } from '../../src/formats/import/roles.ts';
import { parseColumns, parseLabelNames } from '../../src/formats/import/options.ts';
import { originOf, taskId } from '../../src/formats/import/origin.ts';
import type { Table } from '../../src/formats/import/table.ts';
import { readTable } from '../../src/formats/import/tables.ts';
import { expectLabError } from './formats-expect.ts';
import { file, openQuestions, questions, reviews, seedTasks, truths } from './import-fixtures.ts';

const cells = ({ rows }: Table) => rows.map((row) => Object.fromEntries(row.cells));
const mapColumns = (table: Table, given?: Partial<ColumnRoles>) => mapTables([table], given)[0]?.mapping;
const faults = ({ rejected }: Table) => rejected.map(({ line, reason }) => `${line} ${reason}`);

describe('a CSV file', () => {
  it('keeps quoted commas, quotes and line breaks, and counts lines by line breaks', () => {
    const table = readTable(file('a.csv', 'text,label\n"one, two",x\n"he said ""no""\nthen",y\nlast,x\n'));
    expect(cells(table)).toEqual([
      { text: 'one, two', label: 'x' },
      { text: 'he said "no"\nthen', label: 'y' },
      { text: 'last', label: 'x' },
    ]);
    expect(table.rows.map(({ line }) => line)).toEqual([2, 3, 5]);
  });

  it('loses one row to a broken quote, not the rest', () => {
    const table = readTable(file('a.csv', 'text,label\n"open,x\ngood,y\n"bad"tail,x\n\nfine,y\n'));
    expect(cells(table).map(({ text }) => text)).toEqual(['good', 'fine']);
    expect(faults(table)).toEqual(['2 malformed', '4 malformed', '5 empty']);
  });

  it('rejects rows with another number of columns', () => {
    const table = readTable(file('a.csv', 'text,label\na,x\nb,y,z\nc\n'));
    expect(faults(table)).toEqual(['3 malformed', '4 malformed']);
    expect(table.rejected[0]?.detail).toContain('3 columns where 2');
  });

  it.each([';', '\t', '|'])('may be separated by %j', (mark) => {
    const table = readTable(file('a.csv', `text${mark}label\na, b${mark}x\nc, d${mark}y\n`));
    expect(cells(table)).toEqual([
      { text: 'a, b', label: 'x' },
      { text: 'c, d', label: 'y' },
    ]);
  });

  it('gives back what was written, whatever the fields hold', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', 'é'), maxLength: 6 });
    const written = (row: readonly string[]) =>
      row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 8 }), (rows) => {
        const filled = rows.filter((row) => row.some((cell) => cell.trim() !== ''));
        const table = readTable(file('a.csv', ['input,output', ...rows.map(written)].join('\n')));
        expect(table.rows.map((row) => [...row.cells.values()])).toEqual(filled);
        expect(table.rejected).toHaveLength(rows.length - filled.length);
      }),
    );
  });
});

describe('a TSV file', () => {
  it('reads quotation marks as text where they do not pair up', () => {
    const table = readTable(file('a.tsv', 'sentence\tlabel\n"so" he said\t0\n`` well \'\' "\t1\n"open\t1\n'));
    expect(cells(table).map(({ sentence }) => sentence)).toEqual(['"so" he said', "`` well '' \"", '"open']);
    expect(table.notes.join(' ')).toContain('quotation marks');
  });

  it('without a header counts its columns, and the labels are found by content', () => {
    const table = readTable(
      file('a.tsv', 'a film\t1\nb film here\t0\nc film\t1\nd film\t0\ne film\t1\nf film\t0\n'),
    );
    expect(table.rows).toHaveLength(6);
    expect(mapColumns(table)).toMatchObject({ input: ['column 1'], output: 'column 2' });
  });

  it('whose first line has words over nothing but numbers has names of columns', () => {
    const table = readTable(file('a.csv', `a,b\n${'1,2.5\n3,-4\n'.repeat(4)}`));
    expect(table.columns).toEqual(['a', 'b']);
  });

  it('takes the first line for a header, or not, as it is told', () => {
    const data = file('a.tsv', 'good film\tgood\nbad film\tbad\n');
    expect(readTable(data, { hasHeader: true }).columns).toEqual(['good film', 'good']);
    expect(readTable(data, { hasHeader: false }).rows).toHaveLength(2);
  });
});

describe('encodings', () => {
  const encode = (text: string) => new TextEncoder().encode(text);

  it('tells of a byte order mark and CR LF and reads past them', () => {
    const table = readTable(file('a.tsv', '\uFEFFtext\tlabel\r\none\tx\r\ntwo\ty\r\n'));
    expect(cells(table)).toEqual([
      { text: 'one', label: 'x' },
      { text: 'two', label: 'y' },
    ]);
    expect(table.notes.join(' ')).toMatch(/byte order mark.*CR LF/);
    expect(table.rejected).toEqual([]);
  });

  it('reads Latin-1 and tells the first line that is no UTF-8', () => {
    const bytes = new Uint8Array([...encode('text\tlabel\nplain\tx\ncaf'), 0xe9, ...encode('\ty\n')]);
    const table = readTable({ name: 'a.tsv', bytes });
    expect(cells(table)[1]).toEqual({ text: 'café', label: 'y' });
    expect(table.notes.join(' ')).toContain('line 3');
  });

  it('reads UTF-16', () => {
    const text = '\uFEFFtext\tlabel\none\tx\n';
    const bytes = new Uint8Array(text.length * 2);
    for (let i = 0; i < text.length; i++)
      new DataView(bytes.buffer).setUint16(2 * i, text.charCodeAt(i), true);
    expect(cells(readTable({ name: 'a.tsv', bytes }))).toEqual([{ text: 'one', label: 'x' }]);
  });
});

describe('JSON', () => {
  it('lines: nested fields become columns, numbers become text, broken lines are kept with their reason', () => {
    const table = readTable(
      file('a.jsonl', '{"q":{"text":"one"},"label":1}\n{broken\n[1]\n{"q":{"text":"two"}}\n'),
    );
    expect(cells(table)).toEqual([{ 'q.text': 'one', label: '1' }, { 'q.text': 'two' }]);
    expect(faults(table)).toEqual(['2 malformed', '3 malformed']);
  });

  it('lists of objects become one row each', () => {
    const [row] = cells(readTable(seedTasks(3)));
    expect(row).toMatchObject({
      instruction: 'Do thing 0.',
      'instances.output': 'First 0,\nthen the rest of it.',
    });
    const two = {
      instruction: 'add',
      instances: [
        { input: '1', output: 'one' },
        { input: '2', output: 'two' },
      ],
    };
    expect(readTable(file('a.json', JSON.stringify([two]))).rows).toHaveLength(2);
  });

  it('as Python prints it is read too, in lines or as a list, and told', () => {
    const lines = `{'text': "it's", 'label': 'a', 'n': None}\n{'text': 'x "y"', 'label': 'b', 'n': 2}`;
    const rows = [
      { text: "it's", label: 'a' },
      { text: 'x "y"', label: 'b', n: '2' },
    ];
    for (const name of ['a.jsonl', 'a.txt']) expect(cells(readTable(file(name, lines)))).toEqual(rows);
    const list = readTable(file('a.json', `[${lines.replace('\n', ', ')}]`));
    expect(cells(list)).toEqual(rows);
    expect(list.notes.join()).toContain('What Python wrote, with single quotes, was read as JSON (1).');
    // One that is broken costs its own row.
    expect(faults(readTable(file('a.jsonl', `${lines}\n{'text': 'x`)))).toEqual(['3 malformed']);
  });

  it('may be an array, or an object that holds one', () => {
    const rows = [{ input: 'a', output: 'b' }];
    expect(cells(readTable(file('a.json', JSON.stringify(rows))))).toEqual(rows);
    expect(cells(readTable(file('a.json', JSON.stringify({ version: 1, data: rows }))))).toEqual(rows);
  });
});

describe('lines of a label and a text', () => {
  it('give the coarse label, and the fine one in a column of its own', () => {
    const table = readTable(questions('test.txt', 30));
    expect(table.format).toBe('label-lines');
    expect(cells(table)[0]).toEqual({ label: 'LOC', 'fine label': 'LOC:city', text: 'Where is event 0 ?' });
  });
});

describe('what is no table', () => {
  // Few words begin most lines of a story, and yet they are no labels.
  const prose = Array.from({ length: 80 }, (_, i) =>
    i % 4 === 0
      ? `Boy${i} saw a dog, and a cat.`
      : `${['He', 'She', 'They'][i % 3] ?? ''} went away, in the end.`,
  ).join('\n');
  it.each([
    ['story.md', '# A story\n', 'document'],
    ['story.txt', prose, 'plain text without columns'],
    ['data.csv', '<!DOCTYPE html><html></html>', 'web page'],
    ['data.csv', '', 'is empty'],
    ['data.bin', 'PAR2\0\0\0\x01', 'no text'],
    ['data.json', '{"a": 1}', 'no list of rows'],
    ['data.json', '[1, 2', 'no JSON'],
    ['data.jsonl', 'one\ntwo\n', 'no JSON lines'],
  ])('is refused with a reason: %s', async (name, text, reason) => {
    await expectLabError(() => readTable(file(name, text)), 'import-refused', name, reason);
  });
});

describe('columns', () => {
  it.each([
    [reviews('train.tsv', 4), { input: ['sentence'], output: 'label' }],
    [
      truths(3),
      { input: ['Question'], output: 'Best Answer', correct: ['Correct Answers'], group: 'Category' },
    ],
    [openQuestions(9), { input: ['turns'], output: null, group: 'category' }],
    [seedTasks(9), { input: ['instruction', 'instances.input'], output: 'instances.output' }],
  ])('are found by their names: $name', (data, mapping) => {
    expect(mapColumns(readTable(data))).toMatchObject(mapping);
  });

  it('are those that a person names, also instead of a guess', () => {
    const table = readTable(file('a.csv', 'text,label,title\nbody,x,head\n'));
    expect(mapColumns(table, parseColumns('input=title+text,output='))).toMatchObject({
      input: ['title', 'text'],
      output: null,
    });
    expect(mapColumns(table, parseColumns('output=title'))).toMatchObject({
      input: ['text'],
      output: 'title',
    });
  });

  it('and label names are refused where they cannot be read', async () => {
    await expectLabError(() => parseColumns('imput=text'), 'import-refused', 'imput', 'input');
    await expectLabError(() => parseLabelNames('negative,positive'), 'import-refused', '0=negative');
    expect([...parseLabelNames('0=bad, 1 = very good')]).toEqual([
      ['0', 'bad'],
      ['1', 'very good'],
    ]);
  });
});

describe('names of files', () => {
  it.each([
    ['sst2/train.tsv', 'train', 'sst2'],
    ['data/stsa.binary.dev', 'validation', 'stsa-binary'],
    ['my_test-00000.jsonl', 'test', 'my-00000'],
    ['latest.csv', null, 'latest'],
    ['moods.parquet', null, 'moods'],
    ['Mood book.xlsx', null, 'mood-book'],
    ['moods.csv.gz', null, 'moods'],
    ['moods/train.jsonl.gz', 'train', 'moods'],
    ['moods.ZIP', null, 'moods'],
    ['TruthfulQA.csv', null, 'truthfulqa'],
    ['test.txt', 'test', 'imported'],
  ])('%s tells the split %s and the id %s', (name, origin, id) => {
    expect(originOf(name)).toBe(origin);
    expect(taskId(undefined, [name])).toBe(id);
  });
});
