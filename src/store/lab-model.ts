/**
 * @file What the page knows and what it can be asked to do: the one state that every view reads, and the actions that
 * change it. All of it is plain data (core's events and states as they are), so views are functions of it.
 */
import type { StoreApi } from 'zustand/vanilla';
import type { Completion, TrainStep } from '../words/engine.ts';
import type { Mode, Phase } from '../words/events.ts';
import type { KnobName } from '../words/knobs.ts';
import type { MethodName } from '../words/methods.ts';
import type { Arm } from '../words/plan.ts';
import type { FileLike, SourceDescriptor } from '../core/source.ts';
import type { PromptParts } from '../method/prompt-text.ts';
import type { RunState } from '../method/state.ts';
import type { SplitName, Task, TaskDefinition } from '../words/task.ts';
import type { Adapter } from '../lora/config.ts';
import type { LoadProgress } from '../protocol/words.ts';
import type { WorkerName } from '../protocol/supervisor.ts';
import type { Fault, LoadedModel, Surroundings } from './lab-state.ts';
import type { CellStatus, RunModel, RunStatus, StoredRun } from './runs/run-shape.ts';
import type { Change, ModelRef, Setup } from './setup/setup-shape.ts';

export type { KnobsSet } from '../words/knobs-set.ts';
export type { ArmSetup } from './setup/setup-shape.ts';
export type { CellStatus, Change, ModelRef, RunModel, RunStatus, Setup };

// ---------------------------------------------------------------- model

/** What a load does now. */
export type LoadActivity =
  /** Its files come; bytes, whose total is null until every file has told its length. */
  | { readonly step: 'fetch'; readonly done: number; readonly total: number | null }
  /** Both runtimes start with it; null before a worker has said anything. */
  | {
      readonly step: 'start';
      readonly inference: LoadProgress | null;
      readonly training: LoadProgress | null;
    }
  /** Both have it; their answers are compared. */
  | { readonly step: 'compare' };

export interface ModelView {
  readonly ref: ModelRef;
  readonly status: 'none' | 'loading' | 'ready' | 'failed';
  /** What goes on while it loads; null at rest. */
  readonly activity: LoadActivity | null;
  /** With `inference.device`, `training.device` and their `passedOver`: what stands on which device, and why. */
  readonly loaded: LoadedModel | null;
  readonly fault: Fault | null;
}

/** A model of the Hub that was asked for by name: first its size, then, on request, its files. */
export interface HubView {
  readonly name: string;
  readonly status: 'asking' | 'found' | 'fetching' | 'stopped' | 'kept' | 'failed';
  /** Of all files that the lab reads; 0 while unknown. */
  readonly bytes: number;
  readonly fetchedBytes: number;
  readonly fault: Fault | null;
}

// ---------------------------------------------------------------- tasks

export interface TaskCard {
  readonly definition: TaskDefinition;
  /** Rows by split. */
  readonly sizes: Readonly<Record<SplitName, number>>;
  readonly origin: 'bundled' | 'imported';
}

export interface TasksView {
  readonly cards: readonly TaskCard[];
  /** The chosen one with its rows; null until they are read. */
  readonly task: Task | null;
  readonly fault: Fault | null;
}

// ---------------------------------------------------------------- setup

export interface SetupView {
  readonly setup: Setup;
  /** The arms with all their knobs; [] where the setup is faulty. */
  readonly arms: readonly Arm[];
  /** What is wrong, by field: a knob's name, `arms`, `seeds`, `taskId`; `arm/NAME/KNOB` for an arm's own knob. */
  readonly faults: Readonly<Record<string, string>>;
  /** Against the run before; [] where there is none. */
  readonly changes: readonly Change[];
  /** Of one arm and seed: rounds x prompts per round. */
  readonly prompts: number;
  /** What a run takes on this machine, by a short probe, then by what the last one of the task took; null before
   * anything was measured. */
  readonly predictedSeconds: number | null;
  /** What the arm that needs most of it adds to the model's memory: LoRA's weights, gradient and moments, and every
   * round's adapter; null before the model is known. */
  readonly predictedAdapterBytes: number | null;
  /** The setup as the part of an address behind '#'. */
  readonly hash: string;
}

// ---------------------------------------------------------------- a run

