/** The same files give the same task, report and refusals in the page as in Node: all kinds of files of the hundred, some of its layouts, and further encodings. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { previewImport } from '../../src/formats/import/import-task.ts';
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

async function inNode({ files, options }: Asked): Promise<string> {
  const { imported, problem, files: read } = previewImport(await openFiles(files), options);
  if (imported === null) return JSON.stringify({ files: read, imported, problem: problem?.message ?? null });
  const { splits, leftOver, rowsIn, spellings, doubles, warnings, notes, rejected } = imported.report;
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

/** Bytes of single-byte encodings, and of some of several, that Node itself cannot write. */
const ENCODED: readonly (readonly [name: string, row: readonly number[]])[] = [
  ['windows-1252', [0x63, 0x61, 0x66, 0xe9, 0x20, 0x93, 0x6e, 0x61, 0xef, 0x76, 0x65, 0x94]],
  ['windows-1251', [0xcf, 0xe0, 0xf0, 0xee, 0xec, 0x20, 0xf1, 0xf2, 0xee, 0xe8, 0xf2]],
  ['koi8-r', [0xf0, 0xc1, 0xd2, 0xcf, 0xcd, 0x20, 0xd3, 0xd4, 0xcf, 0xc9, 0xd4]],
  ['iso-8859-15', [0x31, 0x30, 0x20, 0xa4, 0x20, 0xe0]],
  ['gbk', [0xbe, 0xc6, 0xb5, 0xea, 0xba, 0xdc, 0xba, 0xc3]],
  ['shift_jis', [0x83, 0x7a, 0x83, 0x65, 0x83, 0x8b]],
  ['big5', [0xb0, 0x73, 0xa9, 0xb1]],
  ['euc-kr', [0xc8, 0xa3, 0xc5, 0xda]],
];

const encoded = ENCODED.flatMap(([encoding, row]) => {
  const ascii = (text: string) => [...new TextEncoder().encode(text)];
  const lines = Array.from({ length: 60 }, (_, i) => [
    ...row,
    ...ascii(` ${String(i)},${i % 2 === 0 ? 'calm' : 'wild'}\n`),
  ]);
  const bytes = Uint8Array.from([...ascii('text,label\n'), ...lines.flat()]);
  const files = [{ name: 'rows.csv', bytes }];
  return [
    { name: `${encoding}, as is said`, asked: { files, options: { encoding } } },
    { name: `${encoding}, found out or refused`, asked: { files, options: {} } },
  ];
});

// A person's columns cross to the page as all of the roles; they are tried in data.test.ts.
const cases = hundred
  .filter(({ of, args = [] }, i) => (of === 'file' || i % 8 === 0) && !args.includes('--columns'))
  .map((one) => ({ name: one.name, asked: askedOf(one) }));

describe('a file is the same task in the page as in Node', () => {
  it.each([...cases, ...encoded])('$name', async ({ asked }) => {
    expect(await inPage(asked)).toBe(await inNode(asked));
  });

  it('and nothing else was asked for', () => {
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });
});
