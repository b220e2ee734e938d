/**
 * @file The choices of a multiple-choice row, however they stand there: a list, a column each, a map of scores, right and
 * wrong ones apart; and which is right: by key, text, letter, column or number, in the one form that fits most rows.
 */
import type { ColumnRoles } from '../../words/importing.ts';
import type { Choice } from '../../words/task.ts';
import { isJsonObject } from '../json.ts';
import { cellText, cellTexts, field } from './cells.ts';
import { plainName } from './column-names.ts';
import { oneLine } from './decode.ts';
import { scoreMap } from './facts.ts';
import type { Cell, SourceRow } from './table.ts';

/** What a row's cells give, or what is wrong with them. */
export type ChoicesOrFault = { readonly choices: readonly Choice[] } | { readonly fault: string };

const SEPARATOR = /\s*[;|\n]\s*/;
/** "A) salt , B) tea" in one text. */
const LETTERED = /(?:^|[\s,;])\(?[a-hA-H]\s?[).:]\s*/;
const KEYED = /^\s*\(?([A-Ha-h]|\d)\s?[).:]\s*(?=\S)/;

export function hasChoices({ choices, correct }: ColumnRoles): boolean {
  return choices.length > 0 || correct.length > 0;
}

interface Option {
  readonly text: string;
  /** What names it in its row: a label, a letter before the text, its column. */
  readonly keys: readonly string[];
  /** Where the row itself says so. */
  readonly correct?: boolean;
  readonly best?: boolean;
}

const isTrue = (value: unknown): boolean =>
  value === true || value === 1 || value === 'true' || value === '1';

function optionOf(item: unknown): Option | null {
  if (typeof item === 'string' || typeof item === 'number') return { text: String(item).trim(), keys: [] };
  if (!isJsonObject(item)) return null;
  const text = field(item, 'text', 'choices', 'content', 'choice', 'option', 'value', 'answer');
  const mark = item.correct ?? item.is_correct ?? item.isCorrect ?? item.labels;
  const key = field(item, 'label', 'key', 'id', 'letter');
  if (mark === undefined) return { text, keys: key === '' ? [] : [key] };
  return { text, keys: [], correct: isTrue(mark), ...(item.best === true ? { best: true } : {}) };
}

/** "A)salt", "B)tea": the letters are keys, not text, where every text has its own in order. */
function withoutLetters(options: readonly Option[]): readonly Option[] {
  const keys = options.map(({ text }) => KEYED.exec(text)?.[1]);
  const isOrdered = keys.every((key, i) => key?.toUpperCase() === 'ABCDEFGH'[i] || key === String(i + 1));
  if (options.length < 2 || !isOrdered) return options;
  return options.map((option, i) => ({
    ...option,
    text: option.text.replace(KEYED, ''),
    keys: [...option.keys, keys[i] ?? ''],
  }));
}

function listed(cell: Cell): readonly Option[] {
  const scores = scoreMap(cell);
  if (scores !== null) {
    const highest = Math.max(...Object.values(scores).map(Number));
    const best = Object.values(scores).findIndex((score) => Number(score) === highest);
    return Object.entries(scores).map(([text, score], i) => ({
      text: text.trim(),
      keys: [],
      correct: Number(score) > 0,
      ...(i === best && highest > 0 ? { best: true } : {}),
    }));
  }
  if (typeof cell !== 'string')
    return Array.isArray(cell) ? cell.flatMap((item) => optionOf(item) ?? []) : [];
  const parts = cellTexts(cell, SEPARATOR);
  const lettered =
    parts.length > 1
      ? []
      : cell
          .split(LETTERED)
          .map((text) => text.replace(/[\s,;]+$/, ''))
          .filter(Boolean);
  return (lettered.length > 1 ? lettered : parts).map((text, i) => ({
    text,
    keys: lettered.length > 1 ? ['ABCDEFGH'.charAt(i)] : [],
  }));
}

/** The options of a row, in their order. Of several columns each is one option. */
export function optionsOf({ cells }: SourceRow, columns: readonly string[]): readonly Option[] {
  const [only, second] = columns;
  if (only !== undefined && second === undefined) {
    const cell = cells.get(only);
    return cell === undefined ? [] : withoutLetters(listed(cell));
  }
  const own = columns.flatMap((column): Option[] => {
    const text = cellText(cells.get(column));
    return text === '' ? [] : [{ text, keys: [plainName(column)] }];
  });
  return withoutLetters(own);
}

/** How an answer names its option. */
export const KEY_FORMS = ['key', 'text', 'letter', 'number from 0', 'number from 1'] as const;
export type KeyForm = (typeof KEY_FORMS)[number];

const bare = (answer: string): string => answer.trim().replace(/^[([]\s*|\s*[)\].:]$/g, '');
const fold = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').trim();

