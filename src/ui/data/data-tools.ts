/**
 * @file What main.tsx hands to the views of data: files beside the page, and the importer, all as plain data. The shapes
 * are those that come from the importing worker; behind the rest stand chunks that are fetched when needed.
 */
import type { LabError } from '../../core/errors.ts';
import type { SplitName, Task, TaskKind } from '../../words/task.ts';
import type {
  ColumnRoles,
  PickedFile,
  RejectedRow,
  ShownFile,
  SplitReport,
} from '../../protocol/importing.ts';
import type { Signal } from '../../protocol/wire.ts';

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

export interface ImportReport {
  readonly splits: Readonly<Record<SplitName, SplitReport>>;
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
  /** Unread: words/experiment.ts reads it. */
  readonly json: unknown;
}

export interface DataTools {
  /** The files as read, and the task or why there is none, from a worker of its own.
   * @param onRows how many rows have come from it
   * @throws LabError `cancelled` when the signal is raised, `worker-died` */
  readonly previewImport: (
    files: readonly PickedFile[],
    choices: ImportChoices,
    signal: Signal,
    onRows: (count: number) => void,
  ) => Promise<ImportPreview>;
  /** A bundled task with its rows. @throws LabError `task-integrity`, `source-unreadable` */
  readonly readTask: (id: string) => Promise<Task>;
  /** The Markdown of a bundled model's card; null where it has none. */
  readonly readModelCard: (model: string) => Promise<string | null>;
  readonly readExperiments: () => Promise<readonly ExperimentFile[]>;
}
