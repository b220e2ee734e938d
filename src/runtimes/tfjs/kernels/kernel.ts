/**
 * @file What one of the lab's kernels is, and its registration with tfjs for the cpu, wasm and webgpu backends. A
 * kernel file holds the plain reference implementation, which is what runs on cpu and (over views of the wasm heap)
 * on wasm, and beside it the WGSL that is tested against it.
 */
import type {
  NamedAttrMap,
  NamedTensorInfoMap,
  NamedTensorMap,
  Tensor,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import { engine, getKernel, registerGradient, registerKernel } from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { LabError } from '../../../core/errors.ts';
import { GpuRunner } from './gpu-runner.ts';

export type Values = Float32Array | Int32Array;

type CallInputs = Readonly<Record<string, TensorInfo | null | undefined>>;
type CallAttrs = Readonly<Record<string, unknown>>;

/** The inputs and attributes of one call, checked as they are read. Inputs are float32 unless said otherwise. */
export class KernelCall {
  readonly kernel: string;
  readonly #inputs: CallInputs;
  readonly #attrs: CallAttrs;

  constructor(kernel: string, inputs: CallInputs, attrs: CallAttrs) {
    this.kernel = kernel;
    this.#inputs = inputs;
    this.#attrs = attrs;
  }

  optional(name: string): TensorInfo | undefined {
    return this.#inputs[name] ?? undefined;
  }

  input(name: string): TensorInfo {
    const found = this.optional(name);
    if (found === undefined) throw new LabError('internal', `Kernel ${this.kernel} was run without ${name}.`);
    return found;
  }

  attr(name: string): number {
    const found = this.#attrs[name];
    if (typeof found !== 'number')
      throw new LabError('internal', `Kernel ${this.kernel} was run without ${name}.`);
    return found;
  }

  /** The same call over typed arrays. */
  withViews(out: readonly Float32Array[], view: (info: TensorInfo) => Values): HostCall {
    return new ViewedCall(this.kernel, this.#inputs, this.#attrs, out, view);
  }

  /** Rows and columns of a matrix input. */
  matrix(name: string): readonly [rows: number, columns: number] {
    const [rows = 1, columns = 1] = this.input(name).shape;
    return [rows, columns];
  }
}

class ViewedCall extends KernelCall {
  readonly out: readonly Float32Array[];
  readonly #view: (info: TensorInfo) => Values;

  constructor(
    kernel: string,
    inputs: CallInputs,
    attrs: CallAttrs,
    out: readonly Float32Array[],
    view: (info: TensorInfo) => Values,
  ) {
    super(kernel, inputs, attrs);
    this.out = out;
    this.#view = view;
  }

  values(name: string): Values {
    return this.#view(this.input(name));
  }

  optionalValues(name: string): Values | undefined {
    const info = this.optional(name);
    return info === undefined ? undefined : this.#view(info);
  }
}

/** A call on cpu or wasm: inputs and outputs as typed arrays, valid until the next allocation. */
export interface HostCall extends KernelCall {
  values(name: string): Values;
  optionalValues(name: string): Values | undefined;
  /** Zeroed outputs, in the order of KernelSpec.outputs. */
  readonly out: readonly Float32Array[];
}

export interface WasmTools {
  readonly backend: BackendWasm;
  readonly values: (info: TensorInfo) => Values;
  allocate(shape: readonly number[]): TensorInfo;
  /** Some rows of a float32 matrix as a tensor of their own over the same memory, to be freed like another. */
  rowsOf(matrix: TensorInfo, from: number, count: number): TensorInfo;
  /** a (m, k) times b (k, n) by XNNPACK, multi-threaded. The packed form of b is kept until b is disposed. */
  matMul(a: TensorInfo, b: TensorInfo): TensorInfo;
  /** a plus b, of one shape, by XNNPACK. */
  add(a: TensorInfo, b: TensorInfo): TensorInfo;
  /** 1 / (1 + exp(-x)), by XNNPACK. */
  sigmoid(x: TensorInfo): TensorInfo;
  /** Softmax over the last axis, by XNNPACK. */
  softmax(logits: TensorInfo): TensorInfo;
  free(info: TensorInfo): void;
  /** The call with views of its inputs and of these outputs, zeroed; to be made after every allocation. */
  host(call: KernelCall, out: readonly TensorInfo[]): HostCall;
}

export interface KernelSpec {
  readonly name: string;
  /** Shapes of the outputs. A kernel that changes an input in place may have none. */
  outputs(call: KernelCall): readonly (readonly number[])[];
  /** The reference implementation. */
  reference(call: HostCall): void;
  /** Where the wasm backend's own kernels are faster than loops over its heap. */
  wasm?(call: KernelCall, tools: WasmTools): TensorInfo[];
  gpu(call: KernelCall, out: readonly TensorInfo[], runner: GpuRunner): void;
  readonly gradient?: KernelGradient;
}

export interface KernelGradient {
  /** Inputs that the backward pass reads. */
  readonly inputs: readonly string[];
  /** Outputs that the backward pass reads, by position. */
  readonly outputs: readonly number[];
  /** Gradients by input name, computed when asked for; those that one kernel makes together at once, since tfjs frees what
   * is made while one of them is asked for. */
  backward(context: BackwardContext): Readonly<Record<string, () => Tensor>>;
}

export interface BackwardContext {
  readonly attrs: NamedAttrMap;
  /** Whether this input's gradient will be asked for; tfjs' tape does not say, so then it may be. */
  readonly needs: (name: string) => boolean;
  /** Gradient of output i; an output that nothing depends on has none. */
  readonly dy: (i: number) => Tensor;
  readonly saved: (name: string) => Tensor;
  readonly optionalSaved: (name: string) => Tensor | undefined;
  readonly savedOutput: (i: number) => Tensor;
  /** An existing gradient of this input, to be added to in place and returned; else a new tensor is made. */
  readonly into: (name: string) => Tensor | undefined;
}

const gradients = new Map<string, KernelGradient>();

export function kernelGradient(name: string): KernelGradient | undefined {
  return gradients.get(name);
}

/** Runs a registered kernel; absent inputs are left out. */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, Tensor | undefined>>,
  attrs: NamedAttrMap = {},
): Tensor[] {
  const present: NamedTensorMap = {};
  for (const [key, value] of Object.entries(inputs)) if (value !== undefined) present[key] = value;
  const out: Tensor | Tensor[] = engine().runKernel(name, present, attrs);
  return Array.isArray(out) ? out : [out];
}

export function runKernel1(
  name: string,
  inputs: Readonly<Record<string, Tensor | undefined>>,
  attrs: NamedAttrMap = {},
): Tensor {
  const out = runKernel(name, inputs, attrs).at(0);
  if (out === undefined) throw new LabError('internal', `Kernel ${name} has no output.`);
  return out;
}

function cpuView(backend: MathBackendCPU): (info: TensorInfo) => Values {
  return (info) => {
    const { values } = backend.data.get(info.dataId);
    if (values instanceof Float32Array || values instanceof Int32Array) return values;
    throw new LabError('internal', 'A tensor on cpu holds neither float32 nor int32 values.');
  };
}

function wasmView(backend: BackendWasm): (info: TensorInfo) => Values {
  return (info) => {
    const values = backend.typedArrayFromHeap(info);
    if (values instanceof Float32Array || values instanceof Int32Array) return values;
    throw new LabError('internal', 'A tensor on wasm holds neither float32 nor int32 values.');
  };
}

const floats = (values: Values): Float32Array => {
  if (values instanceof Float32Array) return values;
  throw new LabError('internal', 'An output is not float32.');
};

/** Tensors that own no memory. */
const views = new WeakSet<object>();

function wasmTools(backend: BackendWasm): WasmTools {
  const view = wasmView(backend);
  const stock = (name: string, inputs: NamedTensorInfoMap, attrs: NamedAttrMap = {}): TensorInfo => {
    const out = getKernel(name, 'wasm').kernelFunc({ inputs, backend, attrs });
    if (Array.isArray(out)) throw new LabError('internal', `${name} has one output.`);
    return checked(out);
  };
  const checked = (info: TensorInfo): TensorInfo => {
    if (backend.getMemoryOffset(info.dataId) !== 0) return info;
    throw new LabError(
      'out-of-memory',
      `The wasm heap has no room for a tensor of shape (${info.shape.join(', ')}).`,
    );
  };
  return {
    backend,
    values: view,
    allocate: (shape) => checked(backend.makeOutput([...shape], 'float32')),
    rowsOf: ({ dataId, shape: [, columns] }, from, count) => {
      const offset = backend.getMemoryOffset(dataId) + 4 * from * columns;
      const view = backend.makeOutput([count, columns], 'float32', offset);
      views.add(view.dataId);
      return view;
    },
    matMul: (a, b) => stock('BatchMatMul', { a, b }, { transposeA: false, transposeB: false }),
    add: (a, b) => stock('Add', { a, b }),
    sigmoid: (x) => stock('Sigmoid', { x }),
    softmax: (logits) => stock('Softmax', { logits }, { dim: logits.shape.length - 1 }),
    free: ({ dataId }) => {
      if (!views.has(dataId)) backend.disposeData(dataId);
      else {
        // Its packed form goes; the memory is another's.
        backend.wasm.tfjs.disposeData(backend.dataIdMap.get(dataId).id);
        backend.dataIdMap.delete(dataId);
      }
    },
    host: (call, out) =>
      call.withViews(
        out.map((info) => floats(view(info)).fill(0)),
        view,
      ),
  };
}

/** Registers a kernel with every backend, and its gradient with tfjs' tape. */
export function defineKernel(spec: KernelSpec): void {
  const { name } = spec;
  registerKernel({
    kernelName: name,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      if (!(backend instanceof MathBackendCPU))
        throw new LabError('internal', `${name}: not the cpu backend.`);
      const call = new KernelCall(name, inputs, attrs ?? {});
      const infos = spec
        .outputs(call)
        .map((shape) =>
          backend.makeTensorInfo([...shape], 'float32', new Float32Array(shape.reduce((a, b) => a * b, 1))),
        );
      const view = cpuView(backend);
      spec.reference(
        call.withViews(
          infos.map((info) => floats(view(info))),
          view,
        ),
      );
      return infos;
    },
  });
  registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      if (!(backend instanceof BackendWasm)) throw new LabError('internal', `${name}: not the wasm backend.`);
      const tools = wasmTools(backend);
      const call = new KernelCall(name, inputs, attrs ?? {});
      if (spec.wasm !== undefined) return spec.wasm(call, tools);
      const infos = spec.outputs(call).map((shape) => tools.allocate(shape));
      // Views come after every allocation: growing the heap detaches them.
      spec.reference(tools.host(call, infos));
      return infos;
    },
  });
  registerKernel({
    kernelName: name,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      if (!(backend instanceof WebGPUBackend))
        throw new LabError('internal', `${name}: not the webgpu backend.`);
      const runner = GpuRunner.of(backend);
      const call = new KernelCall(name, inputs, attrs ?? {});
      const infos = spec.outputs(call).map((shape) => runner.allocate(shape));
      spec.gpu(call, infos, runner);
      return infos;
    },
  });
  const { gradient } = spec;
  if (gradient === undefined) return;
  gradients.set(name, gradient);
  const count = Math.max(0, ...gradient.outputs.map((i) => i + 1));
  registerGradient({
    kernelName: name,
    inputsToSave: [...gradient.inputs],
    outputsToSave: Array.from({ length: count }, (_, i) => gradient.outputs.includes(i)),
    gradFunc: (dy, saved, attrs) => {
      const dys = Array.isArray(dy) ? dy : [dy];
      const named = (input: string) => saved[gradient.inputs.indexOf(input)];
      return gradient.backward({
        attrs,
        needs: () => true,
        dy: (i) => present(dys[i], name),
        saved: (input) => present(named(input), name),
        optionalSaved: named,
        savedOutput: (i) => present(saved[gradient.inputs.length + gradient.outputs.indexOf(i)], name),
        into: () => undefined,
      });
    },
  });
}

function present(tensor: Tensor | undefined, kernel: string): Tensor {
  if (tensor === undefined) throw new LabError('internal', `The gradient of ${kernel} misses a tensor.`);
  return tensor;
}
