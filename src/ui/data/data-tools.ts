/**
 * @file What main.tsx hands to the views of data: files beside the page, and the importer, all as plain data. The shapes
 * are those that come from the importing worker; behind the rest stand chunks that are fetched when needed.
 */
import type { LabError } from '../../core/errors.ts';
import type {
  FilePreview,
  ImportFile,
  ImportSummary,
  ImportWishes,
  RejectedRow,
} from '../../words/importing.ts';
import type { Task } from '../../words/task.ts';
import type { Signal } from '../../protocol/wire.ts';

/** What a person said about the files; the rest is guessed. */
export type ImportChoices = { readonly [K in keyof ImportWishes]?: ImportWishes[K] | undefined };

export interface ImportReport extends ImportSummary {
  readonly rejected: readonly RejectedRow[];
}

export interface ImportPreview {
  readonly files: readonly FilePreview[];
  readonly imported: { readonly task: Task; readonly report: ImportReport } | null;
  /** Why there is no task. */
  readonly problem: LabError | null;
}

export interface ExperimentFile {
  /** E.g. "soft-vs-frozen". */
  readonly name: string;
  /** Unread: words/experiment.ts reads it. */
  readonly json: unknown;
}

export interface DataTools {
  /** The files as read, and the task or why there is none, from a worker of its own.
   * @param onRows how many rows have come from it
   * @throws LabError `cancelled` when the signal is raised, `worker-died` */
  readonly previewImport: (
    files: readonly ImportFile[],
    choices: ImportChoices,
    signal: Signal,
    onRows: (count: number) => void,
  ) => Promise<ImportPreview>;
  /** A bundled task with its rows. @throws LabError `task-integrity`, `source-unreadable` */
  readonly readTask: (id: string) => Promise<Task>;
  /** The Markdown of a bundled model's card; null where it has none. */
  readonly readModelCard: (model: string) => Promise<string | null>;
  /** The Markdown of the guide to one's own data. */
  readonly readGuide: () => Promise<string>;
  readonly readExperiments: () => Promise<readonly ExperimentFile[]>;
}
