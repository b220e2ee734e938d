/** @file The training loop: resumed equals uninterrupted, accumulated equals one batch, cancelled leaves nothing. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  TRAIN_DEFAULTS,
  type BackendName,
  type TrainConfig,
  type TrainExample,
  type TrainStep,
} from '../../src/words/engine.ts';
import { deriveKey, integerAt } from '../../src/core/random.ts';
import { initAdapter, type Adapter, type LoraConfig } from '../../src/lora/config.ts';
import { architectureFromConfig } from '../../src/models/families.ts';
import { randomModel } from '../../src/models/random-weights.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { deviceMemory } from '../../src/runtimes/tfjs/device.ts';
import { TrainableModel, type KernelChoice } from '../../src/runtimes/tfjs/model.ts';
import { train, type TrainResult, type TrainingRun } from '../../src/runtimes/tfjs/train.ts';
import { nodeGpu } from '../../tools/node-gpu.ts';

const CONFIG = {
  model_type: 'llama',
  vocab_size: 61,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  tie_word_embeddings: true,
};
const architecture = architectureFromConfig(CONFIG);
const LORA: LoraConfig = {
  r: 4,
  loraAlpha: 8,
  useRslora: false,
  loraDropout: 0,
  targetModules: ['q_proj', 'v_proj', 'lm_head'],
};

const load = (kernels: KernelChoice = 'fused') =>
  TrainableModel.load(randomModel(architecture, 0), { kernels });

const adapterOf = (lora: Partial<LoraConfig> = {}): Adapter =>
  initAdapter(architecture.linears, { ...LORA, ...lora }, 3);

/** Examples of many lengths. */
const examples: readonly TrainExample[] = Array.from({ length: 10 }, (_, i) => {
  const ids = (count: number, what: string) =>
    Array.from({ length: count }, (_, j) => integerAt(deriveKey(i, what), j, CONFIG.vocab_size));
  return { promptIds: ids(2 + ((5 * i) % 9), 'prompt'), completionIds: ids(1 + ((7 * i) % 6), 'completion') };
});

const SHORT: TrainConfig = {
  ...TRAIN_DEFAULTS,
  learningRate: 0.02,
  batchSize: 4,
  maxSteps: 6,
  warmupRatio: 0.2,
};

async function finish(run: TrainingRun): Promise<{ steps: TrainStep[]; result: TrainResult }> {
  const steps: TrainStep[] = [];
  for (;;) {
    const { value, done } = await run.next();
    if (done === true) return { steps, result: value };
    steps.push(value);
  }
}

const factors = (adapter: Adapter) => [...adapter.pairs.values()].flatMap(({ a, b }) => [...a, ...b]);

const gpu = await nodeGpu();
const backends: BackendName[] = ['wasm', 'cpu', ...(gpu === undefined ? [] : (['webgpu'] as const))];

