/**
 * @file What main.tsx hands to the views of data: files beside the page, and the importer, all as plain data. The shapes
 * are those of src/formats/import, by the parts that are shown; behind them stand chunks that are fetched when needed.
 */
import type { LabError } from '../../core/errors.ts';
import type { SplitName, Task, TaskKind } from '../../core/task.ts';

export interface PickedFile {
  /** With folders, where a folder was picked. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

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

/** What a person said about the files; the rest is guessed. */
export interface ImportChoices {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly kind?: TaskKind | undefined;
  readonly columns?: ColumnRoles | undefined;
  /** Raw label to its name; rows of a label that is missing here are rejected. */
  readonly labelNames?: ReadonlyMap<string, string> | undefined;
  readonly hasHeader?: boolean | undefined;
  readonly seed?: number | undefined;
  /** Answered rows, where the files have none or too few. */
  readonly pool?: readonly PickedFile[] | undefined;
}

export interface ShownFile {
  readonly file: string;
  readonly format: 'csv' | 'tsv' | 'json' | 'jsonl' | 'label-lines';
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

export interface RejectedRow {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
}

export interface ImportReport {
  readonly splits: Readonly<
    Record<SplitName, { readonly rows: number; readonly labels: Readonly<Record<string, number>> }>
  >;
  readonly rejected: readonly RejectedRow[];
  readonly leftOver: number;
  readonly notes: readonly string[];
}

export interface ImportPreview {
  readonly files: readonly ShownFile[];
  readonly imported: { readonly task: Task; readonly report: ImportReport } | null;
  /** Why there is no task. */
  readonly problem: LabError | null;
}

export interface ExperimentFile {
  /** E.g. "soft-vs-frozen". */
  readonly name: string;
  /** Unread: core/experiment.ts reads it. */
  readonly json: unknown;
}

export interface DataTools {
  /** The files as read, and the task or why there is none; rejects with what is no LabError only. */
  readonly previewImport: (files: readonly PickedFile[], choices: ImportChoices) => Promise<ImportPreview>;
  /** A bundled task with its rows. @throws LabError `task-integrity`, `source-unreadable` */
  readonly readTask: (id: string) => Promise<Task>;
  /** The Markdown of a bundled model's card; null where it has none. */
  readonly readModelCard: (model: string) => Promise<string | null>;
  readonly readExperiments: () => Promise<readonly ExperimentFile[]>;
}