/** What goes on now in the cell that runs. */
export interface PhaseActivity {
  readonly round: number;
  readonly phase: Phase;
  /** E.g. "test, zero-shot". */
  readonly detail: string;
  readonly done: number;
  readonly items: number;
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
  /** Tokens and milliseconds by phase, as the events' costs add up. */
  readonly cost: Readonly<Record<Phase, { readonly tokens: number; readonly milliseconds: number }>>;
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
export interface RunCard extends Omit<StoredRun, 'taskKey'> {
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

// ---------------------------------------------------------------- asking the model beside a run

/** Who answers: the base, or the adapter of a round of a cell of the current run, or one that was loaded. */
export type Answerer =
  | { readonly kind: 'base' }
  | { readonly kind: 'round'; readonly cell: string; readonly round: number }
  | { readonly kind: 'loaded'; readonly name: string };

export interface Alternative {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
}

export interface AnswerToken {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
  /** The five most likely tokens here, the chosen one among them if it is; [] where the model is too large to tell. */
  readonly alternatives: readonly Alternative[];
}

export interface AskedAnswer {
  readonly answerer: Answerer;
  readonly status: 'waiting' | 'answering' | 'done' | 'failed';
  readonly text: string;
  readonly tokens: readonly AnswerToken[];
  readonly fault: Fault | null;
}

/** The prompt of an evaluated item, made again from the run's plan. */
export interface PromptSeen {
  readonly parts: PromptParts;
  /** Demonstrations that were drawn, but there was no room for them. */
  readonly leftOut: number;
  /** false: the run's model is not loaded, so all of them are taken to have fitted. */
  readonly isCertain: boolean;
}

/** What a followed prompt came to. */
export interface PinnedPrompt {
  /** The whole text that the model is given. */
  readonly parts: PromptParts;
  /** Demonstrations that have no room before it. */
  readonly leftOut: number;
  /** Whose draw its demonstrations are: that of the round that labelled it, that of scoring, or one that the run would
   * make, since it never asked this. */
  readonly origin:
    { readonly kind: 'labelled'; readonly round: number } | { readonly kind: 'evaluated' | 'outside' };
  /** Ids of the pool's rows that it came with, in order. */
  readonly drawn: readonly string[];
  /** The rounds that labelled it. */
  readonly rounds: readonly number[];
}

/** One prompt that is followed through the rounds. */
export interface Pinned {
  readonly input: string;
  /** Id of the row it came from; null where it was typed. */
  readonly rowId: string | null;
  /** Key of the cell whose rounds answer; null: the run's first. */
  readonly cell: string | null;
  readonly mode: Mode;
  /** The round whose draw it has, where several labelled it; null: the first. */
  readonly drawnIn: number | null;
  /** Ids of the pool's rows that were put before it by hand, in order; null: those it came with. */
  readonly chosen: readonly string[] | null;
  /** null while it is being made. */
  readonly prompt: PinnedPrompt | null;
  readonly answers: readonly AskedAnswer[];
}

export interface Sampling {
  readonly doSample: boolean;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface Playground {
  readonly text: string;
  /** The pieces of the prompt that was put there last: it is sent in them, as a run sends it, until the text is changed. */
  readonly pieces: readonly string[];
  /** Where an answer to a text in the shape of the task's prompts ends, beside the model's own end and the limit. Other
   * text has no stop. */
  readonly stopAt: 'task' | 'nothing';
  readonly sampling: Sampling;
  readonly answerers: readonly Answerer[];
  readonly answers: readonly AskedAnswer[];
}

export interface LoadedAdapter {
  readonly name: string;
  readonly adapter: Adapter;
}

// ---------------------------------------------------------------- what is kept

export interface StorageView {
  /** false: nothing is kept over a reload (private window, refused); `why` says it. */
  readonly isAvailable: boolean;
  readonly why: string;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** The browser promised not to clear it by itself. */
  readonly isPersisted: boolean;
  readonly runsBytes: number;
  readonly modelsBytes: number;
  readonly keptModels: readonly { readonly name: string; readonly bytes: number }[];
}

/** A worker that gives no sign: at a long step, or gone. */
export interface SilentWorker {
  readonly worker: WorkerName;
  readonly seconds: number;
}

export interface Notice {
  readonly id: number;
  readonly text: string;
}

// ---------------------------------------------------------------- the whole

export interface LabModel {
  readonly surroundings: Surroundings;
  readonly model: ModelView;
  readonly hub: HubView | null;
  readonly tasks: TasksView;
  readonly setup: SetupView;
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
  /** Workers that are at work and have given no sign for a while. */
  readonly silent: readonly SilentWorker[];
  readonly pinned: Pinned | null;
  readonly playground: Playground;
  readonly adapters: readonly LoadedAdapter[];
  readonly storage: StorageView;
  /** Failures that belong to no place of their own, newest last. */
  readonly faults: readonly Fault[];
  readonly notices: readonly Notice[];
}

/** A file to hand to the person. */
export interface Download {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Everything the page can do. Nothing here throws: failures stand in the state. */
export interface LabActions {
  // model
  loadBundled(): Promise<void>;
  loadFiles(source: SourceDescriptor, name: string): Promise<void>;
  /** Asks the Hub for the size alone; `fetchHub` then fetches, resumes, keeps and loads it. */
  askHub(name: string): Promise<void>;
  fetchHub(): Promise<void>;
  cancelLoading(): void;
  removeKeptModel(name: string): Promise<void>;

