/**
 * @file The training loop: AdamW on LoRA factors, loss on completion tokens only, token-weighted over everything that
 * makes one step. One update per `next()`; the run can be exported, cancelled or abandoned at every step.
 */
import { LabError, throwIfCancelled, type CancelSignal } from '../../core/errors.ts';
import { checked } from '../../core/shape.ts';
import type { TrainConfig, TrainExample, TrainStep } from '../../words/engine.ts';
import { trainConfig } from '../../words/engine.ts';
import { deriveKey } from '../../core/random.ts';
import type { Adapter } from '../../lora/config.ts';
import { checkExamples, trainBatch } from './batch.ts';
import { DataOrder } from './data-order.ts';
import { adapterFromFlat, flatten, type AdapterLayout } from './layout.ts';
import type { LoraSession, OptimizerState } from './lora-session.ts';
import type { TrainableModel } from './model.ts';
import { pause } from './pause.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainState } from '../../words/train-state.ts';
import { checkResumable, dataKeyOf } from './train-checkpoint.ts';

export interface TrainResult {
  readonly adapter: Adapter;
  readonly checkpoint: TrainState;
}

export interface TrainOptions {
  readonly signal?: CancelSignal;
  /** A run saved by `checkpoint()` under the same model, configuration and examples; continues bit for bit on wasm. */
  readonly resumeFrom?: TrainState;
}

/** A run in progress: iterate it for its steps; `return()` abandons it and frees everything. */
export interface TrainingRun extends AsyncGenerator<TrainStep, TrainResult, undefined> {
  /** The run's state after the last step. Between steps, after the end, and after a non-finite loss (then of the last
   * finite parameters); not after `return()` or cancellation. */
  checkpoint(): Promise<TrainState>;
}

/** torch.nn.utils.clip_grad_norm_ divides by the norm plus this. */
const CLIP_EPSILON = 1e-6;

/**
 * Trains `adapter` on `examples`.
 * @throws LabError `invalid-request` (configuration, examples, checkpoint) at once; from `next()`: `cancelled` when the
 * signal is raised, `non-finite-loss` naming the step.
 */
export function train(
  model: TrainableModel,
  adapter: Adapter,
  examples: readonly TrainExample[],
  config: TrainConfig,
  options: TrainOptions = {},
): TrainingRun {
  checked(trainConfig, config, 'The training', 'invalid-request');
  checkExamples(examples, model.architecture);
  const layout = model.layout(adapter);
  const dataKey = dataKeyOf(examples);
  const { resumeFrom } = options;
  if (resumeFrom !== undefined) {
    checkResumable(resumeFrom, { config, lora: adapter.config, layout, dataKey });
  }
  const state = resumeFrom ?? {
    params: flatten(layout, adapter),
    m: new Float32Array(layout.size),
    v: new Float32Array(layout.size),
  };
  const progress = new Progress(resumeFrom?.step ?? 0, state, (step, { params, m, v }) => ({
    version: 1,
    step,
    config,
    lora: adapter.config,
    slots: layout.slots,
    dataKey,
    params,
    m,
    v,
  }));
  const steps = run({ model, adapter, examples, config, options, layout }, state, progress);
  return Object.assign(steps, { checkpoint: () => progress.checkpoint() });
}

/** Where the run stands, for `checkpoint()`. */
class Progress {
  step: number;
  session: LoraSession | null = null;
  /** The state where no session holds it: before the first step and after the last. */
  state: OptimizerState | null;
  readonly #save: (step: number, state: OptimizerState) => TrainState;

  constructor(
    step: number,
    state: OptimizerState,
    save: (step: number, state: OptimizerState) => TrainState,
  ) {
    this.step = step;
    this.state = state;
    this.#save = save;
  }

  async checkpoint(): Promise<TrainState> {
    const { step } = this;
    const state = this.session === null ? this.state : await this.session.state();
    if (state === null) throw new LabError('invalid-request', 'The training run was abandoned.');
    return this.#save(step, { params: state.params.slice(), m: state.m.slice(), v: state.v.slice() });
  }
}

interface RunParts {
  readonly model: TrainableModel;
  readonly adapter: Adapter;
  readonly examples: readonly TrainExample[];
  readonly config: TrainConfig;
  readonly options: TrainOptions;
  readonly layout: AdapterLayout;
}

async function* run(
  { model, adapter, examples, config, options, layout }: RunParts,
  state: OptimizerState,
  progress: Progress,
): AsyncGenerator<TrainStep, TrainResult, undefined> {
  const { signal } = options;
  const order = new DataOrder(
    examples,
    ({ promptIds, completionIds }) => promptIds.length + completionIds.length,
    config,
  );
  const session = model.session(adapter, state);
  progress.session = session;
  progress.state = null;
  try {
    while (progress.step < config.maxSteps) {
      const { step } = progress;
      const passes = Array.from({ length: config.gradientAccumulationSteps }, (_, i) => {
        const pass = step * config.gradientAccumulationSteps + i;
        return { pass, batch: trainBatch(order.batch(pass), model.architecture) };
      });
      const targets = passes.reduce((sum, { batch }) => sum + batch.wanted, 0);
      session.zeroGradients();
      for (const { pass, batch } of passes) {
        await pause();
        throwIfCancelled(signal, 'Training');
        const { loraDropout: probability } = adapter.config;
        const dropout =
          probability > 0 ? { probability, key: deriveKey(config.seed, 'dropout', pass) } : null;
        session.backward(batch, 1 / targets, dropout);
      }
      const { loss, gradNorm } = await session.measure();
      throwIfCancelled(signal, 'Training');
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
        progress.state = await session.state();
        throw new LabError(
          'non-finite-loss',
          `Step ${step + 1} has loss ${loss} and gradient norm ${gradNorm}; the adapter is as step ${step} left it.`,
        );
      }
      const learningRate = learningRateAt(config, step);
      const { maxGradNorm } = config;
      session.update({
        step: step + 1,
        learningRate,
        beta1: config.adamBeta1,
        beta2: config.adamBeta2,
        epsilon: config.adamEpsilon,
        weightDecay: config.weightDecay,
        gradientScale: maxGradNorm > 0 ? Math.min(1, maxGradNorm / (gradNorm + CLIP_EPSILON)) : 1,
      });
      progress.step = step + 1;
      yield {
        type: 'step',
        step: step + 1,
        maxSteps: config.maxSteps,
        loss,
        gradNorm,
        learningRate,
        tokens: passes.reduce((sum, { batch }) => sum + batch.tokens, 0),
      };
    }
    progress.state = await session.state();
  } finally {
    progress.session = null;
    session.dispose();
  }
  const checkpoint = await progress.checkpoint();
  return {
    adapter: adapterFromFlat(layout, adapter, checkpoint.params),
    checkpoint,
  };
}
