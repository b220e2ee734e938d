/** The same files give the same task, report and refusals in the page as in Node: all kinds of files of the hundred, some of its layouts, and every encoding that is named to a person. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { previewImport } from '../../src/formats/import/import-task.ts';
import { inPage as inPageWords } from '../../src/formats/import/in-page.ts';
import { openFiles } from '../../src/formats/import/open.ts';
import { askedOf, type Asked } from '../fixtures/import-hundred/asked.ts';
import { hundred } from '../fixtures/import-hundred/hundred.ts';
import type { OpenedPage } from './pages.ts';
import { openHarness } from './pages.ts';

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openHarness();
});
afterAll(() => opened.close());

/** Its advice in the page's words. */
async function inNode({ files, options }: Asked): Promise<string> {
  const preview = previewImport(await openFiles(files), options);
  const { imported, problem } = preview;
  const read = preview.files.map((file) => ({ ...file, notes: file.notes.map(inPageWords) }));
  if (imported === null)
    return JSON.stringify({ files: read, imported, problem: problem && inPageWords(problem.message) });
  const { splits, leftOver, rowsIn, spellings, doubles, rejected } = imported.report;
  const [warnings, notes] = [imported.report.warnings, imported.report.notes].map((all) =>
    all.map(inPageWords),
  );
  const summary = { splits, leftOver, rowsIn, spellings, doubles, warnings, notes, rejected };
  return JSON.stringify({ files: read, imported: { task: imported.task, report: summary }, problem: null });
}

function inPage({ files, options }: Asked): Promise<string> {
  const sent = files.map(({ bytes, ...file }) => ({
    ...file,
    base64: Buffer.from(bytes).toString('base64'),
  }));
  const { answerAfter, keepTogether, encoding, delimiter } = options;
  const wishes = {
    ...(answerAfter !== undefined && { answerAfter }),
    ...(keepTogether !== undefined && { keepTogether }),
    ...(encoding !== undefined && { encoding }),
    ...(delimiter !== undefined && { delimiter }),
  };
  return opened.page.evaluate(([given, said]) => window.lab.imported(given, said), [sent, wishes] as const);
}

/** Encodings whose every high byte is a character, a control, or nothing at all. */
const SINGLE_BYTE = [
  ...Array.from({ length: 9 }, (_, i) => `windows-125${i}`),
  ...[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map((part) => `iso-8859-${part}`),
  ...['macintosh', 'x-mac-cyrillic', 'koi8-r', 'koi8-u', 'ibm866', 'windows-874'],
];
const HIGH = Array.from({ length: 128 }, (_, i) => [0x80 + i]);

/** Words of encodings that Node itself cannot write, and one row that is no text of its encoding. */
const ENCODED: readonly (readonly [name: string, ...words: readonly (readonly number[])[]])[] = [
  ...SINGLE_BYTE.map((name) => [name, ...HIGH] as const),
  ['windows-1252', [0x63, 0x61, 0x66, 0xe9, 0x20, 0x93, 0x6e, 0x61, 0xef, 0x76, 0x65, 0x94]],
  ['windows-1251', [0xcf, 0xe0, 0xf0, 0xee, 0xec, 0x20, 0xf1, 0xf2, 0xee, 0xe8, 0xf2]],
  ['koi8-r', [0xf0, 0xc1, 0xd2, 0xcf, 0xcd, 0x20, 0xd3, 0xd4, 0xcf, 0xc9, 0xd4]],
  ['iso-8859-15', [0x31, 0x30, 0x20, 0xa4, 0x20, 0xe0]],
  ['gbk', [0xbe, 0xc6, 0xb5, 0xea, 0xba, 0xdc, 0xba, 0xc3], [0xbe, 0xc6], [0xff, 0x20]],
  ['gb18030', [0xbe, 0xc6, 0xb5, 0xea], [0x94, 0x39, 0xfc, 0x36], [0x94, 0x20]],
  ['shift_jis', [0x83, 0x7a, 0x83, 0x65, 0x83, 0x8b], [0x83, 0x20]],
  ['big5', [0xb0, 0x73, 0xa9, 0xb1], [0xb0, 0x20]],
  ['euc-jp', [0xa5, 0xdb, 0xa5, 0xc6, 0xa5, 0xeb], [0xa5, 0x20]],
  ['euc-kr', [0xc8, 0xa3, 0xc5, 0xda], [0xc8, 0x20]],
  ['utf-8', [0xc3, 0xa9], [0xe2, 0x82, 0xac], [0xf0, 0x9f, 0x8d, 0xb0], [0xc3, 0x20]],
];

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const asked = (
  name: string,
  encoding: string,
  bytes: Uint8Array<ArrayBuffer>,
): { name: string; asked: Asked }[] => {
  const files = [{ name: 'rows.csv', bytes }];
  return [
    { name: `${name}, as is said`, asked: { files, options: { encoding } } },
    { name: `${name}, found out or refused`, asked: { files, options: {} } },
  ];
};

const encoded = ENCODED.flatMap(([encoding, ...words]) => {
  const lines = Array.from({ length: 160 }, (_, i) => [
    ...(words[i % words.length] ?? []),
    ...ascii(` ${String(i)},${i % 4 < 2 ? 'calm' : 'wild'}\n`),
  ]);
  return asked(encoding, encoding, Uint8Array.from([...ascii('text,label\n'), ...lines.flat()]));
});

/** Characters of one, two and four bytes in UTF-16 and UTF-32, of both orders, without a mark and with one. */
const wide = ['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'].flatMap((encoding) =>
  ['', '\uFEFF'].flatMap((mark) => {
    const rows = Array.from({ length: 60 }, (_, i) => `café ${i} 🍰 酒店,${i % 2 === 0 ? 'calm' : 'wild'}`);
    const text = `${mark}text,label\n${rows.join('\n')}`;
    const isLow = encoding.endsWith('le');
    const size = encoding.startsWith('utf-16') ? 2 : 4;
    const units =
      size === 4
        ? Array.from(text, (c) => c.codePointAt(0) ?? 0)
        : Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
    const view = new DataView(new ArrayBuffer(size * units.length));
    for (const [i, unit] of units.entries())
      if (size === 2) view.setUint16(2 * i, unit, isLow);
      else view.setUint32(4 * i, unit, isLow);
    return asked(`${encoding}${mark === '' ? '' : ' with its mark'}`, encoding, new Uint8Array(view.buffer));
  }),
);

// A person's columns cross to the page as all of the roles; they are tried in data.test.ts.
const cases = hundred
  .filter(({ of, args = [] }, i) => (of === 'file' || i % 8 === 0) && !args.includes('--columns'))
  .map((one) => ({ name: one.name, asked: askedOf(one) }));

describe('a file is the same task in the page as in Node', () => {
  it.each([...cases, ...encoded, ...wide])('$name', async ({ name, asked }) => {
    const found = await inNode(asked);
    expect(await inPage(asked)).toBe(found);
    // A file that both refuse would say little of its encoding.
    if (name.endsWith('as is said')) expect(found).toContain('"problem":null');
  });

  it('and nothing else was asked for', () => {
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });
});
