/** @file Words of the state that stand by themselves: the page's surroundings, a failure, a loaded model. */
import type { LabError } from '../core/errors.ts';
import type { ModelInfo } from '../protocol/words.ts';

/** What the browser grants this page; it does not change while the page is open. */
export interface Surroundings {
  /** https, or http on this very machine: the browsers' condition for WebGPU and for threads. */
  readonly isSecure: boolean;
  /** The page was sent with the headers that threads need. */
  readonly isIsolated: boolean;
  /** SharedArrayBuffer is there: wasm threads. WebKitGTK has none even where the page is isolated. */
  readonly hasSharedMemory: boolean;
  /** navigator.gpu exists (a usable adapter is another matter). */
  readonly hasWebgpu: boolean;
  /** What the browser tells of the machine's memory, rounded; null where it tells nothing. */
  readonly memoryBytes: number | null;
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

export const faultOf = ({ code, what, remedy }: LabError): Fault => ({ code, what, remedy });