  // task
  chooseTask(id: string): void;
  /** A task that was read or imported; kept, and chosen. */
  addTask(task: Task): Promise<void>;
  removeTask(id: string): Promise<void>;

  // setup
  setKnob(name: KnobName, value: string | number | boolean): void;
  /** Back to the default. */
  unsetKnob(name: KnobName): void;
  setArmKnob(arm: string, name: KnobName, value: string | number | boolean | null): void;
  addArm(method: MethodName): void;
  removeArm(name: string): void;
  renameArm(name: string, to: string): void;
  /** One method with its controls; the arms of before go. */
  chooseMethod(method: MethodName): void;
  setSeeds(seeds: readonly number[]): void;
  applySetup(setup: Setup): void;
  /** What stands behind '#'; what it cannot read is refused with a notice, a version that the page does not know whole. */
  applyHash(hash: string): void;
  resetSetup(): void;

  // run
  run(): void;
  pause(): void;
  resume(): void;
  /** On to the next phase, then pause. */
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
  /** Ends a worker that gives no sign and starts another; what it was asked for fails. */
  replaceWorker(worker: WorkerName): void;

  // past runs
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
  /** A file of `exportRun`: kept among the past runs and opened as a replay. */
  importRun(file: FileLike): Promise<void>;
  /** Plays a past run from its beginning. */
  playRun(id: string): Promise<void>;
  /** Plays the run that ships with the page, where there is one. */
  playRecorded(): Promise<void>;
  setReplay(change: Partial<Pick<ReplayView, 'isPlaying' | 'speed' | 'position'>>): void;

  // asking
  /** The prompt that a test item of the run on the page was evaluated with; null where it has no such item. */
  promptSeen(cell: string, id: string, mode: Mode): Promise<PromptSeen | null>;
  pin(input: string, rowId: string | null): void;
  unpin(): void;
  setPinned(change: Partial<Pick<Pinned, 'input' | 'cell' | 'mode' | 'drawnIn' | 'chosen'>>): void;
  setPlayground(change: Partial<Pick<Playground, 'text' | 'stopAt' | 'answerers'>>): void;
  /** The next test item's prompt into the playground, as the run on the page scores it, or the setup would. */
  insertPrompt(mode: Mode): Promise<void>;
  setSampling(change: Partial<Sampling>): void;
  /** All answerers of the playground, one after the other, streaming. */
  ask(): Promise<void>;
  stopAsking(): void;

  // adapters
  /** PEFT's two files; null where it failed (the fault stands in the state). */
  saveAdapter(answerer: Answerer): Promise<readonly Download[] | null>;
  loadAdapter(source: SourceDescriptor, name: string): Promise<void>;

  // storage and messages
  persistStorage(): Promise<void>;
  /** Deletes all past runs but the one on the page. */
  clearRuns(): Promise<void>;
  dismissFault(fault: Fault): void;
  dismissNotice(id: number): void;
}

export interface Bootlace {
  readonly store: StoreApi<LabModel>;
  readonly actions: LabActions;
}
