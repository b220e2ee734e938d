/** @file Bytes that a model needs, from its shapes alone: before anything of it is loaded. */
import type { Batch, Batches, Need } from '../core/memory-need.ts';
import type { WeightType } from '../core/weights.ts';
import { weightType } from '../core/weights.ts';
import type { Architecture, TensorSpec } from './architecture.ts';
import { isMatrix } from './architecture.ts';
import { BLOCK } from './held.ts';
import type { AttentionSpec, Ops } from './ops.ts';

const FLOAT_BYTES = 4;

/** Browsers tell no more of a machine's memory. */
const MOST_TOLD = 2 ** 33;

/** What a training pass may keep of activations: a sixteenth of the machine's memory, of 8 GiB where it tells more or nothing. */
export const activationBudget = (deviceBytes: number | null = null): number =>
  Math.min(MOST_TOLD, deviceBytes ?? MOST_TOLD) / 16;

/** A value on the way: floats a token, counted once something keeps it. */
interface Passing {
  readonly width: number;
  isKept: boolean;
}

/** Counts what a backward pass reads, whatever the family. */
class Keeping implements Ops<Passing> {
  floats = 0;
  readonly #architecture: Architecture;
  readonly #widths: ReadonlyMap<string, number>;

  constructor(architecture: Architecture) {
    this.#architecture = architecture;
    this.#widths = new Map(architecture.linears.map(({ module, outFeatures }) => [module, outFeatures]));
  }

