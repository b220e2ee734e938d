/**
 * @file The choices of a multiple-choice row, from any of three layouts: right and wrong answers in columns of their
 * own (TruthfulQA's CSV), a list with the right one named by text, letter or number, or a list of {text, correct}.
 */
import type { ColumnRoles } from '../../words/importing.ts';
import type { Choice } from '../../words/task.ts';
import { isJsonObject } from '../json.ts';
import { cellText, cellTexts } from './columns.ts';
import { oneLine } from './decode.ts';
import type { Cell, SourceRow, Table } from './table.ts';

/** What a row's cells give, or what is wrong with them. */
export type ChoicesOrFault = { readonly choices: readonly Choice[] } | { readonly fault: string };

const SEPARATOR = /\s*[;|]\s*/;

export function hasChoices({ choices, correct }: ColumnRoles): boolean {
  return choices !== null || correct !== null;
}

/** Where choices are numbered from: 1 if some answer is the number of the last choice and none is 0. */
export function numberingOf({ rows }: Table, { choices, output }: ColumnRoles): 0 | 1 {
  if (choices === null || output === null) return 0;
  let isFromOne = false;
  for (const { cells } of rows) {
    const answer = cellText(cells.get(output));
    if (answer === '0') return 0;
    isFromOne ||= answer === String(cellTexts(cells.get(choices), SEPARATOR).length);
  }
  return isFromOne ? 1 : 0;
}

function objectChoices(cell: Cell | undefined): readonly Choice[] | null {
  if (cell === undefined || typeof cell === 'string') return null;
  const out: Choice[] = [];
  for (const item of cell) {
    if (!isJsonObject(item) || typeof item.text !== 'string') return null;
    out.push({
      text: item.text.trim(),
      correct: item.correct === true,
      ...(item.best === true ? { best: true } : {}),
    });
  }
  return out;
}

function pickedIndex(texts: readonly string[], answer: string, from: 0 | 1): number {
  const byText = texts.findIndex((text) => text.toLowerCase() === answer.toLowerCase());
  if (byText >= 0) return byText;
  if (/^\d+$/.test(answer)) return Number(answer) - from;
  return /^[A-Za-z]$/.test(answer) ? answer.toUpperCase().charCodeAt(0) - 'A'.charCodeAt(0) : -1;
}

function rawChoices({ cells }: SourceRow, mapping: ColumnRoles, from: 0 | 1): ChoicesOrFault {
  const answer = mapping.output === null ? '' : cellText(cells.get(mapping.output));
  if (mapping.correct !== null) {
    const correct = cellTexts(cells.get(mapping.correct), SEPARATOR);
    const best = answer === '' ? (correct[0] ?? '') : answer.replace(/;$/, '');
    const right = [...new Set([...(best === '' ? [] : [best]), ...correct])];
    const wrong = mapping.incorrect === null ? [] : cellTexts(cells.get(mapping.incorrect), SEPARATOR);
    return {
      choices: [
        ...right.map((text) => ({ text, correct: true, ...(text === best ? { best: true } : {}) })),
        ...[...new Set(wrong)].map((text) => ({ text, correct: false })),
      ],
    };
  }
  const cell = mapping.choices === null ? undefined : cells.get(mapping.choices);
  const objects = objectChoices(cell);
  if (objects !== null) return { choices: objects };
  const texts = cellTexts(cell, SEPARATOR);
  const picked = pickedIndex(texts, answer, from);
  if (texts[picked] === undefined) {
    return { fault: `the answer "${answer}" is none of the ${texts.length} choices` };
  }
  return {
    choices: texts.map((text, i) => ({
      text,
      correct: i === picked,
      ...(i === picked ? { best: true } : {}),
    })),
  };
}

/** @param from number of the first choice, where answers are numbers. */
export function readChoices(row: SourceRow, mapping: ColumnRoles, from: 0 | 1): ChoicesOrFault {
  const read = rawChoices(row, mapping, from);
  if ('fault' in read) return read;
  const choices = read.choices.map((choice) => ({ ...choice, text: oneLine(choice.text).text }));
  const right = choices.filter(({ correct }) => correct);
  if (right.length === 0) return { fault: 'no right answer' };
  if (right.length === choices.length) return { fault: 'no wrong answer' };
  const twice = choices.find(({ text }, i) => choices.findIndex((other) => other.text === text) !== i);
  if (twice !== undefined) {
    const isBoth = choices.some((other) => other.text === twice.text && other.correct !== twice.correct);
    return {
      fault: `"${twice.text}" stands ${isBoth ? 'among the right and the wrong' : 'twice among the'} choices`,
    };
  }
  return choices.some(({ text }) => text === '') ? { fault: 'an empty choice' } : { choices };
}
