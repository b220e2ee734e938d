/** @file A tiny random model on the wasm runtime, and what the tests ask of it again and again. */
import * as ort from 'onnxruntime-web';
import { GREEDY } from '../../src/words/engine.ts';
import type { Completion, GenerationConfig, PromptRow } from '../../src/words/engine.ts';
import { deriveKey, integerAt, normalAt } from '../../src/core/random.ts';
import { initAdapter } from '../../src/lora/config.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { Architecture, JsonObject } from '../../src/models/architecture.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { randomModel, usualSpread } from '../../src/models/random-weights.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import type { LoadModelOptions, OrtModel } from '../../src/runtimes/ort/engine.ts';
import type { GenerateOptions } from '../../src/runtimes/ort/generate.ts';
import type { WeightSource } from '../../src/models/architecture.ts';

export const VOCABULARY = 96;

export const TOY_CONFIG: JsonObject = {
  model_type: 'llama',
  hidden_size: 48,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: VOCABULARY,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
};

/** Random weights under which the next token is far from certain and far from uniform. */
const toySource = (config: JsonObject = TOY_CONFIG, seed = 0): WeightSource =>
  randomModel(architectureFromConfig(config), seed, (spec) =>
    spec.shape.length === 1 ? { ...usualSpread(spec), sd: 0.1 } : { mean: 0, sd: 0.4 },
  );

export async function toyModel(config?: JsonObject, options?: LoadModelOptions): Promise<OrtModel> {
  const engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
  return engine.loadModel(toySource(config), options);
}

/** An adapter on every linear layer whose both factors are random. */
export function toyAdapter(architecture: Architecture, seed: number, r = 3): Adapter {
  const config = {
    r,
    loraAlpha: 2 * r,
    useRslora: false,
    loraDropout: 0,
    targetModules: 'all-linear',
  } as const;
  const adapter = initAdapter(architecture.linears, config, seed);
  for (const [module, { b }] of adapter.pairs) {
    const key = deriveKey(seed, 'b', module);
    for (let i = 0; i < b.length; i++) b[i] = 0.3 * normalAt(key, i);
  }
  return adapter;
}

/** Prompts of different lengths. */
export function toyPrompts(count: number, seed = 7): PromptRow[] {
  return Array.from({ length: count }, (_, i) => {
    const key = deriveKey(seed, i);
    const length = 1 + integerAt(key, 0, 40);
    return { key: `prompt ${i}`, ids: Array.from({ length }, (__, t) => integerAt(key, t + 1, VOCABULARY)) };
  });
}

export async function complete(
  model: OrtModel,
  prompts: readonly PromptRow[],
  config: Partial<GenerationConfig> = {},
  options: GenerateOptions = {},
): Promise<Map<string, Completion>> {
  const completions = new Map<string, Completion>();
  for await (const event of model.generate(prompts, { ...GREEDY, ...config }, options)) {
    if (event.type === 'completion') completions.set(event.completion.key, event.completion);
  }
  return completions;
}
