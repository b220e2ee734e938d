/**
 * @file What the importing worker can be asked: files to a task, with all that a form shows before anything is kept. Rows
 * come in parts, so that a large table never stands in one message: the page takes one part after the other and stays
 * awake between them.
 */
import type { Infer } from '../core/shape.ts';
import { array, exactly, nullable, object, tagged } from '../core/shape.ts';
import { filePreview, importFile, importSummary, importWishes, rejectedRow } from '../words/importing.ts';
import { splitName, taskDefinition, taskRow } from '../words/task.ts';
import type { Service } from './method.ts';
import { Stream, methods } from './method.ts';
import { wireError } from './wire.ts';

const importRequest = object({ files: array(importFile), wishes: importWishes });
export type ImportRequest = Infer<typeof importRequest>;

/** Some rows, in their order; those of a split follow each other. */
const importPart = tagged('type', [
  object({ type: exactly('rows'), split: splitName, rows: array(taskRow) }),
  object({ type: exactly('rejected'), rows: array(rejectedRow) }),
]);
export type ImportPart = Infer<typeof importPart>;

/** The files as read, and the task, but its rows, or why there is none. */
const importOutcome = object({
  files: array(filePreview),
  imported: nullable(object({ ...importSummary.entries, definition: taskDefinition })),
  problem: nullable(wireError),
});
export type ImportOutcome = Infer<typeof importOutcome>;

export const importMethods = methods({
  preview: new Stream('preview', {
    ...{ params: importRequest, event: importPart, result: importOutcome },
  }),
});
export type ImportService = Service<typeof importMethods>;
