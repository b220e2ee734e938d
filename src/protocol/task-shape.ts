/** @file The shape of a task: read from a run's file, sent by the worker that imports. */
import type {
  Choice,
  Difficulty,
  SplitName,
  Task,
  TaskDefinition,
  TaskKind,
  TaskRow,
} from '../words/task.ts';
import {
  LONGEST_LABEL,
  LONGEST_NAME,
  LONGEST_TEXT,
  MOST_CHOICES,
  MOST_DEMONSTRATIONS,
  MOST_LABELS,
  MOST_ROWS,
} from '../words/run-limits.ts';
import { array, flag, object, optional, textWithin, wholeWithin, word } from './shape.ts';

const id = textWithin(LONGEST_NAME, 1);
const text = textWithin(LONGEST_TEXT);

export const taskKind = word<TaskKind>({ classification: true, generation: true, 'multiple-choice': true });
export const splitName = word<SplitName>({
  ...{ pool: true, prompts: true, validation: true, probe: true, test: true },
});

export const taskRow = object<TaskRow>({
  id,
  input: text,
  output: text,
  references: optional(array(text, MOST_CHOICES)),
  difficulty: optional(word<Difficulty>({ easy: true, medium: true, hard: true })),
  choices: optional(array(object<Choice>({ text, correct: flag, best: optional(flag) }), MOST_CHOICES)),
});

export const taskDefinition = object<TaskDefinition>({
  ...{
    id,
    description: text,
    labels: array(textWithin(LONGEST_LABEL), MOST_LABELS),
    template: text,
    stop: text,
  },
  k: wholeWithin(0, MOST_DEMONSTRATIONS),
  kind: taskKind,
  role: word<TaskDefinition['role']>({ development: true, confirmation: true, imported: true }),
  metric: word<TaskDefinition['metric']>({ exact_match: true, token_f1: true, rouge_l: true, mc1: true }),
  licence: text,
});

const rows = array(taskRow, MOST_ROWS);
export const taskShape = object<Task>({
  definition: taskDefinition,
  splits: object<Task['splits']>({ pool: rows, prompts: rows, validation: rows, probe: rows, test: rows }),
});
