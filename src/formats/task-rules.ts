/**
 * @file What a task folder must hold beyond the shape of a task (words/task.ts): tasks are written by hand and by other
 * programs, and a wrong row would only show as a wrong score.
 */
import type { Wrong } from '../core/shape.ts';
import type { SplitName, TaskDefinition, TaskRow } from '../words/task.ts';
import { shownJson } from './json.ts';

const expected = (at: string, what: string, found: unknown): Wrong => [
  at,
  `expected ${what}, found ${shownJson(found)}`,
];

/** The first of these fields that is blank. */
function blank(fields: Readonly<Record<string, string>>): Wrong | null {
  const found = Object.entries(fields).find(([, value]) => value.trim() === '');
  return found === undefined ? null : expected(found[0], 'text that is not empty', found[1]);
}

/** A text of a list that is blank or stands there twice. */
function doubtful(at: string, texts: readonly string[]): Wrong | null {
  const i = texts.findIndex((text, own) => text.trim() === '' || texts.indexOf(text) < own);
  return i < 0 ? null : expected(`${at}[${i}]`, 'text that is neither empty nor there before', texts[i]);
}

/** What one field says of another; each by itself is what the shape of task.json takes. */
export function definitionWrong(definition: TaskDefinition): Wrong | null {
  const { kind, labels, template, metric, answerAfter } = definition;
  const isLabelled = kind === 'classification';
  if (isLabelled ? labels.length < 2 : labels.length > 0)
    return expected('labels', isLabelled ? 'at least two labels' : `none for ${kind}`, labels);
  if (template.split('{input}').length !== 2) return expected('template', 'text with {input} once', template);
  if (answerAfter !== undefined && kind !== 'generation')
    return expected('answerAfter', `none for ${kind}`, answerAfter);
  const isChosen = kind === 'multiple-choice';
  return (metric === 'mc1') === isChosen
    ? null
    : expected('metric', isChosen ? 'mc1' : 'another than mc1', metric);
}

export function rowWrong(row: TaskRow, split: SplitName, definition: TaskDefinition): Wrong | null {
  const { kind, labels, stop, answerAfter } = definition;
  const { id, input, output, references = [], choices = [] } = row;
  // Prompts may have no hidden key: their answers are the model's.
  const isKeyless = output === '' && split === 'prompts';
  if (output === '' && !isKeyless)
    return expected('output', 'the answer; only prompts may go without', output);
  if (output.includes(stop)) return expected('output', `text without the stop ${shownJson(stop)}`, output);
  if (kind === 'classification' && !isKeyless && !labels.includes(output))
    return expected('output', `one of the labels ${labels.join(', ')}`, output);
  if (
    answerAfter !== undefined &&
    !isKeyless &&
    (!output.includes(answerAfter) || output.trim().endsWith(answerAfter))
  )
    return expected('output', `an answer after ${shownJson(answerAfter)}`, output);
  const unnamed = choices.findIndex(({ text }) => text.trim() === '');
  return (
    blank({ id, input }) ??
    doubtful('references', references) ??
    (unnamed < 0 ? null : expected(`choices[${unnamed}].text`, 'text that is not empty', '')) ??
    (kind === 'multiple-choice' && !isKeyless ? choicesWrong(row) : null)
  );
}

/** MC1 and MC2 need a right and a wrong choice, told apart by their text; at most one is the best. */
function choicesWrong({ output, choices = [] }: TaskRow): Wrong | null {
  const right = choices.filter(({ correct }) => correct);
  const best = choices.filter((choice) => choice.best === true);
  if (right.length === 0 || right.length === choices.length)
    return expected('choices', 'a list with a correct and a wrong choice', choices);
  if (new Set(choices.map(({ text }) => text)).size < choices.length)
    return expected('choices', 'a list of different texts', choices);
  if (best.length > 1 || best.some(({ correct }) => !correct))
    return expected('choices', 'a list where one correct choice at most is the best', choices);
  return right.some(({ text }) => text === output)
    ? null
    : expected('output', 'the text of a correct choice', output);
}
