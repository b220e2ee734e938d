/**
 * @file How much memory a model needs here, from its parameters alone; an estimate that says what it leaves out. Both
 * runtimes hold the weights in float32, each its own: two workers, two copies.
 */

const FLOAT_BYTES = 4;
/** One wasm program can address no more. */
const WASM_BYTES = 4 * 1024 ** 3;
/** Of what the machine has, for one page: the rest is the system's, the browser's, and what training adds. */
const USABLE_SHARE = 0.5;

export interface MemoryNeed {
  /** Weights, for labelling and scoring. */
  readonly inferenceBytes: number;
  /** Weights again, for training. */
  readonly trainingBytes: number;
  readonly totalBytes: number;
}

export function memoryNeed(parameters: number): MemoryNeed {
  const copy = parameters * FLOAT_BYTES;
  return { inferenceBytes: copy, trainingBytes: copy, totalBytes: 2 * copy };
}

/** Of a checkpoint of which only the size is known: most are stored in 16 bits, some in 32. */
export const parametersOfBytes = (bytes: number): { readonly least: number; readonly most: number } => ({
  least: bytes / 4,
  most: bytes / 2,
});

export type Fit = 'fits' | 'tight' | 'too-large' | 'unknown';

/** @param deviceBytes what the browser tells of the machine's memory; null where it does not
 * @param isWasm whether a runtime computes in wasm, which addresses 4 GiB */
export function fitOf(
  { totalBytes, trainingBytes }: MemoryNeed,
  deviceBytes: number | null,
  isWasm: boolean,
): Fit {
  if (isWasm && trainingBytes > USABLE_SHARE * WASM_BYTES)
    return trainingBytes > WASM_BYTES ? 'too-large' : 'tight';
  if (deviceBytes === null) return 'unknown';
  if (totalBytes > deviceBytes) return 'too-large';
  return totalBytes > USABLE_SHARE * deviceBytes ? 'tight' : 'fits';
}

/** What navigator.deviceMemory says, in bytes: rounded, and no more than 8 GiB in most browsers. */
export function deviceBytes(navigator: object): number | null {
  const told: unknown = Reflect.get(navigator, 'deviceMemory');
  return typeof told === 'number' && told > 0 ? told * 1024 ** 3 : null;
}
