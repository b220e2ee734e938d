/**
 * @file What the importing worker can be asked: files to a task, with all that a form shows before anything is kept. The
 * words are those of formats/import. Rows come in parts, so that a large table never stands in one message: the page
 * takes one part after the other and stays awake between them.
 */
import type { SplitName, TaskDefinition, TaskKind, TaskRow } from '../words/task.ts';
import type { Service } from './method.ts';
import { Stream, methods } from './method.ts';
import {
  array,
  bytes,
  count,
  exactly,
  finite,
  flag,
  mapOf,
  nullable,
  object,
  optional,
  recordOf,
  tagged,
  text,
} from './shape.ts';
import { splitName, taskDefinition, taskKind, taskRow } from './task-shape.ts';
import type { WireError } from './wire.ts';
import { wireError } from './wire.ts';

export interface PickedFile {
  /** With folders, where a folder was picked. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
const files = array(object<PickedFile>({ name: text, bytes }));

export interface ColumnRoles {
  /** Joined by a space where there are several. */
  readonly input: readonly string[];
  readonly output: string | null;
  readonly choices: string | null;
  readonly correct: string | null;
  readonly incorrect: string | null;
  readonly references: string | null;
  readonly group: string | null;
}
const column = nullable<string>(text);
const columnRoles = object<ColumnRoles>({
  input: array(text),
  ...{
    output: column,
    choices: column,
    correct: column,
    incorrect: column,
    references: column,
    group: column,
  },
});

/** What a person said about the files; the rest is guessed. */
export interface ImportWishes {
  readonly name?: string;
  readonly description?: string;
  readonly kind?: TaskKind;
  readonly columns?: ColumnRoles;
  /** Raw label to its name; rows of a label that is missing here are rejected. */
  readonly labelNames?: ReadonlyMap<string, string>;
  readonly hasHeader?: boolean;
  readonly seed?: number;
  /** Answered rows, where the files have none or too few. */
  readonly pool?: readonly PickedFile[];
}

export interface ImportRequest {
  readonly files: readonly PickedFile[];
  readonly wishes: ImportWishes;
}
const importRequest = object<ImportRequest>({
  files,
  wishes: object<ImportWishes>({
    name: optional(text),
    description: optional(text),
    kind: optional(taskKind),
    columns: optional(columnRoles),
    labelNames: optional(mapOf(text)),
    hasHeader: optional(flag),
    seed: optional(finite),
    pool: optional(files),
  }),
});

export interface ShownFile {
  readonly file: string;
  readonly format: string;
  /** The published split that its name tells. */
  readonly origin: string | null;
  readonly rows: number;
  readonly columns: readonly {
    readonly name: string;
    readonly samples: readonly string[];
    readonly distinct: number;
  }[];
  readonly mapping: ColumnRoles;
  readonly notes: readonly string[];
}
const shownFile = object<ShownFile>({
  ...{ file: text, format: text, origin: column, rows: count, mapping: columnRoles, notes: array(text) },
  columns: array(object<ShownFile['columns'][number]>({ name: text, samples: array(text), distinct: count })),
});

export interface RejectedRow {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
}
const rejectedRow = object<RejectedRow>({ file: text, line: count, reason: text, detail: text });

export interface SplitReport {
  readonly rows: number;
  readonly labels: Readonly<Record<string, number>>;
}
const splitReport = object<SplitReport>({ rows: count, labels: recordOf(count) });

/** Some rows, in their order; those of a split follow each other. */
export type ImportPart =
  | { readonly type: 'rows'; readonly split: SplitName; readonly rows: readonly TaskRow[] }
  | { readonly type: 'rejected'; readonly rows: readonly RejectedRow[] };
const importPart = tagged<ImportPart, 'type'>('type', {
  rows: object({ type: exactly('rows'), split: splitName, rows: array(taskRow) }),
  rejected: object({ type: exactly('rejected'), rows: array(rejectedRow) }),
});

/** The files as read, and the task, but its rows, or why there is none. */
export interface ImportOutcome {
  readonly files: readonly ShownFile[];
  readonly imported: {
    readonly definition: TaskDefinition;
    readonly splits: Readonly<Record<SplitName, SplitReport>>;
    readonly leftOver: number;
    readonly notes: readonly string[];
  } | null;
  readonly problem: WireError | null;
}
const importOutcome = object<ImportOutcome>({
  files: array(shownFile),
  imported: nullable(
    object<NonNullable<ImportOutcome['imported']>>({
      definition: taskDefinition,
      splits: object<Record<SplitName, SplitReport>>({
        ...{ pool: splitReport, prompts: splitReport, validation: splitReport, probe: splitReport },
        test: splitReport,
      }),
      leftOver: count,
      notes: array(text),
    }),
  ),
  problem: nullable<WireError>(wireError),
});

export const importMethods = methods({
  preview: new Stream('preview', { params: importRequest, event: importPart, result: importOutcome }),
});
export type ImportService = Service<typeof importMethods>;
