/** @file The names of the graph's inputs and outputs, shared by the graph's builder and its callers. */

export interface LoraInputNames {
  /** A^T: (in, r). */
  readonly a: string;
  /** scaling * B^T: (r, out). */
  readonly b: string;
}

export const loraInputNames = (module: string): LoraInputNames => ({
  a: `${module}.lora_A`,
  b: `${module}.lora_B`,
});

export interface CacheNames {
  readonly key: string;
  readonly value: string;
}

/** transformers.js' names, so that its own generate() can drive the session. */
export const pastNames = (layer: number): CacheNames => ({
  key: `past_key_values.${layer}.key`,
  value: `past_key_values.${layer}.value`,
});

export const presentNames = (layer: number): CacheNames => ({
  key: `present.${layer}.key`,
  value: `present.${layer}.value`,
});

/** The two files of a matrix that is held in blocks. */
export const blockNames = (weight: string): { readonly quants: string; readonly scales: string } => ({
  quants: `${weight}.quants`,
  scales: `${weight}.scales`,
});

/** Rows of a head's matrix that are mounted and multiplied together, where it is mounted in parts. */
const PART_ROWS = 8192;

export interface HeadPart {
  readonly name: string;
  readonly from: number;
  readonly rows: number;
}

/** The parts of a head's matrix: onnxruntime holds one it packs twice for as long as that takes, and wasm's heap never shrinks. */
export const headParts = (weight: string, rows: number): readonly HeadPart[] =>
  Array.from({ length: Math.ceil(rows / PART_ROWS) }, (_, i) => {
    const from = i * PART_ROWS;
    return { name: `${weight}[${from}]`, from, rows: Math.min(PART_ROWS, rows - from) };
  });

/** An output of a tapped graph. */
export const tapName = (point: number): string => `tap ${point}`;

/** One mask for each width of sliding window. */
export const maskName = (window: number | undefined): string =>
  window === undefined ? 'mask' : `mask(${window})`;

export const INPUT = {
  inputIds: 'input_ids',
  embeddings: 'embeddings',
  positionIds: 'position_ids',
  seqlensK: 'seqlens_k',
  totalSequenceLength: 'total_sequence_length',
  rows: 'rows',
  targets: 'targets',
  pool: 'pool',
} as const;

export const OUTPUT = {
  /** (N, V) float32: logits at the chosen rows. */
  logits: 'logits',
  /** (N, 1) int64: the most likely token, the lowest id of equals. */
  argmax: 'argmax',
  /** (N, 1) float32, nats: its log-probability. */
  argmaxLogprob: 'argmax_logprob',
  /** (N, 1) float32, nats: log-probability of the row's target. */
  targetLogprob: 'target_logprob',
  /** (N, 1) float32, nats: entropy of the row's distribution. */
  entropy: 'entropy',
  /** (B, 1, H) float32: the pool-weighted sum of last hidden states. */
  pooled: 'pooled',
} as const;
