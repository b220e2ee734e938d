/**
 * @file Does this device compute what the plain reference computes? Tiny random models, which between them use every
 * kernel (self-test-models.ts), are run on the device and on tfjs' cpu backend: loss, every LoRA gradient, and the
 * parameters after an update. Some GPUs are known to give zero gradients or wrong products without any error.
 */
import type { BackendName, TrainExample } from '../../words/engine.ts';
import { maxAbs, maxAbsDifference } from '../../metrics/agreement.ts';
import { LabError } from '../../core/errors.ts';
import { deriveKey, integerAt, normalAt } from '../../core/random.ts';
import { initAdapter, type Adapter, type LoraConfig } from '../../lora/config.ts';
import type { JsonObject } from '../../models/architecture.ts';
import { architectureFromConfig } from '../../models/families.ts';
import { randomModel } from '../../models/random-weights.ts';
import { initBackend, type BackendOptions } from './backend.ts';
import { trainBatch } from './batch.ts';
import { TrainableModel } from './model.ts';
import { SELF_TEST_MODELS } from './self-test-models.ts';
import type { WeightSource } from '../../models/architecture.ts';

/** Largest relative error of a tensor, max |a - b| / max |b|. Devices round exp, tanh and division differently. */
const SELF_TEST_TOLERANCE = 1e-3;

export interface SelfTestRow {
  /** e.g. "llama relu: gradient of model.layers.0.self_attn.q_proj.lora_A" */
  readonly name: string;
  readonly relativeError: number;
}

export interface SelfTestResult {
  readonly backend: BackendName;
  readonly tolerance: number;
  /** Worst first. */
  readonly rows: readonly SelfTestRow[];
}

const SEED = 1;

const LORA: LoraConfig = {
  r: 3,
  loraAlpha: 6,
  useRslora: false,
  loraDropout: 0.2,
  targetModules: 'all-linear',
};

function randomAdapter({ architecture }: WeightSource): Adapter {
  const adapter = initAdapter(architecture.linears, LORA, 1);
  for (const [module, { b }] of adapter.pairs) {
    const key = deriveKey('self-test', module, 'lora_B');
    for (let i = 0; i < b.length; i++) b[i] = 0.3 * normalAt(key, i);
  }
  return adapter;
}

function randomExamples(vocabulary: number): TrainExample[] {
  const ids = (length: number, row: number) =>
    Array.from({ length }, (_, i) => integerAt(deriveKey('self-test', row), i, vocabulary));
  return [
    { promptIds: ids(9, 0), completionIds: ids(8, 1) },
    { promptIds: ids(3, 2), completionIds: ids(5, 3) },
  ];
}

/** What the current backend computes, by name. */
async function compute(config: JsonObject): Promise<Map<string, Float32Array>> {
  const source = randomModel(architectureFromConfig(config), SEED);
  const { architecture } = source;
  const model = await TrainableModel.load(source);
  const adapter = randomAdapter(source);
  const { slots } = model.layout(adapter);
  const session = model.session(adapter);
  const numbers = new Map<string, Float32Array>();
  const put = (what: string, flat: Float32Array) => {
    for (const { module, aOffset, bOffset, r, outFeatures } of slots) {
      numbers.set(`${what} ${module}.lora_A`, flat.slice(aOffset, bOffset));
      numbers.set(`${what} ${module}.lora_B`, flat.slice(bOffset, bOffset + outFeatures * r));
    }
  };
  try {
    session.zeroGradients();
    const batch = trainBatch(randomExamples(architecture.vocabSize), architecture);
    session.backward(batch, 1 / batch.wanted, { probability: LORA.loraDropout, key: 7 });
    const { loss, gradNorm } = await session.measure();
    numbers.set('loss', Float32Array.of(loss));
    numbers.set('gradient norm', Float32Array.of(gradNorm));
    put('gradient of', await session.gradients());
    session.update({
      step: 1,
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      // Large, so that the update is a smooth function of the gradient and not its sign.
      epsilon: 0.1,
      weightDecay: 0.01,
      gradientScale: 0.5,
    });
    put('updated', (await session.state()).params);
  } finally {
    session.dispose();
    model.dispose();
  }
  return numbers;
}

/** Infinity where a value is missing or not a number on either side, or there is nothing to compare. */
export function relativeError(got: Float32Array, want: Float32Array): number {
  const size = maxAbs(want);
  // Gradients and parameters of random models are never all zero: such a reference would prove nothing.
  return size > 0 && Number.isFinite(size) ? maxAbsDifference(got, want) / size : Infinity;
}

/** Every model's quantities on the backend that is current. */
async function computeAll(): Promise<Map<string, Float32Array>> {
  const all = new Map<string, Float32Array>();
  for (const [model, config] of Object.entries(SELF_TEST_MODELS)) {
    for (const [name, values] of await compute(config)) all.set(`${model}: ${name}`, values);
  }
  return all;
}

/**
 * Tests a backend and leaves it current.
 * @throws LabError `self-test-failed` naming the worst tensors with their errors, and what initBackend throws.
 */
export async function selfTest(backend: BackendName, options: BackendOptions = {}): Promise<SelfTestResult> {
  await initBackend('cpu');
  const wanted = await computeAll();
  await initBackend(backend, options);
  const found = await computeAll();
  const rows = [...wanted].map(([name, values]) => ({
    name,
    relativeError: relativeError(found.get(name) ?? new Float32Array(), values),
  }));
  // Infinity minus Infinity is no order.
  rows.sort((a, b) => (a.relativeError === b.relativeError ? 0 : b.relativeError - a.relativeError));
  const bad = rows.filter((row) => !(row.relativeError <= SELF_TEST_TOLERANCE));
  if (bad.length > 0) {
    const shown = bad.slice(0, 4).map((row) => `${row.name} off by ${row.relativeError.toExponential(1)}`);
    throw new LabError(
      'self-test-failed',
      `On ${backend}, ${bad.length} of ${rows.length} tensors differ from the reference by more than ${SELF_TEST_TOLERANCE} of their size: ${shown.join('; ')}.`,
    );
  }
  return { backend, tolerance: SELF_TEST_TOLERANCE, rows };
}
