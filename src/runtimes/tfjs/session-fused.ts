/** @file A training step in the lab's own kernels. Parameters, gradients and both moments are one flat vector each. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { clone, keep, tidy } from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';
import type { Architecture } from '../../models/architecture.ts';
import { ropeTable } from '../../models/rope.ts';
import type { Rope } from '../../models/ops.ts';
import type { TapPoint, Tapped } from '../../models/tap.ts';
import { TappedOps } from '../../models/tap.ts';
import type { Batch } from './batch.ts';
import { download, gradientSplits, upload } from './kernels/transfer.ts';
import { ZERO } from './kernels/accumulate.ts';
import { ADAMW, GRAD_NORM } from './kernels/adamw.ts';
import { CROSS_ENTROPY } from './kernels/cross-entropy.ts';
import { GATHER } from './kernels/gather.ts';
import { runKernel, runKernel1 } from './kernels/kernel.ts';
import type { LoraSlot } from '../../words/train-state.ts';
import type { AdapterLayout } from './layout.ts';
import type { AdamWStep, Dropout, LoraSession, OptimizerState } from './lora-session.ts';
import { activationBytes } from '../../models/memory.ts';
import { FusedOps, Lazy, type FusedContext } from './ops-fused.ts';
import { partsOf, runPart, type Part } from './parts.ts';
import { Tape, Value } from './tape.ts';
import { useCounts } from './use-counts.ts';
import type { FrozenWeights } from './weights.ts';

interface Trained {
  readonly slots: ReadonlyMap<string, LoraSlot>;
  readonly scalings: AdapterLayout['scalings'];
  readonly size: number;
  readonly params: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  /** (splits, size) */
  readonly grads: Tensor;
}

/** What sessions on one model share: the weights and the rotation tables. */
export class FusedModel {
  readonly architecture: Architecture;
  readonly weights: FrozenWeights;
  readonly uses: readonly number[];
  readonly parts: readonly Part[];
  /** Bytes that activations may take before parts of the forward pass are computed again in the backward pass. */
  readonly #activationBytes: number;
  /** That a token keeps. */
  readonly #keptBytes: number;
  readonly #tables = new Map<Rope, { positions: number; cos: Tensor; sin: Tensor }>();

  constructor(architecture: Architecture, weights: FrozenWeights, budget: number) {
    this.architecture = architecture;
    this.weights = weights;
    this.parts = partsOf(architecture);
    this.#activationBytes = budget;
    this.#keptBytes = activationBytes(architecture);
    this.uses = useCounts(architecture);
  }

