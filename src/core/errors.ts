/**
 * @file The lab's one error class. Every failure that a person can meet has a code from a closed set and a
 * message that names the thing that failed, what was expected and found, and what to do about it. Codes cross
 * worker boundaries as plain strings, so both sides switch over the same union.
 */

/** Every way the lab can fail, with the remedy that is shown when the thrower has none more precise. */
export const REMEDIES = {
  'webgpu-unavailable': 'Use a browser with WebGPU switched on, or choose the wasm backend.',
  'device-lost': 'The GPU device was lost; the worker has been replaced. Run the step again.',
  'out-of-memory': 'Choose a smaller batch, a shorter length or a smaller model.',
  'unsupported-architecture': 'Choose a checkpoint of a family that the lab computes.',
  'unsupported-adapter': 'Train a plain LoRA adapter: no DoRA, no bias, no modules_to_save.',
  'adapter-mismatch': 'Use the adapter with the base model that it was trained on.',
  'model-integrity': 'Fetch the checkpoint again: its files are damaged or incomplete.',
  'tokenizer-integrity': 'Fetch tokenizer.json and tokenizer_config.json again.',
  'task-integrity': 'Correct the file that is named, or import the task again.',
  'import-refused': 'Correct the files, or the options that say how to read them.',
  'source-unreadable': 'Check that the file exists and that the page may read it.',
  'storage-full':
    'Delete past runs or kept models, or export this run: what could not be kept is still in this page.',
  'storage-unavailable':
    'Allow this page to store data (no private window); until then export what you want to keep.',
  'invalid-request': 'Correct the request.',
  'context-overflow': 'Shorten the prompt or the number of new tokens.',
  'non-finite-loss': 'Lower the learning rate or the clip norm, and check the data.',
  'self-test-failed': 'Choose another backend: this device computes wrong numbers.',
  'protocol-mismatch': 'Reload the page: page and worker come from different builds.',
  'start-stalled':
    'Reload the page; if it happens again, use another browser and report it with the message.',
  'worker-died':
    'The worker is replaced and its model loaded again: go on, or ask again. If it dies again, choose a smaller batch or model.',
  busy: 'Wait for the current task of this worker, or cancel it.',
  cancelled: 'Nothing to do: the work was cancelled on request.',
  internal: 'This is a defect of the lab; please report it with the message.',
} as const;

export type ErrorCode = keyof typeof REMEDIES;

export const ERROR_CODES = Object.keys(REMEDIES) as readonly ErrorCode[];

/** A failure with a code from the closed set; `message` is complete English and ends with the remedy. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: ErrorCode;
  /** The message without the remedy, for places that show the remedy elsewhere. */
  readonly what: string;
  readonly remedy: string;

  constructor(code: ErrorCode, what: string, options: { remedy?: string; cause?: unknown } = {}) {
    const remedy = options.remedy ?? REMEDIES[code];
    super(`${what} ${remedy}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.what = what;
    this.remedy = remedy;
  }
}

/** Whatever was thrown, as a LabError; an unknown error keeps its message and becomes `internal`. */
export function toLabError(thrown: unknown, code: ErrorCode = 'internal'): LabError {
  if (thrown instanceof LabError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new LabError(code, /[.!?]$/.test(text) ? text : `${text}.`, { cause: thrown });
}

/** The structural part of AbortSignal that long work needs; core has no DOM. */
export interface CancelSignal {
  readonly aborted: boolean;
}

/** @throws LabError `cancelled` when the signal was raised. */
export function throwIfCancelled(signal: CancelSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw new LabError('cancelled', `${what} was cancelled.`);
}
