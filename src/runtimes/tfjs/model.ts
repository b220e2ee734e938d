/**
 * @file A checkpoint's weights on the training device, frozen, and what can be asked of them: logits, and the loss of
 * completions with its gradients in LoRA factors. train.ts makes a training loop of it.
 */
import { throwIfCancelled, type CancelSignal } from '../../core/errors.ts';
import type { TrainExample } from '../../words/engine.ts';
import type { Adapter, LoraPair } from '../../lora/config.ts';
import type { Architecture } from '../../models/architecture.ts';
import type { Tapped } from '../../models/tap.ts';
import { checkExamples, logitsBatch, trainBatch } from './batch.ts';
import { adapterLayout, flatten, unflatten, type AdapterLayout } from './layout.ts';
import type { LoraSession, OptimizerState } from './lora-session.ts';
import { linearLayouts } from './kernels/transfer.ts';
import { registerKernels } from './kernels/register.ts';
import { FusedModel, FusedSession } from './session-fused.ts';
import { StockSession } from './session-stock.ts';
import type { WeightSource } from '../../models/architecture.ts';
import { activationBudget } from '../../models/memory.ts';
import { FrozenWeights, type LinearLayouts } from './weights.ts';

/** 'fused': the lab's own kernels. 'stock': tfjs' operations and tape, the yardstick of tests and benches. */
export type KernelChoice = 'fused' | 'stock';

export interface LoadOptions {
  readonly kernels?: KernelChoice;
  readonly signal?: CancelSignal;
  /** How linear weights are held, if not by the model's size. */
  readonly layouts?: LinearLayouts;
  /** Bytes that a training pass may keep of activations; beyond them layers are computed again, to the same bits. */
  readonly activationBytes?: number;
}

/** Padded tokens in one pass where only logits are asked for, which bounds its memory. */
const LOGITS_TOKENS = 1024;

export class TrainableModel {
  readonly architecture: Architecture;
  readonly kernels: KernelChoice;
  readonly #model: FusedModel;

  private constructor(
    architecture: Architecture,
    kernels: KernelChoice,
    weights: FrozenWeights,
    activationBytes: number,
  ) {
    this.architecture = architecture;
    this.kernels = kernels;
    this.#model = new FusedModel(architecture, weights, activationBytes);
  }

  /** Uploads the weights to the current backend (initBackend comes first). */
  static async load(checkpoint: WeightSource, options: LoadOptions = {}): Promise<TrainableModel> {
    const { kernels = 'fused', signal } = options;
    registerKernels();
    throwIfCancelled(signal, 'Loading the model for training');
    const { linears } = checkpoint.architecture;
    const elements = linears.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
    const { layouts = kernels === 'stock' ? 'in_out' : linearLayouts(elements) } = options;
    const weights = await FrozenWeights.load(checkpoint, layouts);
    const { activationBytes = activationBudget() } = options;
    return new TrainableModel(checkpoint.architecture, kernels, weights, activationBytes);
  }

  /** Bytes of the frozen weights on the device. */
  get memoryBytes(): number {
    return this.#model.weights.bytes;
  }

  dispose(): void {
    this.#model.dispose();
  }

  layout(adapter: Adapter): AdapterLayout {
    return adapterLayout(this.architecture.linears, adapter);
  }

  /** A session on this model; the caller disposes it. `state` defaults to the adapter with Adam at rest. */
  session(adapter: Adapter | null, state?: OptimizerState): LoraSession {
    return this.kernels === 'fused'
      ? this.#fused(adapter, state)
      : new StockSession(this.architecture, this.#model.weights, this.#adapted(adapter, state));
  }

  #fused(adapter: Adapter | null, state?: OptimizerState): FusedSession {
    return new FusedSession(this.#model, this.#adapted(adapter, state));
  }

  #adapted(adapter: Adapter | null, state?: OptimizerState) {
    if (adapter === null) return null;
    const layout = this.layout(adapter);
    return {
      layout,
      state: state ?? {
        params: flatten(layout, adapter),
        m: new Float32Array(layout.size),
        v: new Float32Array(layout.size),
      },
    };
  }

  /** Logits at every position of each row: (length, vocabSize), row-major.
   * @throws LabError `invalid-request` or `context-overflow` naming the row. */
  async logits(adapter: Adapter | null, rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const session = this.session(adapter);
    try {
      const out: Float32Array[] = [];
      const longest = rows.reduce((most, { length }) => Math.max(most, length), 1);
      const rowsAtOnce = Math.max(1, Math.floor(LOGITS_TOKENS / longest));
      for (let from = 0; from < rows.length; from += rowsAtOnce) {
        const some = rows.slice(from, from + rowsAtOnce);
        const values = await session.logits(logitsBatch(some, this.architecture));
        let offset = 0;
        for (const { length } of some) {
          const size = length * this.architecture.vocabSize;
          out.push(values.slice(offset, offset + size));
          offset += size;
        }
      }
      return out;
    } finally {
      session.dispose();
    }
  }

  /** What the lab's kernels compute of one row on the way to its logits. */
  async activations(adapter: Adapter | null, ids: readonly number[]): Promise<Tapped[]> {
    const session = this.#fused(adapter);
    try {
      const batch = logitsBatch([ids], this.architecture);
      const found = await session.activations(batch);
      return found.map(({ values, ...point }) => ({
        ...point,
        values: values.subarray(0, (values.length / batch.length) * ids.length),
      }));
    } finally {
      session.dispose();
    }
  }

  /** The mean loss (nats) over all completion tokens of the examples together, without dropout, and its gradients by
   * module in PEFT's shapes: a (r, in), b (out, r). */
  async lossAndGradients(
    adapter: Adapter,
    examples: readonly TrainExample[],
  ): Promise<{ loss: number; gradients: Map<string, LoraPair> }> {
    checkExamples(examples, this.architecture);
    const session = this.session(adapter);
    try {
      const batch = trainBatch(examples, this.architecture);
      session.backward(batch, 1 / batch.wanted, null);
      const { loss } = await session.measure();
      return { loss, gradients: unflatten(this.layout(adapter), await session.gradients()) };
    } finally {
      session.dispose();
    }
  }
}