describe.each(backends)('on %s', (backend) => {
  beforeAll(async () => {
    await initBackend(backend, gpu === undefined ? {} : { gpu });
  });

  test.each([0, 0.3])(
    'resumed training equals uninterrupted to the bit (dropout %d)',
    async (loraDropout) => {
      const model = await load();
      const adapter = adapterOf({ loraDropout });
      const config = { ...SHORT, gradientAccumulationSteps: 2 };
      const whole = await finish(train(model, adapter, examples, config));

      const first = train(model, adapter, examples, config);
      // Ten examples in batches of four, two batches a step: the third step lies across two epochs.
      for (let i = 0; i < 4; i++) await first.next();
      const saved = structuredClone(await first.checkpoint());
      await first.return({ adapter, checkpoint: saved });
      const second = await finish(train(model, adapter, examples, config, { resumeFrom: saved }));

      expect(saved.step).toBe(4);
      expect(second.steps.map(({ loss }) => loss)).toEqual(whole.steps.slice(4).map(({ loss }) => loss));
      expect(factors(second.result.adapter)).toEqual(factors(whole.result.adapter));
      expect(second.result.checkpoint).toEqual(whole.result.checkpoint);
      model.dispose();
    },
  );

  test('passes that are accumulated make the step of one big batch', async () => {
    const model = await load();
    const adapter = adapterOf();
    const run = (batchSize: number, gradientAccumulationSteps: number) =>
      finish(train(model, adapter, examples.slice(0, 8), { ...SHORT, batchSize, gradientAccumulationSteps }));
    const big = await run(8, 1);
    const small = await run(2, 4);
    for (const [i, step] of big.steps.entries()) {
      expect(small.steps[i]?.loss).toBeCloseTo(step.loss, 5);
      expect(small.steps[i]?.gradNorm).toBeCloseTo(step.gradNorm, 4);
      expect(small.steps[i]?.tokens).toBe(step.tokens);
    }
    const other = factors(small.result.adapter);
    for (const [i, value] of factors(big.result.adapter).entries()) expect(other[i]).toBeCloseTo(value, 3);
    model.dispose();
  });

  test('dropout: a mask of the stated share, the same in the forward and the backward pass', async () => {
    // Stock operations multiply by the mask itself, so agreement means that the kernels draw the same one twice.
    const config = { ...SHORT, maxSteps: 3 };
    const losses: number[][] = [];
    for (const kernels of ['fused', 'stock'] as const) {
      const model = await load(kernels);
      const { steps } = await finish(train(model, adapterOf({ loraDropout: 0.4 }), examples, config));
      losses.push(steps.flatMap(({ loss, gradNorm }) => [loss, gradNorm]));
      model.dispose();
    }
    const [fused = [], stock = []] = losses;
    expect(fused).toHaveLength(6);
    for (const [i, value] of fused.entries()) expect(stock[i]).toBeCloseTo(value, 4);
  });

  test('the number of tensors is the same after every step and after the run', async () => {
    const model = await load();
    // The rotation tables are made on first use.
    await finish(train(model, adapterOf(), examples, { ...SHORT, maxSteps: 1 }));
    const before = tf.memory().numTensors;
    const run = train(model, adapterOf({ loraDropout: 0.1 }), examples, { ...SHORT, maxSteps: 20 });
    const counts: number[] = [];
    for (let step = await run.next(); step.done !== true; step = await run.next()) {
      counts.push(tf.memory().numTensors);
    }
    expect(new Set(counts).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
    await model.logits(adapterOf(), [[1, 2, 3]]);
    await model.lossAndGradients(adapterOf(), examples);
    expect(tf.memory().numTensors).toBe(before);

    // The same batches again need no new GPU buffer.
    const { gpuBytes } = deviceMemory();
    await finish(train(model, adapterOf({ loraDropout: 0.1 }), examples, { ...SHORT, maxSteps: 20 }));
    expect(deviceMemory().gpuBytes).toBe(gpuBytes);
    model.dispose();
  });

  test('return() and a raised signal end the run within the step and free everything', async () => {
    const model = await load();
    await model.logits(null, [[1, 2, 3]]);
    await finish(train(model, adapterOf(), examples, { ...SHORT, maxSteps: 1 }));
    const before = tf.memory().numTensors;

    const abandoned = train(model, adapterOf(), examples, SHORT);
    await abandoned.next();
    await abandoned.return({ adapter: adapterOf(), checkpoint: await abandoned.checkpoint() });
    expect(tf.memory().numTensors).toBe(before);
    expect((await abandoned.next()).done).toBe(true);
    await expect(abandoned.checkpoint()).rejects.toMatchObject({ code: 'invalid-request' });

    const signal = { aborted: false };
    const cancelled = train(model, adapterOf(), examples, SHORT, { signal });
    await cancelled.next();
    signal.aborted = true;
    await expect(cancelled.next()).rejects.toMatchObject({ code: 'cancelled' });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  test('a loss that is not finite stops the run and keeps the last finite parameters', async () => {
    const model = await load();
    // A "decay" that multiplies the parameters by 1e19 at every step.
    const run = train(model, adapterOf(), examples, {
      ...SHORT,
      ...{ learningRate: 1, weightDecay: 1e19 },
      warmupRatio: 0,
      maxGradNorm: 0,
    });
    let failure: unknown;
    try {
      await finish(run);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'non-finite-loss' });
    const saved = await run.checkpoint();
    expect(saved.step).toBeGreaterThan(0);
    expect(saved.params.every(Number.isFinite)).toBe(true);
    model.dispose();
  });
});