  /** Parts after the first that a training pass over a batch is to compute again, for its activations to fit. */
  repeated({ size, length }: Batch): number {
    const inner = this.parts.length - 1;
    const room = Math.floor((inner * this.#activationBytes) / (size * length * this.#keptBytes));
    return Math.max(0, inner - room);
  }

  ropeTables = (rope: Rope, positions: number): { cos: Tensor; sin: Tensor } => {
    const known = this.#tables.get(rope);
    if (known !== undefined && known.positions >= positions) return known;
    known?.cos.dispose();
    known?.sin.dispose();
    const size = Math.max(positions, Math.min(2 * positions, this.architecture.maxPositions));
    const table = ropeTable(rope, size);
    const shape = [size, rope.dim / 2];
    const made = {
      positions: size,
      cos: keep(upload(table.cos, shape)),
      sin: keep(upload(table.sin, shape)),
    };
    this.#tables.set(rope, made);
    return made;
  };

  dispose(): void {
    for (const { cos, sin } of this.#tables.values()) {
      cos.dispose();
      sin.dispose();
    }
    this.#tables.clear();
    this.weights.dispose();
  }
}

export class FusedSession implements LoraSession {
  readonly #model: FusedModel;
  readonly #trained: Trained | null;
  #losses: Tensor[] = [];

  constructor(
    model: FusedModel,
    adapter: {
      readonly layout: AdapterLayout;
      readonly state: OptimizerState;
    } | null,
  ) {
    this.#model = model;
    if (adapter === null) {
      this.#trained = null;
      return;
    }
    const { layout, state } = adapter;
    const { scalings, size } = layout;
    const splits = gradientSplits();
    this.#trained = {
      slots: new Map(layout.slots.map((slot) => [slot.module, slot])),
      scalings,
      size,
      params: upload(state.params, [size]),
      m: upload(state.m, [size]),
      v: upload(state.v, [size]),
      grads: upload(new Float32Array(splits * size), [splits, size]),
    };
  }

  get #adapted(): Trained {
    if (this.#trained === null) throw new LabError('internal', 'A session without an adapter cannot train.');
    return this.#trained;
  }

  /** The forward pass up to the logits (M, V), inside the caller's tidy. */
  #forward(
    tape: Tape,
    batch: Batch,
    dropout: Dropout | null,
    isTraining: boolean,
    tap?: (point: TapPoint, value: Lazy) => void,
  ): Value {
    const { architecture, weights, uses, ropeTables } = this.#model;
    const shape = [batch.size * batch.length];
    const ids = upload(batch.ids, shape);
    const positions = upload(batch.positions, shape);
    const rows = upload(batch.rows, [batch.rows.length]);
    const inverse = upload(inverseRows(batch), shape);
    const trained = this.#trained;
    const context = {
      weights,
      tape,
      batch,
      ids,
      positions,
      ropeTables,
      uses,
      lora:
        trained === null
          ? null
          : {
              params: new Value(trained.params, {
                needsGradient: isTraining,
                ...(isTraining ? { accumulator: trained.grads } : {}),
              }),
              slots: trained.slots,
              scalings: trained.scalings,
              dropout,
            },
    };
    const ops = new FusedOps(context);
    const hidden =
      tap !== undefined
        ? architecture.forward(new TappedOps(ops, architecture, tap)).value
        : this.#hidden(context, isTraining ? this.#model.repeated(batch) : 0);
    const [chosen] = tape.run(
      GATHER,
      { x: hidden, index: new Value(rows), inverse: new Value(inverse) },
      { held: 0 },
      [1],
    );
    if (chosen === undefined) throw new LabError('internal', 'The wanted rows are missing.');
    const { headModule, logitMaps = [] } = architecture;
    const head = ops.linearNow(chosen, headModule, undefined, 1);
    return logitMaps.reduce((x, { name, by }) => ops.mapNow(x, name, by), head);
  }

