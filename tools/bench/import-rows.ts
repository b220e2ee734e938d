/**
 * @file Imports so many rows as its argument says and prints what it took; a process of its own for `npm run bench -- import`, since
 * the peak of memory is a process's.
 */
import { importTask } from '../../src/formats/import/import-task.ts';
import { openFiles } from '../../src/formats/import/open.ts';

const WORDS = [
  'quiet',
  'harbour',
  'lamp',
  'river',
  'garden',
  'stone',
  'paper',
  'cloud',
  'table',
  'window',
  'bird',
];
const wordOf = (row: number, place: number): string =>
  WORDS[(row * 7 + place * place * 3 + 1) % WORDS.length] ?? '';

/** Rows of a dozen words, quoted, every one another text, of two labels. */
function csvOf(rows: number): Uint8Array<ArrayBuffer> {
  const lines = ['text,label'];
  for (let row = 0; row < rows; row++) {
    const text = Array.from({ length: 10 }, (_, place) => wordOf(row, place)).join(' ');
    lines.push(`"${text}, number ${row}.",${row % 2 === 0 ? 'calm' : 'wild'}`);
  }
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

const rows = Number(process.argv[2]);
const bytes = csvOf(rows);
const began = performance.now();
importTask(await openFiles([{ name: 'rows.csv', bytes }]));
const seconds = (performance.now() - began) / 1000;
/** Of the whole process, Node and the file's bytes included. */
const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(JSON.stringify({ rows, fileMiB: Math.round(bytes.length / 2 ** 20), seconds, peakMiB }));
