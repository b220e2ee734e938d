/**
 * @file Plain text, one row a line: of a file whose label a person says (a file per class), and of two files whose lines
 * belong together, one with texts and one with answers.
 */
import { plural } from '../../core/plural.ts';
import type { RejectedRow } from '../../words/importing.ts';
import type { DecodedText } from './decode.ts';
import { refuseFile, type SourceRow, type Table } from './table.ts';

const linesOf = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n');

/** @param label the answer of every line */
export function labelledLines({ text, notes }: DecodedText, file: string, label: string): Table {
  const rows: SourceRow[] = [];
  const rejected: RejectedRow[] = [];
  for (const [i, line] of linesOf(text).entries()) {
    if (line.trim() === '') rejected.push({ file, line: i + 1, reason: 'empty', detail: 'an empty line' });
    else
      rows.push({
        line: i + 1,
        cells: new Map([
          ['text', line],
          ['label', label],
        ]),
      });
  }
  const told = [...notes, `Each line is a text with the label ${label}, as was said.`];
  return { file, format: 'lines', columns: ['text', 'label'], rows, rejected, label, notes: told };
}

/** A table with the label that a person says as a column of its own; of a column that is called so the values are left. */
export function withLabel(table: Table, label: string): Table {
  const rows = table.rows.map((row) => ({ ...row, cells: new Map([...row.cells, ['label', label]]) }));
  const columns = [...new Set([...table.columns, 'label'])];
  return {
    ...table,
    columns,
    rows,
    label,
    notes: [...table.notes, `All its rows have the label ${label}, as was said.`],
  };
}

const TEXTS = ['text', 'texts', 'input', 'inputs', 'source', 'src', 'sentences', 'data', 'x'];
const ANSWERS = [
  'label',
  'labels',
  'target',
  'targets',
  'tgt',
  'answer',
  'answers',
  'output',
  'outputs',
  'gold',
  'y',
];

const wordsOf = (name: string): readonly string[] => name.toLowerCase().split(/[^\p{L}\p{N}]+/u);
const isAnswers = (name: string): boolean => wordsOf(name).some((word) => ANSWERS.includes(word));
/** What is left of a name without what tells the two apart. */
const stem = (name: string): string =>
  wordsOf(name)
    .filter((word) => ![...TEXTS, ...ANSWERS, 'txt'].includes(word))
    .join(' ');

export interface NamedText {
  readonly name: string;
}

/** Which of the files hold the answers to the lines of which: train_text.txt and train_labels.txt, test.src and test.tgt. */
export function pairsOf<T extends NamedText>(files: readonly T[]): ReadonlyMap<T, T> {
  const pairs = new Map<T, T>();
  for (const answers of files.filter(({ name }) => isAnswers(name))) {
    const texts = files.filter((file) => !isAnswers(file.name) && stem(file.name) === stem(answers.name));
    const [only] = texts;
    if (only !== undefined && texts.length === 1 && !pairs.has(only)) pairs.set(only, answers);
  }
  return pairs;
}

/** @throws LabError `import-refused` where they have not as many lines as each other */
export function pairedLines(
  [texts, file]: readonly [DecodedText, string],
  [answers, answersFile]: readonly [DecodedText, string],
): Table {
  const [left, right] = [linesOf(texts.text), linesOf(answers.text)];
  if (left.length !== right.length) {
    throw refuseFile(
      file,
      `has ${plural(left.length, 'line')} and ${answersFile} ${right.length}: a line of one belongs to the same line of the other.`,
      'Give files of the same length, or one table.',
    );
  }
  const rows: SourceRow[] = [];
  const rejected: RejectedRow[] = [];
  for (const [i, text] of left.entries()) {
    const label = right[i] ?? '';
    const line = i + 1;
    if (text.trim() === '' && label.trim() === '')
      rejected.push({ file, line, reason: 'empty', detail: 'an empty line in both files' });
    else
      rows.push({
        line,
        cells: new Map([
          ['text', text],
          ['label', label],
        ]),
      });
  }
  const notes = [
    ...texts.notes,
    ...answers.notes,
    `The answer to each line is the same line of ${answersFile}.`,
  ];
  return { file, format: 'lines', columns: ['text', 'label'], rows, rejected, notes };
}
