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
import { taskKind } from '../metrics/item.ts';
import { SPLITS } from './task.ts';

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
  /** All choices of a multiple choice, in one column or in one each; `output` then names the right one by text, letter,
   * column or number. */
  choices: array(text),
  correct: array(text),
  incorrect: array(text),
  /** Further right answers of a generation task. */
  references: column,
  /** Keeps the splits alike, e.g. a category; not part of the task. */
  group: column,
});
export type ColumnRoles = Infer<typeof columnRoles>;
/** In the order of forms and reports. */
export const COLUMN_ROLES = namesOf(columnRoles);

export const LIST_ROLES = [
  'input',
  'choices',
  'correct',
  'incorrect',
] as const satisfies readonly (keyof ColumnRoles)[];

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
  /** Keys every draw but that of the test rows; 1 by default. */
  seed: optional(finite),
  /** The prompt; `{input}` is replaced. By default made of the columns' names. */
  template: optional(text),
  /** An answer is scored by what stands after this mark, as #### in GSM8K. */
  answerAfter: optional(text),
  /** A column whose equal values stay in one split. */
  keepTogether: optional(text),
  /** What is done with rows of several labels: they are rejected, or (unless said) the import is refused. */
  severalLabels: optional(word(['reject'])),
  /** Answered rows for the pool, where the files have no answers or too few. */
  pool: optional(array(importFile)),
});
export type ImportWishes = Infer<typeof importWishes>;

export const fileFormat = word(['csv', 'tsv', 'json', 'jsonl', 'label-lines', 'lines', 'parquet', 'xlsx']);
export type FileFormat = Infer<typeof fileFormat>;

/** Published splits, in the words of task.json; `train` gives prompts and pool. */
const origin = word(['train', ...SPLITS]);
export type Origin = Infer<typeof origin>;

/** The layout that a file was taken for, with what was seen. */
const layoutFound = object({
  name: text,
  because: text,
  /** The next best, with what spoke for it. */
  runnerUp: optional(text),
});
export type LayoutFound = Infer<typeof layoutFound>;

/** The encoding of a text file, and what told it. */
export const fileEncoding = object({ name: text, how: word(['mark', 'said', 'bytes', 'guess']) });
export type FileEncoding = Infer<typeof fileEncoding>;

/** A file as read. */
export const filePreview = object({
  file: text,
  format: fileFormat,
  encoding: optional(fileEncoding),
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
  /** null where a person said what the columns mean. */
  layout: nullable(layoutFound),
  /** Columns without a role. */
  unused: array(text),
  notes: array(text),
});
export type FilePreview = Infer<typeof filePreview>;

const rejectReason = word([
  'empty',
  'malformed',
  'duplicate',
  'label-unknown',
  'several-labels',
  'no-answer',
  'too-long',
  'choices',
]);
export type RejectReason = Infer<typeof rejectReason>;

export const REJECT_TITLES: Readonly<Record<RejectReason, string>> = {
  empty: 'empty',
  malformed: 'malformed line',
  duplicate: 'stands twice',
  'label-unknown': 'unknown label',
  'several-labels': 'several labels',
  'no-answer': 'no answer',
  'too-long': 'too long',
  choices: 'choices do not fit',
};

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
  /** Rows that were read, before any was rejected. */
  rowsIn: count,
  /** Labels with the spellings that were taken for one, each with its rows. */
  spellings: array(object({ label: text, variants: array(object({ text, rows: count })) })),
  doubles: object({
    /** Rows whose text stood there before: rejected. */
    same: count,
    /** Those among them with another answer. */
    contradicting: count,
    /** Texts that differ in case and punctuation only: kept, in one split. */
    near: count,
    /** Doubles and near-doubles of two published splits: only the held-out one is kept. */
    crossing: count,
  }),
  /** What a person should look at before a run. */
  warnings: array(text),
  notes: array(text),
});
export type ImportSummary = Infer<typeof importSummary>;
