/**
 * @file What crosses between the tool and the page that runs the method in a browser, and the page as the tool sees it:
 * an interface, so that tests can conduct an experiment without a browser.
 */
import type { WeightType } from '../../src/core/weights.ts';
import type { MemoryUse } from '../../src/core/memory.ts';
import type { Rates } from '../../src/method/budget.ts';
import type { DeviceInfo } from '../../src/words/engine.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import type { Started } from '../../src/method/under-way.ts';
import type { Arm, Plan } from '../../src/words/plan.ts';
import type { Task } from '../../src/words/task.ts';
import type { TrainedText } from '../../src/method/trained-texts.ts';
import type { Spared } from '../../src/lab/reuse.ts';
import type { Lengths } from '../../src/lab/lengths.ts';

export type Backend = 'auto' | 'webgpu' | 'wasm';

/** What the page loaded the model on. */
export interface OpenedLab {
  readonly inference: DeviceInfo;
  readonly training: DeviceInfo;
  /** Devices tried before and why they were passed over, as sentences. */
  readonly passedOver: readonly string[];
  /** Largest |difference| of the two runtimes' logits on a probe row. */
  readonly logitDifference: number;
  /** As the browser names itself. */
  readonly browser: string;
}

/** What the probe found. */
export interface Measured {
  readonly rates: Rates;
  /** By task id. */
  readonly lengths: Readonly<Record<string, Lengths>>;
}

export interface Progress extends Started {
  readonly done: number;
}

/** The texts that a run's rounds were trained on. */
export type TrainedRounds = readonly {
  readonly round: number;
  readonly texts: readonly TrainedText[];
}[];

/** A run to its end. */
export interface Finished {
  readonly rounds: TrainedRounds;
  /** Of what this browser was asked for it. */
  readonly spared: Spared;
  /** Of the workers, since they loaded the model. */
  readonly memory: WorkersMemory;
}

export interface WorkersMemory {
  readonly labelling: MemoryUse;
  readonly training: MemoryUse;
}

export interface Listener {
  /** The run goes on when it is done.
   * @param wasComputed whether all that it tells was computed for it, and nothing before */
  onEvent(event: LastingEvent, wasComputed: boolean): Promise<void>;
  onProgress(progress: Progress): void;
  /** Something that a person should know. */
  onNotice(text: string): void;
}

export interface LabPage {
  readonly opened: OpenedLab;
  /** How fast the device is and how long the tasks' rows are; before the first run. */
  measure(tasks: readonly Task[]): Promise<Measured>;
  /** Runs a plan on from its events to the end.
   * @throws LabError `worker-died` where the page or its browser ended, and as bootstrap() */
  run(plan: Plan, history: readonly LastingEvent[], listener: Listener): Promise<Finished>;
  close(): Promise<void>;
}

export type OpenLab = () => Promise<LabPage>;

// ---------------------------------------------------------------- inside the browser

export interface PageFault {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}
export type Outcome<T> = { readonly value: T } | { readonly fault: PageFault };

export interface OpenRequest {
  /** Absolute. */
  readonly modelUrl: string;
  readonly weights: WeightType;
  readonly backend: Backend;
  readonly allowSoftware: boolean;
  /** What was computed is not computed again. */
  readonly reuses: boolean;
}

export interface Specimen {
  readonly task: string;
  readonly prompts: readonly string[];
  readonly answers: readonly string[];
  readonly bareAnswers: readonly string[];
}

export interface RunRequest {
  readonly taskName: string;
  readonly arm: Arm;
  readonly seed: number;
  /** As eventToText writes them. */
  readonly history: readonly string[];
}

/** What the page offers. */
export interface PageLab {
  open(request: OpenRequest): Promise<Outcome<OpenedLab>>;
  /** Some rows' texts by task id, for their lengths. */
  measure(specimens: readonly Specimen[]): Promise<Outcome<Measured>>;
  /** A task, sent once. */
  keepTask(name: string, task: Task): void;
  run(request: RunRequest): Promise<Outcome<Finished>>;
}

declare global {
  interface Window {
    experiment: PageLab;
    /** Bound by the tool; settles when the event is on the disk. */
    tellEvent: (event: string, wasComputed: boolean) => Promise<void>;
    tellProgress: (progress: Progress) => Promise<void>;
    tellNotice: (text: string) => Promise<void>;
    /** What was computed before, as keptToText writes it; null where it was not. */
    recall: (key: string) => Promise<string | null>;
    keep: (key: string, kept: string) => Promise<void>;
  }
}
