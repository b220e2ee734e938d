/**
 * @file What an import is told and tells: files and what a person says of them, the files as read, rejected rows, the
 * splits. The importer (formats/import) speaks these words, and they cross to the page (protocol/importing.ts).
 */
import type { Infer } from '../core/shape.ts';
import {
  array,
  bytes,
  count,
  finite,
  flag,
  mapOf,
  namesOf,
  nullable,
  object,
  optional,
  recordOf,
  text,
  word,
} from '../core/shape.ts';
import { SPLITS, taskKind } from './task.ts';

/** A file that a person chose; `name` may hold folders, where a folder was picked. */
export const importFile = object({
  name: text,
  bytes,
  /** The answer to all its rows, as a person says: of a file per class. */
  label: optional(text),
});
export type ImportFile = Infer<typeof importFile>;

const column = nullable(text);
/** Which columns mean what, by name. */
export const columnRoles = object({
  /** Joined by a space where there are several; empty values are left out. */
  input: array(text),
  output: column,
  /** All choices of a multiple choice; `output` then names the right one by text, letter or number. */
  choices: column,
  correct: column,
  incorrect: column,
  /** Further right answers of a generation task. */
  references: column,
  /** Keeps the splits alike, e.g. a category; not part of the task. */
  group: column,
});
export type ColumnRoles = Infer<typeof columnRoles>;
/** In the order of forms and reports. */
export const COLUMN_ROLES = namesOf(columnRoles);

/** What a person said about the files; the rest is guessed. */
export const importWishes = object({
  /** The task's id; by default from the files' names. */
  name: optional(text),
  description: optional(text),
  kind: optional(taskKind),
  columns: optional(columnRoles),
  /** Raw label to its name; rows of a label that is missing here are rejected. */
  labelNames: optional(mapOf(text, text)),
  /** Whether the first line of CSV, TSV and sheets names the columns. */
  hasHeader: optional(flag),
  /** A name of the WHATWG Encoding Standard, or utf-32le. */
  encoding: optional(text),
  /** What separates columns, by name or as it is: tab, comma, ";". */
  delimiter: optional(text),
  /** Keys every draw; 1 by default. */
  seed: optional(finite),
  /** Answered rows for the pool, where the files have no answers or too few. */
  pool: optional(array(importFile)),
});
export type ImportWishes = Infer<typeof importWishes>;

export const fileFormat = word(['csv', 'tsv', 'json', 'jsonl', 'label-lines', 'lines', 'parquet', 'xlsx']);
export type FileFormat = Infer<typeof fileFormat>;

/** Published splits, in the words of task.json; `train` gives prompts and pool. */
const origin = word(['train', ...SPLITS]);
export type Origin = Infer<typeof origin>;

/** A file as read. */
export const filePreview = object({
  file: text,
  format: fileFormat,
  /** The published split that the name tells, or null. */
  origin: nullable(origin),
  rows: count,
  columns: array(
    object({
      name: text,
      /** The first values, shortened. */
      samples: array(text),
      distinct: count,
    }),
  ),
  mapping: columnRoles,
  notes: array(text),
});
export type FilePreview = Infer<typeof filePreview>;

const rejectReason = word([
  'empty',
  'malformed',
  'duplicate',
  'label-unknown',
  'no-answer',
  'too-long',
  'choices',
]);
export type RejectReason = Infer<typeof rejectReason>;

/** A row that was not taken. */
export const rejectedRow = object({
  file: text,
  line: count,
  reason: rejectReason,
  /** The reason in words, with what was found. */
  detail: text,
});
export type RejectedRow = Infer<typeof rejectedRow>;

const splitReport = object({
  rows: count,
  /** Rows per label; empty unless the kind is classification. */
  labels: recordOf(count),
});
/** Of a task that was made, but its rows. */
export const importSummary = object({
  splits: object({
    ...{ pool: splitReport, prompts: splitReport, validation: splitReport, probe: splitReport },
    test: splitReport,
  }),
  /** Usable rows beyond the full sizes. */
  leftOver: count,
  notes: array(text),
});
export type ImportSummary = Infer<typeof importSummary>;
