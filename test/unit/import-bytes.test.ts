/** @file Bytes to tables: encodings, dialects, archives, broken JSON, and files that are no table. */
import zlib from 'node:zlib';
import { gzipSync, zipSync } from 'fflate';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { openFiles } from '../../src/formats/import/open.ts';
import type { Table } from '../../src/formats/import/table.ts';
import { readTable, readTables } from '../../src/formats/import/tables.ts';
import { expectLabError } from './formats-expect.ts';
import { file } from './import-fixtures.ts';

const bytes = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding));
const column = ({ rows }: Table, name: string) => rows.map(({ cells }) => cells.get(name));
const PAGE = 'text,label\nDer Käse ist süß,gut\nDie Brücke schließt,schlecht\n';

describe('an encoding', () => {
  it('of one bad byte costs one row, told with its place', () => {
    const data = bytes(PAGE.repeat(1), 'utf8');
    const bad = new Uint8Array([...data, ...bytes('ab', 'latin1'), 0xfc, ...bytes('c,gut\n', 'latin1')]);
    const { rows, rejected } = readTable({ name: 'a.csv', bytes: bad });
    expect(rows).toHaveLength(2);
    expect(rejected).toMatchObject([{ line: 4, reason: 'malformed' }]);
  });

  it('is UTF-16 without a mark, or Windows-1252, by the bytes', () => {
    expect(column(readTable({ name: 'a.csv', bytes: bytes(PAGE, 'utf16le') }), 'label')).toEqual([
      'gut',
      'schlecht',
    ]);
    const [first] = column(readTable({ name: 'a.csv', bytes: bytes(PAGE, 'latin1') }), 'text');
    expect(first).toBe('Der Käse ist süß');
  });

  it('of Russian among Latin words is Windows-1251, not the Macintosh’s, and KOI8 is told from it', () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `Текст номер ${i} о heron,${i % 2 === 0 ? 'хорошо' : 'плохо'}`,
    );
    const letters = ['Отзыв,Оценка', ...rows].join('\n');
    const in1251 = (c: string) => (c.charCodeAt(0) < 0x80 ? c.charCodeAt(0) : c.charCodeAt(0) - 0x410 + 0xc0);
    // The order of KOI8's letters, small ones from 0xc0 on.
    const order = 'юабцдефгхийклмнопярстужвьызшэщчъ';
    const inKoi8 = (c: string) => {
      const at = order.indexOf(c.toLowerCase());
      return at < 0 ? c.charCodeAt(0) : at + (c === c.toLowerCase() ? 0xc0 : 0xe0);
    };
    for (const [name, byte] of [
      ['windows-1251', in1251],
      ['koi8', inKoi8],
    ] as const) {
      const table = readTable({ name: 'a.csv', bytes: Uint8Array.from(letters, byte) });
      expect(table.encoding?.name).toContain(name);
      expect(table.columns).toEqual(['Отзыв', 'Оценка']);
    }
  });

  it('is what a person says, or refused where nothing fits', async () => {
    const gbk = new Uint8Array([...bytes('text,label\n', 'latin1'), 0xba, 0xc3, ...bytes(',x\n', 'latin1')]);
    expect(column(readTable({ name: 'a.csv', bytes: gbk }, { encoding: 'GB2312' }), 'text')).toEqual(['好']);
    await expectLabError(() => readTable({ name: 'a.csv', bytes: gbk }), 'import-refused', 'encoding');
    await expectLabError(
      () => readTable({ name: 'a.csv', bytes: gbk }, { encoding: 'klingon' }),
      'import-refused',
      'klingon',
    );
  });
});

describe('a dialect', () => {
  it.each([
    ['a sep line', 'sep=;\ntext;label\na, b;x\n'],
    ['trailing commas', 'text,label,,\n"a, b",x,,\n'],
    ['a saved index', ',text,label\n0,"a, b",x\n'],
    ['spaces before quotes', 'text, label\n"a, b", "x"\n'],
  ])('of %s is read', (_what, text) => {
    const table = readTable(file('a.csv', text));
    expect(column(table, 'text')).toEqual(['a, b']);
    expect(column(table, 'label')).toEqual(['x']);
  });

  it('is the delimiter that a person says', () => {
    expect(column(readTable(file('a.txt', 'text~label\na~x\n'), { delimiter: '~' }), 'label')).toEqual(['x']);
  });

  it('with quotes reads as papaparse does', () => {
    const rows = [
      ['text', 'label'],
      ['a "b"\n, c', 'x'],
      ['', ' y '],
    ];
    const { rows: read } = readTable(file('a.csv', Papa.unparse(rows, { newline: '\n' })));
    expect(read.map(({ cells }) => [...cells.values()])).toEqual(rows.slice(1));
  });
});

describe('an archive', () => {
  const csv = bytes('text,label\na,x\n', 'utf8');

  it('is unpacked, what is no table in it told', async () => {
    const zip = zipSync({ 'in/train.csv': csv, 'in/notes.md': bytes('# hi', 'utf8') });
    const [read, ...more] = readTables(await openFiles([{ name: 'd.zip', bytes: zip }]), {});
    expect(more).toEqual([]);
    expect(read?.path).toBe('d/in/train.csv');
    expect(read?.table.notes.join(' ')).toContain('notes.md');
    const gz = await openFiles([{ name: 'a.csv.gz', bytes: gzipSync(csv) }]);
    expect(readTables(gz, {})[0]?.table.rows).toHaveLength(1);
  });

  it('that is cut off or grows too large is refused', async () => {
    const cut = await openFiles([{ name: 'a.csv.gz', bytes: gzipSync(csv).slice(0, -6) }]);
    await expectLabError(() => readTables(cut, {}), 'import-refused', 'cannot be unpacked');
    const bomb = await openFiles([
      { name: 'b.gz', bytes: new Uint8Array(zlib.gzipSync(new Uint8Array(300 * 2 ** 20))) },
    ]);
    await expectLabError(() => readTables(bomb, {}), 'import-refused', 'larger than 256 MiB');
  });
});

describe('JSON', () => {
  it('keeps long integers, reads past trailing commas, and loses a broken item alone', () => {
    const text = '[{"text":"a","id":12345678901234567890},\n{"text":"b",},\n{"text":oops},\n{"text":"d"}]';
    const table = readTable(file('a.json', text));
    expect(column(table, 'text')).toEqual(['a', 'b', 'd']);
    expect(column(table, 'id')[0]).toBe('12345678901234567890');
    expect(table.rejected).toMatchObject([{ line: 3, reason: 'malformed' }]);
  });
});

it.each([
  ['version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'],
  ['%PDF-1.7', 'PDF'],
  ['<!DOCTYPE html><html>', 'web page'],
])('what is no table is named: %j', async (text, named) => {
  await expectLabError(() => readTable(file('a.csv', text)), 'import-refused', named);
});

it('a label per file, and lines beside their labels, are tables', () => {
  expect(column(readTable({ ...file('a.txt', 'one\ntwo\n'), label: 'neg' }), 'label')).toEqual([
    'neg',
    'neg',
  ]);
  const read = readTables([file('train_text.txt', 'one\ntwo\n'), file('train_labels.txt', '0\n1\n')], {});
  expect(read.map(({ table }) => column(table, 'label'))).toEqual([['0', '1']]);
});
