/**
 * @file The lab on this process's WebGPU against PyTorch, transformers and peft, on the same rows, weights and adapter: the loss of
 * the rows' last tokens, its gradients and the losses of some steps; log-probabilities and greedy answers, which are laid beside
 * those of onnxruntime's wasm too.
 */
import { check, difference, worst } from '../../src/check/check.ts';
import type { Check } from '../../src/check/check.ts';
import type { Gradients } from '../../src/check/sides.ts';
import type { SpeedWork } from '../../src/check/speed.ts';
import { toLabError } from '../../src/core/errors.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { PREFIX } from '../../src/formats/peft-names.ts';
import type { Adapter } from '../../src/lora/config.ts';
import { maxAbs } from '../../src/metrics/agreement.ts';
import type { OrtModel } from '../../src/runtimes/ort/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { train } from '../../src/runtimes/tfjs/train.ts';
import { GREEDY } from '../../src/words/engine.ts';
import { TRAIN_CONFIG } from '../bench/models.ts';
import { gpuHere, labellingEngine } from './gpu.ts';
import type { Reference } from './reference.ts';
import { busyAdapter, STEPS } from './reference.ts';
import type { Checks } from './report.ts';

/** A GPU's exp, sin and cos may be approximate: the goldens' tolerances and ten times them where those are for tiny models. */
export const ALLOWED = {
  /** Share of the loss. */
  loss: 1e-4,
  /** Share of a tensor's largest. */
  gradient: 1e-3,
  losses: 1e-3,
  logprobs: 1e-3,
  /** Computed in half precision. */
  halfLogprobs: 0.1,
} as const;

const TRAINS = { runtime: 'tfjs', backend: 'webgpu' } as const;
const LABELS = { runtime: 'ort', backend: 'webgpu' } as const;

export const examplesOf = ({ prompts, targets }: SpeedWork) =>
  prompts.map((ids) => ({ promptIds: ids.slice(0, -targets), completionIds: ids.slice(-targets) }));

type Ask = () => Promise<Reference>;

interface Trained {
  readonly loss: number;
  readonly gradients: Gradients;
  /** Before each update. */
  readonly losses: readonly number[];
}

export function trainingChecks(
  found: Trained,
  theirs: Pick<Reference, 'loss' | 'losses' | 'gradients'>,
): Check[] {
  const checks = [
    check(TRAINS, 'loss', Math.abs(found.loss - theirs.loss), ALLOWED.loss * Math.max(1, theirs.loss)),
  ];
  for (const [factor, of] of [
    ['A', 'a'],
    ['B', 'b'],
  ] as const) {
    const apart = [...found.gradients].map(([module, pair]) => {
      const expected = theirs.gradients.get(`${PREFIX}${module}.lora_${factor}.weight`) ?? [];
      return difference(pair[of], expected) / maxAbs(Float32Array.from(expected));
    });
    const name = `gradients of ${apart.length} ${factor}, worst share of a tensor’s largest`;
    checks.push(check(TRAINS, name, worst(apart), ALLOWED.gradient));
  }
  const surplus = Math.abs(theirs.gradients.size - 2 * found.gradients.size);
  checks.push(check(TRAINS, 'gradients that one of them lacks', surplus, 0));
  const steps = `losses of ${theirs.losses.length} steps`;
  checks.push(check(TRAINS, steps, difference(found.losses, theirs.losses), ALLOWED.losses));
  return checks;
}

export async function compareTraining(
  checkpoint: Checkpoint,
  work: SpeedWork,
  reference: Ask,
): Promise<Checks> {
  const theirs = await reference();
  await initBackend('webgpu', { gpu: await gpuHere() });
  const model = await TrainableModel.load(checkpoint);
  const adapter = busyAdapter(checkpoint);
  const examples = examplesOf(work);
  const { loss, gradients } = await model.lossAndGradients(adapter, examples);
  const losses: number[] = [];
  const config = { ...TRAIN_CONFIG, batchSize: examples.length, maxSteps: STEPS };
  for await (const step of train(model, adapter, examples, config)) losses.push(step.loss);
  return {
    checks: trainingChecks({ loss, gradients, losses }, theirs),
    leftOut: [],
    against: madeBy(theirs),
  };
}

