/** @file One row of a task's split, checked against the task's definition. */
import type { Choice, SplitName, TaskDefinition, TaskRow } from '../words/task.ts';
import { shownJson } from './json.ts';
import { TaskFields } from './task-fields.ts';

const ROW_KEYS = ['id', 'input', 'output', 'references', 'difficulty', 'choices'];

/** @param where file and line, for errors.
 * @throws LabError `task-integrity` naming file, line and field. */
export function readTaskRow(
  { value, where }: { readonly value: unknown; readonly where: string },
  split: SplitName,
  { kind, labels, stop }: Pick<TaskDefinition, 'kind' | 'labels' | 'stop'>,
): TaskRow {
  const fields = new TaskFields(value, where, ROW_KEYS);
  const output = fields.anyText('output');
  // Prompts may have no hidden key: their answers are the model's.
  const isKeyless = output === '' && split === 'prompts';
  if (output === '' && !isKeyless) throw fields.fault('output', 'the answer; only prompts may go without');
  if (output.includes(stop)) throw fields.fault('output', `text without the stop ${shownJson(stop)}`);
  if (kind === 'classification' && !isKeyless && !labels.includes(output)) {
    throw fields.fault('output', `one of the labels ${labels.join(', ')}`);
  }
  const choices = fields.has('choices') ? readChoices(fields) : undefined;
  if (kind === 'multiple-choice' && !isKeyless) checkChoices(fields, output, choices);
  return {
    id: fields.text('id'),
    input: fields.text('input'),
    output,
    ...(fields.has('references') ? { references: fields.texts('references') } : {}),
    ...(fields.has('difficulty')
      ? { difficulty: fields.oneOf('difficulty', ['easy', 'medium', 'hard']) }
      : {}),
    ...(choices === undefined ? {} : { choices }),
  };
}

function readChoices(fields: TaskFields): readonly Choice[] {
  return fields.list('choices').map((value, i) => {
    const choice = new TaskFields(value, `${fields.where}, choice ${i + 1}`, ['text', 'correct', 'best']);
    return {
      text: choice.text('text'),
      correct: choice.flag('correct'),
      ...(choice.has('best') ? { best: choice.flag('best') } : {}),
    };
  });
}

/** MC1 and MC2 need a right and a wrong choice, told apart by their text; at most one is the best. */
function checkChoices(fields: TaskFields, output: string, choices: readonly Choice[] = []): void {
  const right = choices.filter((choice) => choice.correct);
  const best = choices.filter((choice) => choice.best === true);
  if (right.length === 0 || right.length === choices.length) {
    throw fields.fault('choices', 'a list with a correct and a wrong choice');
  }
  if (new Set(choices.map((choice) => choice.text)).size !== choices.length) {
    throw fields.fault('choices', 'a list of different texts');
  }
  if (best.length > 1 || best.some((choice) => !choice.correct)) {
    throw fields.fault('choices', 'a list where one correct choice at most is the best');
  }
  if (!right.some((choice) => choice.text === output)) {
    throw fields.fault('output', 'the text of a correct choice');
  }
}
