/** @file Kinds of files that the hundred lack, in words of our own. */
import { describe, it } from 'vitest';
import type { Want } from '../fixtures/import-hundred/hundred.ts';
import { expectCase } from './import-expect.ts';
import { file } from './import-fixtures.ts';

const CALLS = ['praise', 'complaint'];
const call = (i: number): string => CALLS[i % 2] ?? '';
const said = (i: number): string => `Caller ${i} asked about the ${['roof', 'drain', 'stove'][i % 3] ?? ''}.`;
const rows = (of: (i: number) => string, from = 0): string =>
  Array.from({ length: 80 }, (_, i) => `${of(from + i)}\n`).join('');
const calls: Want = { kind: 'classification', labels: CALLS, rows: 80 };

/** "屋顶很好" and "炉子坏了" in GBK. */
const GBK = [
  [0xce, 0xdd, 0xb6, 0xa5, 0xba, 0xdc, 0xba, 0xc3],
  [0xc2, 0xaf, 0xd7, 0xd3, 0xbb, 0xb5, 0xc1, 0xcb],
] as const;
const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const gbk = Uint8Array.from([
  ...ascii('remark,tone\n'),
  ...Array.from({ length: 80 }, (_, i) => [...(GBK[i % 2] ?? []), ...ascii(` ${i},${call(i)}\n`)]).flat(),
]);

const CASES: readonly (readonly [
  name: string,
  files: Parameters<typeof expectCase>[0]['files'],
  want: Want,
])[] = [
  ['two columns of one name', [file('a.csv', `text,text\n${rows((i) => `${said(i)},${call(i)}`)}`)], calls],
  [
    'a column of categories beside the text alone',
    [file('a.csv', `utterance,category\n${rows((i) => `${said(i)},${call(i)}`)}`)],
    calls,
  ],
  [
    'a column that ends in a word for labels, with its confidence and its reason',
    [
      file(
        'a.csv',
        `call_id,call_sentiment,call_sentiment:confidence,reason,house,text\n${rows((i) => `${i},${call(i)},0.${(i % 9) + 1},${i % 4 ? '' : 'late'},h${i % 5},"${said(i)}"`)}`,
      ),
    ],
    calls,
  ],
  [
    'a published test without its labels beside a train file',
    [
      file('calls_train.csv', `id,place,text,target\n${rows((i) => `${i},,${said(i)},${call(i)}`)}`),
      file('calls_test.csv', `id,place,text\n${rows((i) => `${i},hall,${said(i)}`, 100)}`),
    ],
    { kind: 'classification', labels: CALLS, rows: 160 },
  ],
  [
    'line breaks and doubled quotes in quoted cells',
    [file('a.csv', `review,sentiment\n${rows((i) => `"${said(i)}<br />\nThen ""thanks""",${call(i)}`)}`)],
    { ...calls, row: { inputHas: '"thanks"', output: 'praise' } },
  ],
  [
    'booleans in two spellings',
    [
      file(
        'a.csv',
        `text,label\n${rows((i) => `${said(i)},${['TRUE', 'FALSE', 'True', 'False'][i % 4] ?? ''}`)}`,
      ),
    ],
    { labels: ['false', 'true'], labelsFold: true, rows: 80 },
  ],
  [
    'forty labels of which each stands twice',
    [file('a.csv', `text,label\n${rows((i) => `${said(i)},room ${i % 40}`)}`)],
    { kind: 'classification', labelCount: 40 },
  ],
  [
    'GBK that nobody said: right, or asked for',
    [{ name: 'a.csv', bytes: gbk }],
    { anyOf: [{ refuse: 'encoding' }, { ...calls, rowHas: '炉子坏了' }] },
  ],
];

describe('a file in words of our own', () => {
  it.each(CASES)('with %s', async (_name, files, want) => {
    await expectCase({ files: [...files], want });
  });
});
