/** @file The shape of a task: read from a run's file, sent by the worker that imports. */
import type { Choice, Difficulty, SplitName, Task, TaskDefinition, TaskKind, TaskRow } from '../core/task.ts';
import { array, count, flag, object, optional, text, word } from './shape.ts';

export const taskKind = word<TaskKind>({ classification: true, generation: true, 'multiple-choice': true });
export const splitName = word<SplitName>({
  ...{ pool: true, prompts: true, validation: true, probe: true, test: true },
});

export const taskRow = object<TaskRow>({
  id: text,
  input: text,
  output: text,
  references: optional(array(text)),
  difficulty: optional(word<Difficulty>({ easy: true, medium: true, hard: true })),
  choices: optional(array(object<Choice>({ text, correct: flag, best: optional(flag) }))),
});

export const taskDefinition = object<TaskDefinition>({
  ...{ id: text, description: text, labels: array(text), template: text, stop: text, k: count },
  kind: taskKind,
  role: word<TaskDefinition['role']>({ development: true, confirmation: true, imported: true }),
  metric: word<TaskDefinition['metric']>({ exact_match: true, token_f1: true, rouge_l: true, mc1: true }),
  licence: text,
});

const rows = array(taskRow);
export const taskShape = object<Task>({
  definition: taskDefinition,
  splits: object<Task['splits']>({ pool: rows, prompts: rows, validation: rows, probe: rows, test: rows }),
});