  /** The last hidden states, of whose parts so many are computed again in the backward pass: the first ones, which it
   * reaches when what the others kept is freed. */
  #hidden(context: FusedContext, repeated: number): Value {
    const { architecture, uses, parts } = this.#model;
    if (repeated === 0) return architecture.forward(new FusedOps(context)).value;
    let value: Lazy | null = null;
    for (const [i, part] of parts.entries()) {
      const run = (tape: Tape, input: Lazy | null) =>
        runPart(architecture, new FusedOps({ ...context, tape }, part.from), part, input);
      const count = uses[part.output] ?? 0;
      if (value === null || i > repeated) {
        value = run(context.tape, value);
        continue;
      }
      const input: Value = value.value;
      input.hold();
      const silent: Tensor = run(new Tape(false), value).value.tensor;
      const again = (start: Value, tape: Tape) => run(tape, new Lazy(start, 0)).value;
      value = new Lazy(context.tape.stretch(input, silent, count, again), count);
    }
    if (value === null) throw new LabError('internal', 'The forward pass has no parts.');
    return value.value;
  }

  async logits(batch: Batch): Promise<Float32Array> {
    const logits = tidy(() => this.#forward(new Tape(false), batch, null, false).tensor);
    try {
      const [values = new Float32Array()] = await download(logits);
      return values.subarray(0, batch.wanted * this.#model.architecture.vocabSize);
    } finally {
      logits.dispose();
    }
  }

  /** Every value on the way, in order, of a batch of one row: also of its padding. */
  async activations(batch: Batch): Promise<Tapped[]> {
    const points: TapPoint[] = [];
    const tensors: Tensor[] = [];
    try {
      tidy(() => {
        this.#forward(new Tape(false), batch, null, false, (point, { value }) => {
          points.push(point);
          tensors.push(keep(clone(value.tensor)));
        });
      });
      const values = await download(...tensors);
      return points.map((point, i) => ({ ...point, values: values[i] ?? new Float32Array() }));
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  }

  backward(batch: Batch, lossScale: number, dropout: Dropout | null): void {
    const rows = batch.targets.length;
    const losses = tidy(() => {
      const tape = new Tape(true);
      const logits = this.#forward(tape, batch, dropout, true);
      const targets = new Value(upload(batch.targets, [rows]));
      const [perRow] = tape.run(CROSS_ENTROPY, { logits, targets }, { lossScale }, [1]);
      if (perRow === undefined) throw new LabError('internal', 'The losses are missing.');
      tape.backward(perRow, upload(new Float32Array(rows).fill(1), [rows]));
      return perRow.tensor;
    });
    this.#losses.push(losses);
  }

  async measure(): Promise<{ loss: number; gradNorm: number }> {
    const { grads, size } = this.#adapted;
    const partials = runKernel1(GRAD_NORM, { grads }, { parameters: size });
    const [squares, ...losses] = await download(partials, ...this.#losses);
    partials.dispose();
    const sum = (values = Float32Array.of(NaN)) => values.reduce((a, b) => a + b, 0);
    return { loss: losses.reduce((total, part) => total + sum(part), 0), gradNorm: Math.sqrt(sum(squares)) };
  }

  async gradients(): Promise<Float32Array<ArrayBuffer>> {
    const { grads, size } = this.#adapted;
    const [values = new Float32Array()] = await download(grads);
    const total = values.slice(0, size);
    for (let at = size; at < values.length; at += size) {
      for (const [i, value] of values.subarray(at, at + size).entries()) total[i] = (total[i] ?? 0) + value;
    }
    return total;
  }

  zeroGradients(): void {
    for (const part of this.#losses) part.dispose();
    this.#losses = [];
    runKernel(ZERO, { x: this.#adapted.grads });
  }

  update(step: AdamWStep): void {
    const { params, m, v, grads } = this.#adapted;
    const { beta1, beta2, epsilon, learningRate, weightDecay, gradientScale } = step;
    runKernel(
      ADAMW,
      { params, m, v, grads },
      {
        beta1,
        beta2,
        epsilon,
        gradientScale,
        decay: 1 - learningRate * weightDecay,
        stepSize: learningRate / (1 - beta1 ** step.step),
        rootCorrection2: Math.sqrt(1 - beta2 ** step.step),
      },
    );
  }

  async state(): Promise<OptimizerState> {
    const { params, m, v } = this.#adapted;
    const empty = new Float32Array();
    const [p = empty, first = empty, second = empty] = await download(params, m, v);
    return { params: p, m: first, v: second };
  }

  dispose(): void {
    for (const part of this.#losses) part.dispose();
    this.#losses = [];
    if (this.#trained === null) return;
    const { params, m, v, grads } = this.#trained;
    for (const tensor of [params, m, v, grads]) tensor.dispose();
  }
}

/** Of each row of the batch, its place among the wanted rows, or -1. The filling repeats row 0 without being wanted. */
function inverseRows(batch: Batch): Int32Array<ArrayBuffer> {
  const inverse = new Int32Array(batch.size * batch.length).fill(-1);
  for (const [i, row] of batch.rows.subarray(0, batch.wanted).entries()) inverse[row] = i;
  return inverse;
}