const madeBy = (made: Pick<Reference, 'torch' | 'transformers' | 'peft' | 'device'>): string =>
  `PyTorch ${made.torch}, transformers ${made.transformers}, peft ${made.peft} on ${made.device}`;

/** Numbers of each row. */
type PerRow = readonly (readonly number[])[];
interface Scored {
  readonly base: PerRow;
  readonly adapted: PerRow;
}

async function scoresOf(model: OrtModel, adapter: Adapter, work: SpeedWork): Promise<Scored> {
  const rows = examplesOf(work);
  const logprobs = async (options: { adapter?: Adapter }) =>
    (await model.score(rows, options)).map((score) => score.logprobs);
  return { base: await logprobs({}), adapted: await logprobs({ adapter }) };
}

async function greedyOf(model: OrtModel, { prompts, newTokens }: SpeedWork): Promise<number[][]> {
  const answers = prompts.map((): number[] => []);
  const rows = prompts.map((ids, i) => ({ key: `${i}`, ids }));
  for await (const event of model.generate(rows, { ...GREEDY, maxNewTokens: newTokens })) {
    if (event.type === 'token') answers[Number(event.key)]?.push(event.id);
  }
  return answers;
}

const apart = (a: PerRow, b: PerRow): number =>
  a.length === b.length ? worst(a.map((row, i) => difference(row, b[i] ?? []))) : Infinity;

/** Answers that part where the reference's lead decides it, and not before it: a lead below twice the tolerance is a tie. */
export function partedAnswers(
  greedy: PerRow,
  theirs: readonly { readonly ids: readonly number[]; readonly leads: readonly number[] }[],
): number {
  const rows = theirs.map(({ ids, leads }, row) => {
    const at = ids.findIndex((id, step) => greedy[row]?.[step] !== id);
    return at >= 0 && (leads[at] ?? Infinity) >= 2 * ALLOWED.logprobs;
  });
  return greedy.length === theirs.length ? rows.filter(Boolean).length : Infinity;
}

export const logprobChecks = (name: string, found: Scored, theirs: Scored): Check[] => [
  check(LABELS, `log-probs against ${name}`, apart(found.base, theirs.base), ALLOWED.logprobs),
  check(
    LABELS,
    `log-probs against ${name}, with the adapter`,
    apart(found.adapted, theirs.adapted),
    ALLOWED.logprobs,
  ),
];

export async function compareLabelling(
  checkpoint: Checkpoint,
  work: SpeedWork,
  reference: Ask,
  wasm: string,
): Promise<Checks> {
  await gpuHere();
  const adapter = busyAdapter(checkpoint);
  const engine = await labellingEngine(wasm);
  const model = await engine.loadModel(checkpoint);
  const found = await scoresOf(model, adapter, work);
  const checks: Check[] = [];
  const leftOut: string[] = [];
  const notCompared: string[] = [];
  let against: string | undefined;
  /** What one comparison cannot do is said in its place, and the others go on. */
  const attempt = async (what: string, work: () => Promise<readonly Check[]>) => {
    await work().then(
      (some) => checks.push(...some),
      (thrown: unknown) => notCompared.push(`${what}: ${toLabError(thrown).message}`),
    );
  };
  await attempt('wasm', async () => {
    const processor = await (await labellingEngine(wasm, 'wasm')).loadModel(checkpoint);
    return logprobChecks('wasm', found, await scoresOf(processor, adapter, work));
  });
  await attempt('transformers', async () => {
    const { logprobs, greedy, ...theirs } = await reference();
    against = madeBy(theirs);
    const parted = partedAnswers(await greedyOf(model, work), greedy);
    return [
      ...logprobChecks('transformers', found, logprobs),
      check(LABELS, 'greedy answers that part', parted, 0),
    ];
  });
  if (!engine.device.hasShaderF16) leftOut.push('half precision: this adapter has no shader-f16');
  else {
    await attempt('half precision', async () => {
      const half = await scoresOf(await engine.loadModel(checkpoint, { dtype: 'float16' }), adapter, work);
      const value = Math.max(apart(half.base, found.base), apart(half.adapted, found.adapted));
      const name = 'log-probs in half precision against float32';
      return [check(LABELS, name, value, ALLOWED.halfLogprobs)];
    });
  }
  return { checks, leftOut, notCompared, ...(against === undefined ? {} : { against }) };
}
