/**
 * @file The models that ship and how each is trained. nano is as large as the page's 60-second budget allows; tiny
 * (under 100,000 parameters) is for tests.
 */

/** Keys are those of LlamaConfig in transformers. */
interface LlamaSize {
  readonly architectures: readonly string[];
  readonly model_type: 'llama';
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly max_position_embeddings: number;
  readonly [key: string]: unknown;
}

export interface Size {
  readonly config: LlamaSize;
  /** Tokens in a row of the corpus; the model sees one fewer. */
  readonly rowLength: number;
  /** Rows of the corpus; a longer run passes over them again, in another order. */
  readonly rows: number;
  readonly steps: number;
  readonly training: Readonly<Record<string, number>>;
}

function config(vocab: number, hidden: number, inner: number, layers: number, heads: number): LlamaSize {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: vocab,
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    head_dim: hidden / heads,
    max_position_embeddings: 256,
    hidden_act: 'silu',
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: true,
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: 0,
    eos_token_id: 0,
    torch_dtype: 'float32',
  };
}

export const SIZES: ReadonlyMap<string, Size> = new Map([
  [
    'nano',
    {
      config: config(2048, 128, 344, 4, 4),
      rowLength: 193,
      rows: 56_000,
      steps: 1600,
      training: {
        batch: 20,
        learning_rate: 2e-3,
        weight_decay: 0.05,
        warmup: 100,
        decay_from: 1200,
        clip: 1,
        eval_every: 100,
        save_every: 200,
      },
    },
  ],
  [
    'tiny',
    {
      config: config(768, 64, 160, 1, 2),
      rowLength: 129,
      rows: 8_000,
      steps: 600,
      training: {
        batch: 16,
        learning_rate: 3e-3,
        weight_decay: 0.05,
        warmup: 50,
        decay_from: 400,
        clip: 1,
        eval_every: 100,
        save_every: 300,
      },
    },
  ],
]);
