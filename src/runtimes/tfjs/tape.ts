/**
 * @file Reverse-mode differentiation over the lab's kernels. tfjs' tape keeps every activation and every gradient until
 * the end; this one frees both as soon as nothing needs them, adds gradients in place where a kernel can, and lets
 * LoRA gradients go straight to the flat gradient vector. The rules themselves are those registered with tfjs. Run it
 * inside a `tidy`, which frees what a pass leaves behind when it throws.
 */
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { backend, tidy } from '@tensorflow/tfjs-core';
import { LabError } from '../../core/errors.ts';
import { ADD, ADD_INTO } from './kernels/accumulate.ts';
import type { BackwardContext, KernelGradient } from './kernels/kernel.ts';
import { kernelGradient, runKernel, runKernel1 } from './kernels/kernel.ts';

/** A tensor in a computation, with its gradient once there is one. */
export class Value {
  readonly tensor: Tensor;
  /** Something that is trained depends on it the other way round: its gradient is wanted. */
  readonly needsGradient: boolean;
  /** Where its gradient is gathered, if that is not the tape's business. */
  readonly accumulator: Tensor | undefined;
  /** The tape frees it. */
  readonly isOwned: boolean;
  gradient: Tensor | undefined;
  /** Reasons to keep the tensor: uses to come and backward passes that read it. */
  #holds: number;

  constructor(
    tensor: Tensor,
    options: { needsGradient?: boolean; accumulator?: Tensor; isOwned?: boolean; uses?: number } = {},
  ) {
    this.tensor = tensor;
    this.needsGradient = options.needsGradient ?? false;
    this.accumulator = options.accumulator;
    this.isOwned = options.isOwned ?? false;
    this.#holds = options.uses ?? 0;
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.isOwned && this.#holds === 0) this.tensor.dispose();
  }
}

/** A stretch of the computation of which only the ends are kept; the backward pass computes it again. */
interface Stretch {
  readonly input: Value;
  readonly output: Value;
  readonly again: (input: Value, tape: Tape) => Value;
}

interface Node {
  readonly kernel: string;
  readonly rule: KernelGradient;
  readonly attrs: NamedAttrMap;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: readonly Value[];
}

/** Whether no other tensor shares this one's data, so that it may be changed in place. */
const isExclusive = (tensor: Tensor): boolean => backend().refCount(tensor.dataId) === 1;

export class Tape {
  readonly #nodes: (Node | Stretch)[] = [];
  readonly #recording: boolean;

  constructor(recording: boolean) {
    this.#recording = recording;
  }

  /** Runs a kernel on values; `uses` says how often each output will be used as an input (its caller's uses included).
   * Counts one use of each input. */
  run(
    kernel: string,
    given: Readonly<Record<string, Value | undefined>>,
    attrs: NamedAttrMap,
    uses: readonly number[],
  ): Value[] {
    const inputs: Record<string, Value> = {};
    const tensors: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined) continue;
      inputs[name] = value;
      tensors[name] = value.tensor;
    }
    const rule = kernelGradient(kernel);
    const differentiates =
      this.#recording && rule !== undefined && Object.values(inputs).some((value) => value.needsGradient);
    const outputs = runKernel(kernel, tensors, attrs).map(
      (tensor, i) => new Value(tensor, { needsGradient: differentiates, isOwned: true, uses: uses[i] ?? 0 }),
    );
    if (differentiates) {
      const node: Node = { kernel, rule, attrs, inputs, outputs };
      for (const value of this.#saved(node)) value.hold();
      this.#nodes.push(node);
    }
    for (const value of Object.values(inputs)) if (value.isOwned) value.release();
    // Outputs that nothing uses and no backward pass reads.
    for (const value of outputs) {
      value.hold();
      value.release();
    }
    return outputs;
  }

  /** Records that `output` (a tensor that was computed without recording, and is handed over) comes of `input` by what
   * `again` does. Counts no use of the input, which is kept until the backward pass. */
  stretch(input: Value, output: Tensor, uses: number, again: Stretch['again']): Value {
    const made = new Value(output, { needsGradient: true, isOwned: true, uses });
    this.#nodes.push({ input, output: made, again });
    return made;
  }

  #saved({ rule, inputs, outputs }: Node): Value[] {
    const saved = [...rule.inputs.map((name) => inputs[name]), ...rule.outputs.map((i) => outputs[i])];
    return saved.filter((value) => value !== undefined);
  }

  /** Propagates `gradient` (which it takes over) from `result` to everything that needs one, emptying the tape. */
  backward(result: Value, gradient: Tensor): void {
    result.gradient = gradient;
    for (let node = this.#nodes.pop(); node !== undefined; node = this.#nodes.pop()) {
      if ('again' in node) {
        this.#repeat(node);
        continue;
      }
      if (node.outputs.some((output) => output.gradient !== undefined)) this.#backpropagate(node);
      for (const output of node.outputs) {
        output.gradient?.dispose();
        output.gradient = undefined;
      }
      for (const value of this.#saved(node)) value.release();
    }
  }

  #repeat({ input, output, again }: Stretch): void {
    const { gradient } = output;
    output.gradient = undefined;
    if (gradient !== undefined) {
      const received = tidy(() => {
        const start = new Value(input.tensor, { needsGradient: input.needsGradient });
        const tape = new Tape(true);
        tape.backward(again(start, tape), gradient);
        return start.gradient;
      });
      if (received !== undefined) {
        input.gradient = input.gradient === undefined ? received : summed(input.gradient, received);
      }
    }
    input.release();
  }

  #backpropagate({ kernel, rule, attrs, inputs, outputs }: Node): void {
    const found = (value: Value | undefined, what: string): Tensor => {
      if (value === undefined) throw new LabError('internal', `The gradient of ${kernel} misses ${what}.`);
      return value.tensor;
    };
    const context: BackwardContext = {
      attrs,
      needs: (name) => inputs[name]?.needsGradient === true,
      dy: (i) => {
        const dy = outputs[i]?.gradient;
        if (dy === undefined) throw new LabError('internal', `The gradient of ${kernel} misses dy ${i}.`);
        return dy;
      },
      saved: (name) => found(inputs[name], name),
      optionalSaved: (name) => inputs[name]?.tensor,
      savedOutput: (i) => found(outputs[i], `output ${i}`),
      into: (name) => {
        const value = inputs[name];
        if (value?.accumulator !== undefined) return value.accumulator;
        return value?.gradient !== undefined && isExclusive(value.gradient) ? value.gradient : undefined;
      },
    };
    const wanted = Object.entries(inputs).filter(([, value]) => value.needsGradient);
    // A rule may compute more than is asked for: tidy frees the rest.
    const computed = tidy(() => {
      const gradients = rule.backward(context);
      return Object.fromEntries(wanted.map(([name]) => [name, gradients[name]?.()]));
    });
    for (const [name, value] of wanted) {
      const gradient = computed[name];
      if (gradient === undefined || gradient === value.accumulator || gradient === value.gradient) continue;
      if (value.accumulator !== undefined) {
        throw new LabError('internal', `The gradient of ${kernel} does not go to ${name}'s accumulator.`);
      }
      value.gradient = value.gradient === undefined ? gradient : summed(value.gradient, gradient);
    }
  }
}

function summed(sum: Tensor, more: Tensor): Tensor {
  if (isExclusive(sum)) {
    runKernel(ADD_INTO, { sum, x: more });
    more.dispose();
    return sum;
  }
  const both = runKernel1(ADD, { a: sum, b: more });
  sum.dispose();
  more.dispose();
  return both;
}
