/**
 * @file A complete checkpoint made in memory from a seed: a byte-level Llama of random weights. It knows nothing; it
 * is there so that the whole path, from files to a trained adapter, runs without a download.
 */
import type { SourceDescriptor } from '../core/source.ts';
import type { TensorSpec } from '../models/architecture.ts';
import { architectureFromConfig } from '../models/families.ts';
import { randomTensor, usualSpread, type Spread } from '../models/random-weights.ts';
import { byteAlphabet, byteLevelTokenizer } from './byte-level.ts';
import type { TensorToWrite } from './safetensors-writer.ts';
import { writeSafetensors } from './safetensors-writer.ts';

const BYTES = 256;
const END_OF_TEXT = { id: BYTES, content: '<|endoftext|>' };

export const TINY_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: BYTES + 1,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  hidden_act: 'silu',
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
  torch_dtype: 'float32',
  bos_token_id: END_OF_TEXT.id,
  eos_token_id: END_OF_TEXT.id,
};

/** Plain norms and wide embeddings; a steep head, so that a final state of unit scale can settle on one byte with
 * confidence. */
function spread(spec: TensorSpec): Spread {
  if (spec.name.endsWith('norm.weight')) return { mean: 1, sd: 0 };
  if (spec.name === 'model.embed_tokens.weight') return { mean: 0, sd: 1 };
  const usual = usualSpread(spec);
  return spec.name === 'lm_head.weight' ? { mean: 0, sd: 2 * usual.sd } : usual;
}

function randomWeight(spec: TensorSpec, seed: number): TensorToWrite {
  return { ...spec, dtype: 'F32', data: randomTensor(spec, seed, spread(spec)) };
}

/** BPE without merges, so every byte is its own token, its id the byte itself. */
const tokenizerJson = (): object =>
  byteLevelTokenizer(new Map(byteAlphabet().map((symbol, byte) => [symbol, byte])), [], END_OF_TEXT);

const TOKENIZER_CONFIG = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  bos_token: END_OF_TEXT.content,
  eos_token: END_OF_TEXT.content,
  clean_up_tokenization_spaces: false,
  model_max_length: TINY_CONFIG.max_position_embeddings,
};

/** The checkpoint's files: config, tokenizer, weights. Its first vocabulary entries are the 256 bytes. */
export function tinyCheckpoint(seed = 0): SourceDescriptor {
  const { tensors } = architectureFromConfig(TINY_CONFIG);
  const weights = tensors.map((spec) => randomWeight(spec, seed));
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return {
    kind: 'memory',
    label: 'built-in random model',
    files: new Map([
      ['config.json', json(TINY_CONFIG)],
      ['generation_config.json', json({ eos_token_id: END_OF_TEXT.id })],
      ['tokenizer.json', json(tokenizerJson())],
      ['tokenizer_config.json', json(TOKENIZER_CONFIG)],
      ['model.safetensors', writeSafetensors(weights, { metadata: { format: 'pt' } })],
    ]),
  };
}