  #keep(...values: readonly Passing[]): void {
    for (const value of values) {
      if (!value.isKept) this.floats += value.width;
      value.isKept = true;
    }
  }

  #made(width: number, ...kept: readonly Passing[]): Passing {
    this.#keep(...kept);
    return { width, isKept: false };
  }

  embed = (): Passing => this.#made(this.#architecture.hiddenSize);
  embedPositions = (): Passing => this.#made(this.#architecture.hiddenSize);
  linear = (x: Passing, module: string): Passing => this.#made(this.#widths.get(module) ?? 0, x);
  rmsNorm = (x: Passing): Passing => this.#made(x.width, x);
  layerNorm = (x: Passing): Passing => this.#made(x.width, x);
  split = (_: Passing, sizes: readonly number[], groups = 1): readonly Passing[] =>
    sizes.map((size) => this.#made(groups * size));
  attention = (q: Passing, k: Passing, v: Passing, { rope, heads }: AttentionSpec): Passing => {
    // What is rotated is kept in place of what was.
    const [turnedQ, turnedK] = rope === undefined ? [q, k] : [this.#made(q.width), this.#made(k.width)];
    const out = this.#made(q.width, turnedQ, turnedK, v);
    this.#keep(out);
    this.floats += heads;
    return out;
  };
  gated = (gate: Passing, up: Passing): Passing => this.#made(gate.width, gate, up);
  map = (x: Passing): Passing => this.#made(x.width, x);
  add = (a: Passing): Passing => this.#made(a.width);
}

/** Bytes that a training pass keeps of each token, from the embedding to the final norm. */
export function activationBytes(architecture: Architecture): number {
  const keeping = new Keeping(architecture);
  architecture.forward(keeping);
  return FLOAT_BYTES * keeping.floats;
}

/** Bytes that a value of a matrix takes in blocks, with its share of the block's scale. */
const IN_BLOCKS = { q8: 1 + FLOAT_BYTES / BLOCK, q4: 0.5 + FLOAT_BYTES / BLOCK } as const;

const sizeOf = ({ shape }: TensorSpec): number => shape.reduce((product, size) => product * size, 1);

/** Frozen weights as a runtime on wasm holds them. onnxruntime has no product with 16 bits and holds float32 then.
 * @param half bytes of a value in 16 bits */
function frozenBytes(architecture: Architecture, weights: WeightType, half: 2 | 4): number {
  const inBlocks = (tensor: TensorSpec): boolean => {
    const spec = architecture.linears.find(({ weight }) => weight === tensor.name);
    return (spec?.inFeatures ?? tensor.shape.at(-1) ?? 1) % BLOCK === 0;
  };
  const bytes = (tensor: TensorSpec): number => {
    if (weights === 'float32' || !isMatrix(architecture, tensor)) return FLOAT_BYTES;
    if (weights === 'float16') return half;
    return inBlocks(tensor) ? IN_BLOCKS[weights] : FLOAT_BYTES;
  };
  return architecture.tensors.reduce((sum, tensor) => sum + bytes(tensor) * sizeOf(tensor), 0);
}

/** A runtime's own heap before anything is loaded. */
const RUNTIME_BYTES = 32 * 2 ** 20;
/** Panels of weights, unpacked and packed (tfjs), or rows of a head (onnxruntime). */
const PANELS_BYTES = 32 * 2 ** 20;

/** What a person meets without a setup of their own: demonstrations in labelling, none in training. */
const USUAL_LABELLING: Batch = { rows: 16, tokens: 256 };
const USUAL_TRAINING: Batch = { rows: 16, tokens: 64 };

/** Labelling and scoring on wasm: weights, the cache of a batch twice (in the session and beside it), the widest layer. */
export function labellingBytes(
  architecture: Architecture,
  weights: WeightType,
  { rows, tokens }: Batch = USUAL_LABELLING,
): number {
  const { numLayers, kvHeads, headDim, vocabSize, intermediateSize, hiddenSize, tiedHead, heads } =
    architecture;
  const isInBlocks = weights === 'q8' || weights === 'q4';
  // A head that is looked up in too has a table beside it, in the bits that the values have.
  const valueBytes = weights === 'float16' ? 2 : FLOAT_BYTES;
  const table = tiedHead && !isInBlocks ? valueBytes * vocabSize * hiddenSize : 0;
  const cache = 2 * 2 * numLayers * kvHeads * headDim * rows * tokens;
  const layer = rows * tokens * (3 * intermediateSize + 4 * hiddenSize + heads * tokens);
  const logits = 5 * rows * vocabSize;
  const held = frozenBytes(architecture, weights, 4) + table + RUNTIME_BYTES + PANELS_BYTES;
  return held + FLOAT_BYTES * (cache + layer + logits);
}

/** Training on wasm: weights, LoRA r 8 on all linear layers with gradients and Adam's two moments, what activations may
 * take, one part of the forward pass at work, and the vocabulary at the tokens that are learnt. */
export function trainingBytes(
  architecture: Architecture,
  weights: WeightType,
  { rows, tokens }: Batch = USUAL_TRAINING,
  { budget = activationBudget(), rank = 8, learnt = 4 } = {},
): number {
  const { numLayers, vocabSize, linears } = architecture;
  const factors = linears
    .filter(({ isHead }) => !isHead)
    .reduce((sum, { inFeatures, outFeatures }) => sum + rank * (inFeatures + outFeatures), 0);
  const all = rows * tokens * activationBytes(architecture);
  const kept = Math.min(all, budget) + (2 * all) / numLayers;
  const floats = 4 * factors + 3 * rows * learnt * vocabSize;
  return frozenBytes(architecture, weights, 2) + RUNTIME_BYTES + PANELS_BYTES + FLOAT_BYTES * floats + kept;
}

/** What a model needs with its matrices held in each type, the widest first.
 * @param deviceBytes what is told of the machine's memory */
export function needsOf(
  architecture: Architecture,
  deviceBytes: number | null,
  { labelling, training }: Batches = {},
): readonly Need[] {
  const budget = activationBudget(deviceBytes);
  return weightType.options.map((weights) => ({
    weights,
    labelling: labellingBytes(architecture, weights, labelling),
    training: trainingBytes(architecture, weights, training, { budget }),
  }));
}
