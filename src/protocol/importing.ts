/**
 * @file What the importing worker can be asked: files to a task, with all that a form shows before anything is kept. Rows
 * come in parts, so that a large table never stands in one message: the page takes one part after the other and stays
 * awake between them.
 */
import type { Infer } from '../core/shape.ts';
import {
  array as listOf,
  exactly,
  nullable as orNull,
  object as fields,
  tagged as union,
} from '../core/shape.ts';
import { filePreview, importFile, importSummary, importWishes, rejectedRow } from '../words/importing.ts';
import { splitName, taskDefinition, taskRow } from '../words/task.ts';
import type { Service } from './method.ts';
import { Stream, methods } from './method.ts';
import { nullable, object, stated } from './shape.ts';
import type { WireError } from './wire.ts';
import { wireError } from './wire.ts';

const importRequest = fields({ files: listOf(importFile), wishes: importWishes });
export type ImportRequest = Infer<typeof importRequest>;

/** Some rows, in their order; those of a split follow each other. */
const importPart = union('type', [
  fields({ type: exactly('rows'), split: splitName, rows: listOf(taskRow) }),
  fields({ type: exactly('rejected'), rows: listOf(rejectedRow) }),
]);
export type ImportPart = Infer<typeof importPart>;

const filePreviews = listOf(filePreview);
const importedTask = orNull(fields({ ...importSummary.entries, definition: taskDefinition }));
/** The files as read, and the task, but its rows, or why there is none. */
export interface ImportOutcome {
  readonly files: Infer<typeof filePreviews>;
  readonly imported: Infer<typeof importedTask>;
  readonly problem: WireError | null;
}
const importOutcome = object<ImportOutcome>({
  files: stated(filePreviews),
  imported: stated(importedTask),
  problem: nullable<WireError>(wireError),
});

export const importMethods = methods({
  preview: new Stream('preview', {
    ...{ params: stated(importRequest), event: stated(importPart), result: importOutcome },
  }),
});
export type ImportService = Service<typeof importMethods>;
