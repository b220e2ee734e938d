/** @file The shapes that the GPU bench measures, as folders that both the lab and transformers open: the very same random weights. */
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { architectureFromConfig } from '../../src/models/families.ts';
import { randomTensor } from '../../src/models/random-weights.ts';
import { writeSafetensors } from '../../src/formats/safetensors-writer.ts';

const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  torch_dtype: 'float32',
} as const;

export const SHAPES = {
  nano: {
    ...LLAMA,
    vocab_size: 2048,
    hidden_size: 128,
    intermediate_size: 344,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    head_dim: 32,
    max_position_embeddings: 256,
    rope_theta: 10_000,
  },
  'smollm2-135m': {
    ...LLAMA,
    vocab_size: 49_152,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    head_dim: 64,
    max_position_embeddings: 8192,
    rope_theta: 100_000,
  },
} as const;
export type ShapeName = keyof typeof SHAPES;

export const isShape = (name: string): name is ShapeName => Object.hasOwn(SHAPES, name);

/** Writes the shape's model into `parent`, once. @returns its folder */
export async function randomModelFolder(name: ShapeName, parent: string): Promise<string> {
  const folder = join(parent, name);
  const weights = join(folder, 'model.safetensors');
  if (existsSync(weights)) return folder;
  await mkdir(folder, { recursive: true });
  const config = SHAPES[name];
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const tensors = architectureFromConfig(config).tensors.map((spec) => ({
    ...spec,
    dtype: 'F32' as const,
    data: randomTensor(spec, 1),
  }));
  // Whole or not at all: a run that was stopped leaves no half of a model for the next.
  await writeFile(`${weights}.part`, writeSafetensors(tensors, { metadata: { format: 'pt' } }));
  await rename(`${weights}.part`, weights);
  return folder;
}
