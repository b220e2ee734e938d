/** @file What the page knows: its surroundings, the loaded model, and one walk from a prompt to a trained adapter. */
import type { LabError } from '../core/errors.ts';
import type { ModelInfo } from '../protocol/words.ts';

/** What the browser grants this page; it does not change while the page is open. */
export interface Surroundings {
  /** https, or http on this very machine: the browsers' condition for WebGPU and for threads. */
  readonly isSecure: boolean;
  /** SharedArrayBuffer may be used: wasm threads. */
  readonly isIsolated: boolean;
  /** navigator.gpu exists (a usable adapter is another matter). */
  readonly hasWebgpu: boolean;
  /** Address of the page up to its host, e.g. "http://192.168.1.20:4173". */
  readonly origin: string;
}

/** A failure to be shown, plain so that the store stays serialisable. */
export interface Fault {
  readonly code: LabError['code'];
  readonly what: string;
  readonly remedy: string;
}

export interface LoadedModel {
  readonly inference: ModelInfo;
  readonly training: ModelInfo;
  /** Largest |difference| of the two runtimes' logits on the probe row, without an adapter. */
  readonly logitDifference: number;
}

/** The model's answer to the prompt, and how likely it finds the sentence that is taught. */
export interface Answer {
  readonly text: string;
  readonly isComplete: boolean;
  /** exp of the mean negative log-probability (nats) of the sentence's tokens after the prompt; null: not yet known. */
  readonly perplexity: number | null;
}

export interface Lesson {
  /** Loss before each step's update, nats a token. */
  readonly losses: readonly number[];
  readonly maxSteps: number;
  /** Filled when the adapter has changed hands. */
  readonly outcome: {
    readonly trainMs: number;
    readonly swapMs: number;
    /** Bytes of A and B that crossed from one worker to the other. */
    readonly adapterBytes: number;
    /** As LoadedModel's, with the trained adapter in both runtimes. */
    readonly logitDifference: number;
  } | null;
}

export type Activity = 'idle' | 'loading' | 'answering' | 'teaching';

export interface LabState {
  readonly surroundings: Surroundings;
  readonly activity: Activity;
  /** Share of the weights read, 0 to 1, while loading. */
  readonly loadedShare: number;
  readonly model: LoadedModel | null;
  readonly prompt: string;
  readonly sentence: string;
  readonly before: Answer | null;
  readonly after: Answer | null;
  readonly lesson: Lesson | null;
  readonly fault: Fault | null;
  /** A worker was replaced: what happened, in one sentence. */
  readonly notice: string | null;
}

export const initialState = (surroundings: Surroundings): LabState => ({
  surroundings,
  activity: 'idle',
  loadedShare: 0,
  model: null,
  prompt: 'The otter',
  sentence: ' sleeps on its back and holds hands.',
  before: null,
  after: null,
  lesson: null,
  fault: null,
  notice: null,
});

export const faultOf = ({ code, what, remedy }: LabError): Fault => ({ code, what, remedy });