function picked(options: readonly Option[], answer: string, form: KeyForm): number {
  const plain = bare(answer);
  switch (form) {
    case 'key':
      return options.findIndex(({ keys }) =>
        keys.some((key) => fold(key) === fold(plain) || key === plainName(answer)),
      );
    case 'text': {
      const exact = options.findIndex(({ text }) => fold(text) === fold(answer));
      return exact >= 0
        ? exact
        : options.findIndex(({ text }) => fold(text) === fold(answer.replace(KEYED, '')));
    }
    case 'letter': {
      const [, letter = plain] = /^\(?([A-Za-z])\s?[).:]\s+\S/.exec(answer) ?? [];
      return /^[A-Za-z]$/.test(letter) ? letter.toUpperCase().charCodeAt(0) - 'A'.charCodeAt(0) : -1;
    }
    case 'number from 0':
    case 'number from 1':
      return /^\d+(\.0)?$/.test(plain) ? Number(plain) - (form === 'number from 0' ? 0 : 1) : -1;
  }
}

export interface KeyFit {
  readonly form: KeyForm;
  /** Share of the rows with options and an answer in which it names one. */
  readonly share: number;
  readonly rows: number;
}

/** The form in which the answers of a column name options, by how many rows it fits. */
export function keyFit(rows: readonly SourceRow[], columns: readonly string[], output: string): KeyFit {
  const hits = KEY_FORMS.map(() => 0);
  let asked = 0;
  for (const row of rows) {
    const answer = cellText(row.cells.get(output));
    if (answer === '' || answer === '-1') continue;
    const options = optionsOf(row, columns);
    if (options.length < 2) continue;
    asked++;
    for (const [i, form] of KEY_FORMS.entries()) {
      if (options[picked(options, answer, form)] !== undefined) hits[i] = (hits[i] ?? 0) + 1;
    }
  }
  const most = Math.max(...hits);
  // Numbers that fit both ways are counted as the columns are, sol1 from 1, and else from 0.
  const counted =
    columns.every((column) => /\d$/.test(column)) &&
    columns.some((column) => column.endsWith('1')) &&
    !columns.some((column) => column.endsWith('0'));
  const best = hits.indexOf(most);
  const form = KEY_FORMS[best === 3 && counted && hits[4] === most ? 4 : best] ?? 'text';
  return { form, share: most / Math.max(1, asked), rows: asked };
}

/** Rows say themselves which option is right. */
export function marksRight(rows: readonly SourceRow[], columns: readonly string[]): boolean {
  const known = rows.map((row) => optionsOf(row, columns)).filter((options) => options.length > 1);
  return (
    known.length > 0 &&
    known.filter((options) => options.some(({ correct }) => correct === true)).length * 2 > known.length
  );
}

function rawChoices(row: SourceRow, mapping: ColumnRoles, form: KeyForm): ChoicesOrFault {
  const { cells } = row;
  const answer = mapping.output === null ? '' : cellText(cells.get(mapping.output));
  if (mapping.correct.length > 0) {
    const all = (columns: readonly string[]) =>
      columns.flatMap((column) => cellTexts(cells.get(column), columns.length > 1 ? /$^/ : SEPARATOR));
    const correct = all(mapping.correct);
    const best = answer === '' ? (correct[0] ?? '') : answer.replace(/;$/, '');
    const right = [...new Set([...(best === '' ? [] : [best]), ...correct])];
    return {
      choices: [
        ...right.map((text) => ({ text, correct: true, ...(text === best ? { best: true } : {}) })),
        ...[...new Set(all(mapping.incorrect))].map((text) => ({ text, correct: false })),
      ],
    };
  }
  const options = optionsOf(row, mapping.choices);
  if (options.some(({ correct }) => correct !== undefined))
    return {
      choices: options.map(({ text, correct = false, best }) => ({
        text,
        correct,
        ...(best === true ? { best } : {}),
      })),
    };
  if (options.length < 2) return { fault: `${options.length} choices, at least two are needed` };
  const others = KEY_FORMS.filter((other) => other !== form && !other.startsWith('number'));
  const found = [form, ...others]
    .map((each) => picked(options, answer, each))
    .find((at) => options[at] !== undefined);
  if (found === undefined)
    return { fault: `the answer "${answer}" is none of the ${options.length} choices` };
  return {
    choices: options.map(({ text }, i) => ({
      text,
      correct: i === found,
      ...(i === found ? { best: true } : {}),
    })),
  };
}

/** @param form how answers name choices in this table. */
export function readChoices(row: SourceRow, mapping: ColumnRoles, form: KeyForm): ChoicesOrFault {
  const read = rawChoices(row, mapping, form);
  if ('fault' in read) return read;
  const choices = read.choices.map((choice) => ({ ...choice, text: oneLine(choice.text).text }));
  const right = choices.filter(({ correct }) => correct);
  if (right.length === 0) return { fault: 'no right answer' };
  if (right.length === choices.length) return { fault: 'no wrong answer' };
  const first = new Map<string, boolean>();
  for (const { text, correct } of choices) {
    const before = first.get(text);
    if (before !== undefined)
      return {
        fault: `"${text}" stands ${before === correct ? 'twice among the' : 'among the right and the wrong'} choices`,
      };
    first.set(text, correct);
  }
  return choices.some(({ text }) => text === '') ? { fault: 'an empty choice' } : { choices };
}
