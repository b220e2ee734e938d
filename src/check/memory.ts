/** @file Bytes that a model needs, from its shapes: for a person who wonders whether it fits. */
import type { Architecture } from '../models/architecture.ts';

/** The batch that the figures are for: labelling with demonstrations, training without. */
const LABELLING_BATCH = { rows: 16, tokens: 256 } as const;
const TRAINING_BATCH = { rows: 16, tokens: 64, rank: 8 } as const;

const FLOAT_BYTES = 4;

const weightsOf = ({ tensors }: Architecture): number =>
  tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

/** float32 weights, the key/value cache of a full batch, its next-token logits, and the widest layer's activations. */
export function labellingBytes(architecture: Architecture): number {
  const { numLayers, kvHeads, headDim, vocabSize, intermediateSize, hiddenSize } = architecture;
  const { rows, tokens } = LABELLING_BATCH;
  const cache = 2 * numLayers * kvHeads * headDim * rows * tokens;
  const activations = (3 * intermediateSize + 4 * hiddenSize) * rows * tokens;
  return FLOAT_BYTES * (weightsOf(architecture) + cache + rows * vocabSize + activations);
}

/** Frozen weights as the training runtime holds them, LoRA r 8 on all linear layers with gradients and Adam's two
 * moments, and what the backward pass keeps of a batch. */
export function trainingBytes(architecture: Architecture, frozenBytes: number): number {
  const { numLayers, heads, kvHeads, headDim, vocabSize, intermediateSize, hiddenSize, linears } =
    architecture;
  const { rows, tokens, rank } = TRAINING_BATCH;
  const n = rows * tokens;
  const factors = linears
    .filter(({ isHead }) => !isHead)
    .reduce((sum, { inFeatures, outFeatures }) => sum + rank * (inFeatures + outFeatures), 0);
  const perToken =
    5 * hiddenSize + 3 * heads * headDim + 4 * kvHeads * headDim + 3 * intermediateSize + heads * tokens;
  // A quarter of the tokens are a completion's, and only those meet the vocabulary.
  const head = 2 * (n / 4) * vocabSize;
  return frozenBytes + FLOAT_BYTES * (4 * factors + numLayers * n * perToken + head);
}
