/**
 * @file The tiny models of the start-up self-test: every family and every activation, gated and plain, so that between
 * them they run every kernel of the trainer (a unit test holds them to it).
 */
import type { JsonObject } from '../../models/architecture.ts';

/** The least that a layer can be with heads of its own; each model below says what is its own. */
const SMALL = {
  vocab_size: 29,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 64,
};

const SMALL_GPT2 = { vocab_size: 29, n_embd: 16, n_inner: 24, n_layer: 1, n_head: 2, n_positions: 64 };

export const SELF_TEST_MODELS: Readonly<Record<string, JsonObject>> = {
  /** Grouped heads, norms on heads, RMSNorm, a gated MLP, the head tied to the embedding. */
  'qwen3 silu': {
    ...{ model_type: 'qwen3', vocab_size: 61, hidden_size: 24, intermediate_size: 40, num_hidden_layers: 1 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 8, max_position_embeddings: 64 },
    ...{ hidden_act: 'silu', rms_norm_eps: 1e-6, tie_word_embeddings: true },
  },
  /** A sliding window, biases on q, k and v. */
  'qwen2 gelu': {
    ...SMALL,
    ...{ model_type: 'qwen2', hidden_act: 'gelu', num_key_value_heads: 1 },
    ...{ use_sliding_window: true, sliding_window: 5, max_window_layers: 0 },
  },
  'llama gelu_tanh': {
    ...SMALL,
    ...{ model_type: 'llama', hidden_act: 'gelu_new', attention_bias: true, mlp_bias: true },
  },
  /** Two norms around each half that multiply by 1 + w, capped logits, scaled embeddings. */
  'gemma3_text gelu_tanh': {
    ...{ ...SMALL, model_type: 'gemma3_text', num_key_value_heads: 1, head_dim: 8 },
    ...{ query_pre_attn_scalar: 8, sliding_window: 5, final_logit_softcapping: 4 },
  },
  /** Projections fused in parts of several sizes. */
  'phi3 silu': { ...SMALL, model_type: 'phi3', num_key_value_heads: 1 },
  /** Multipliers within the layers. */
  'granite relu': { ...SMALL, model_type: 'granite', hidden_act: 'relu', residual_multiplier: 0.5 },
  /** LayerNorm, q/k/v fused by head, partial rotation, a parallel residual, a head of its own. In its second
   * layer three gradients meet in one value. */
  'gpt_neox gelu': {
    ...{ model_type: 'gpt_neox', vocab_size: 53, hidden_size: 32, intermediate_size: 48 },
    ...{ num_hidden_layers: 2, num_attention_heads: 2, max_position_embeddings: 64, rotary_pct: 0.25 },
    ...{ hidden_act: 'gelu', tie_word_embeddings: false },
  },
  'gpt_neox silu': {
    ...SMALL,
    ...{ model_type: 'gpt_neox', hidden_act: 'silu', rotary_pct: 1, use_parallel_residual: false },
  },
  /** Learnt positions, no rotation, q/k/v fused in blocks, weights stored (in, out). */
  'gpt2 gelu_tanh': { ...SMALL_GPT2, model_type: 'gpt2', activation_function: 'gelu_new' },
  'gpt2 relu': { ...SMALL_GPT2, model_type: 'gpt2', activation_function: 'relu' },
};
