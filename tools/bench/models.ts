/** @file The models and batches that the benches run: random weights, so that nothing is downloaded. */
import { TRAIN_DEFAULTS } from '../../src/words/engine.ts';
import type { TrainExample } from '../../src/words/engine.ts';
import { deriveKey, integerAt } from '../../src/core/random.ts';
import type { LoraConfig } from '../../src/lora/config.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { randomModel } from '../../src/models/random-weights.ts';

export type RandomModel = ReturnType<typeof randomModel>;

/** A Llama of the bundled model's size by default (about 1.5 M parameters). */
export function benchModel(
  size: { readonly hidden?: number; readonly layers?: number; readonly vocabulary?: number } = {},
): RandomModel {
  const { hidden = 128, layers = 6, vocabulary = 2048 } = size;
  const config = {
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: 3 * hidden,
    num_hidden_layers: layers,
    num_attention_heads: hidden / 32,
    num_key_value_heads: hidden / 32,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  };
  return randomModel(architectureFromConfig(config), 1);
}

export const parametersOf = ({ architecture }: RandomModel): number =>
  architecture.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

export const LORA: LoraConfig = {
  r: 8,
  loraAlpha: 16,
  useRslora: false,
  loraDropout: 0,
  targetModules: 'all-linear',
};

/** Token ids, the same for the same row. */
export const randomIds = (length: number, row: number, vocabulary: number): number[] =>
  Array.from({ length }, (_, i) => integerAt(deriveKey('bench', row), i, vocabulary));

/** The method's training batch: 16 zero-shot prompts with short answers. */
export function trainingExamples(vocabulary: number, tokens = 32): TrainExample[] {
  return Array.from({ length: 16 }, (_, row) => ({
    promptIds: randomIds(tokens - 4, row, vocabulary),
    completionIds: randomIds(4, 1000 + row, vocabulary),
  }));
}

export const TRAIN_CONFIG = {
  ...TRAIN_DEFAULTS,
  batchSize: 16,
  lrSchedulerType: 'constant',
  warmupRatio: 0,
} as const;
