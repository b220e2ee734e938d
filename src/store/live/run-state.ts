/** @file A run on the page, the past runs, and what can be done with them. */
import type { Costs } from '../../method/costs.ts';
import type { RunState } from '../../method/state.ts';
import type { Fault } from '../lab-state.ts';
import type { PickedFiles } from '../../core/source.ts';
import type { CellStatus, RunModel, RunStatus, StoredRun } from '../runs/run-shape.ts';
import type { Stop } from './stops.ts';
import type { Started } from '../../method/under-way.ts';
import type { Setup } from '../setup/setup-shape.ts';
import type { Completion, TrainStep } from '../../words/engine.ts';
import type { AskedPrompt, Phase } from '../../words/events.ts';
import type { Arm } from '../../words/plan.ts';
import type { RecordedName } from '../../words/recorded.ts';
import type { Task } from '../../words/task.ts';

/** What goes on now in the cell that runs. */
export interface PhaseActivity extends Started {
  readonly done: number;
  /** Items a second in this phase; null before the first. */
  readonly rate: number | null;
  /** Of this phase, by its own pace; null while unknown. */
  readonly secondsLeft: number | null;
}

/** An answer as it came in; `key` ends in the row's id. */
export interface LiveAnswer {
  readonly round: number;
  readonly phase: Phase;
  readonly completion: Completion;
}

/** What came in since the last lasting event; empty when the cell is at rest. */
export interface Live {
  /** What is asked now, in the order of the request. */
  readonly asked: readonly AskedPrompt[];
  /** By key: the text so far of what is being written. */
  readonly writing: ReadonlyMap<string, string>;
  /** Newest last, at most a few hundred. */
  readonly answers: readonly LiveAnswer[];
  /** Of the training under way. */
  readonly curve: readonly TrainStep[];
}

/** One arm with one seed. */
export interface Cell {
  /** "ARM/SEED", unique in the run. */
  readonly key: string;
  readonly arm: Arm;
  readonly seed: number;
  readonly status: CellStatus;
  /** The fold of its lasting events: samples, adapters, curves, evaluations by round. */
  readonly state: RunState;
  readonly activity: PhaseActivity | null;
  readonly live: Live;
  readonly notices: readonly { readonly round: number; readonly text: string }[];
  readonly fault: Fault | null;
  readonly cost: Costs;
}

export interface RunView {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** `live`: computed in this page; `stored`: opened from the past runs; `replay`: recorded events are played. */
  readonly kind: 'live' | 'stored' | 'replay';
  readonly status: RunStatus;
  readonly setup: Setup;
  readonly model: RunModel;
  readonly task: Task;
  /** Seed by seed, in each the arms in their order. */
  readonly cells: readonly Cell[];
  /** Key of the cell at work. */
  readonly current: string | null;
  /** Share of the whole, 0 to 1. */
  readonly progress: number;
  /** Of the whole run; null while unknown. */
  readonly secondsLeft: number | null;
  /** The step under way has taken longer than it was predicted to. */
  readonly isLate?: boolean;
  /** The result that stepping has stopped on. */
  readonly stop?: Stop | null;
  readonly replay: ReplayView | null;
}

export interface ReplayView {
  readonly isPlaying: boolean;
  /** Lasting events a second. */
  readonly speed: number;
  readonly position: number;
  readonly length: number;
}

/** A past run in the list, without its events. */
export interface RunCard extends Omit<StoredRun, 'taskKey' | 'setupVersion'> {
  readonly taskId: string;
  /** Another window of this page computes it: here it is neither gone on with nor deleted. */
  readonly isElsewhere: boolean;
}

/** A past run that is not whole on the disk: nothing opens it, but what is there can be saved, and it can be removed. */
export interface DamagedRun {
  readonly id: string;
  readonly name: string;
  /** What is wrong with it, a sentence. */
  readonly why: string;
}

/** A file to hand to the person. */
export interface Download {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface RunsState {
  /** The run on the page: going on, at rest, opened or played. */
  readonly run: RunView | null;
  /** Past runs laid over it (Compare). */
  readonly overlays: readonly RunView[];
  /** Newest first. */
  readonly runs: readonly RunCard[];
  /** Past runs that cannot be opened. */
  readonly damaged: readonly DamagedRun[];
  /** The newest run that was under way when its window went away, until it is gone on with or put off. */
  readonly interrupted: RunCard | null;
  /** Runs of which something could not be kept so far: it stands in this page alone. */
  readonly unkept: readonly string[];
}

/** Nothing here throws: failures stand in the state. */
export interface RunActions {
  run(): void;
  pause(): void;
  resume(): void;
  /** On to the result of the next phase (of what labelling came to: label, filter, order), then pause. */
  stepPhase(): void;
  /** On to the end of the round, then pause. */
  stepRound(): void;
  /** Ends the run and keeps what it has. */
  stop(): void;
  /** Takes the run off the page; it stays among the past runs. */
  reset(): void;
  /** Goes on with the interrupted run where it was. */
  continueInterrupted(): Promise<void>;
  /** Not now: it stays among the past runs as interrupted. */
  dismissInterrupted(): void;
  openRun(id: string): Promise<void>;
  /** Goes on with a run that was stopped, failed or interrupted, where it was. */
  continueRun(id: string): Promise<void>;
  addOverlay(id: string): Promise<void>;
  removeOverlay(id: string): void;
  renameRun(id: string, name: string): Promise<void>;
  deleteRun(id: string): Promise<void>;
  exportRun(id: string): Promise<Download | null>;
  /** Whatever is there of a run, unchecked, damaged or not; it is not for `importRun`. */
  saveRaw(id: string): Promise<Download | null>;
  /** Files of `exportRun`, or what the runner or the Python twin wrote: kept among the past runs, and the first of them
   * opened as a replay. */
  importRun(picked: PickedFiles): Promise<void>;
  /** Plays a past run from its beginning. */
  playRun(id: string): Promise<void>;
  /** Plays a run that ships with the page, where there is one. */
  playRecorded(name: RecordedName): Promise<void>;
  setReplay(change: Partial<Pick<ReplayView, 'isPlaying' | 'speed' | 'position'>>): void;
  /** Deletes all past runs but the one on the page. */
  clearRuns(): Promise<void>;
}
