/** @file What a look beforehand found: readiness's word with its figures, and the prompt doctor's; for what it was said. */
import type { Remedy } from '../../analysis/readiness/remedies.ts';
import type { LabelNames } from '../../analysis/readiness/mend.ts';
import type { ReadinessSample } from '../../analysis/readiness/sample.ts';
import type { TemplateChoice } from '../../analysis/readiness/templates.ts';
import type { FoundErrors } from '../../analysis/readiness/draws.ts';
import type { Readiness } from '../../analysis/readiness/word.ts';
import type { SplitName, Task } from '../../words/task.ts';
import type { Plan } from '../../words/plan.ts';
import type { Fault } from '../lab-state.ts';

/** What was looked at: of another model, task, arm or seed nothing is said. */
export interface LookedAt extends Plan {
  readonly model: { readonly name: string; readonly sha256: string };
}

export interface ReadinessView {
  readonly of: LookedAt;
  /** What goes on; null at rest. */
  readonly work: 'rows' | 'templates' | null;
  /** How far it is, 0 to 1, and in words. */
  readonly share: number;
  readonly note: string;
  /** The word so far, or of the last look; null before there are answers. `shares` has the teacher's share right few-shot,
   * that of zero-shot, and the share of answers that are labels. */
  readonly found: (Readiness & { readonly sample: ReadinessSample }) | null;
  /** The prompt doctor's; null where it was not asked. */
  readonly choice: TemplateChoice | null;
  readonly fault: Fault | null;
}

/** Where a setup stands on the map: asked apart, since it takes eight answers a row. */
export interface PlaceView {
  readonly of: LookedAt;
  readonly isAsking: boolean;
  readonly share: number;
  readonly note: string;
  /** null before all are answered, and where no row fits the model. */
  readonly found: FoundErrors | null;
  readonly fault: Fault | null;
}

/** What fits the loaded model, with room for an answer. */
export interface TaskFit {
  /** Its context, in tokens. */
  readonly positions: number;
  readonly splits: readonly {
    readonly split: SplitName;
    /** Those looked at. */
    readonly rows: number;
    readonly fit: number;
  }[];
  /** Some split has more rows than were looked at. */
  readonly isPart: boolean;
}

export interface ReadinessState {
  /** null before the first look. */
  readonly readiness: ReadinessView | null;
  /** null before it was asked for. */
  readonly place: PlaceView | null;
}

/** Nothing here throws: failures stand in the state. */
export interface Looks {
  /** Asks a few rows of the chosen task as the first arm of the setup would: as many as fit into a few seconds, or so many. */
  checkFirst(rows?: number): Promise<void>;
  /** Asks the same rows under eight draws of demonstrations: which errors does the base always make? */
  findPlace(): Promise<void>;
  /** The prompt doctor. */
  tryTemplates(): Promise<void>;
  /** Ends what goes on; what it has found stands. */
  stopChecking(): void;
  closeCheck(): void;
  /** Changes setup or task as the remedy says, and looks again. */
  applyRemedy(remedy: Remedy): Promise<void>;
  /** Makes a task with these labels, keeps and chooses it, and looks again. */
  renameLabels(names: LabelNames): Promise<void>;
  /** What the prompt doctor named better: a template in a task of its own, a chat in the setup. */
  takeWinner(): Promise<void>;
  /** null where no model is loaded, or it failed (the fault stands in the state). */
  countFitting(task: Task): Promise<TaskFit | null>;
}

export interface ReadinessActions {
  /** Fetches the looks, which the page's first script does not hold, and asks them for something. */
  beforehand(ask: (looks: Looks) => Promise<void> | void): Promise<void>;
}
