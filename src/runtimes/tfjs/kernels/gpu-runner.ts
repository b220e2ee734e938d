/**
 * @file Runs WGSL over tfjs' WebGPU buffers. tfjs' own runner binds one output per program and uploads a uniform
 * buffer per dispatch; this one binds any number of read and written buffers, so that kernels can work in place and
 * have several outputs, and keeps the uniforms of a whole submission in one buffer.
 *
 * Order: commands gather here until `flush`, which first submits what tfjs has pending. Whatever touches the queue by
 * another way - tfjs' own operations on the same tensors, uploads, downloads - must come after a flush; `upload` and
 * `download` do that themselves.
 */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { engine } from '@tensorflow/tfjs-core';
import { LabError } from '../../../core/errors.ts';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

export type Access = 'read' | 'write';

/** A compute shader; everything that its code depends on stands in `name`. */
export interface GpuProgram {
  readonly name: string;
  /** Bound buffers in order: name in WGSL and use; 'write' may be read as well. Elements are f32, or i32 where said. */
  readonly buffers: readonly (readonly [name: string, access: Access, type?: 'f32' | 'i32'])[];
  readonly uniforms: readonly (readonly [name: string, type: 'u32' | 'f32'])[];
  readonly workgroup: readonly [x: number, y: number];
  /** Declarations outside the entry point. */
  readonly declarations?: string;
  /** Body of the entry point; sees `wg`, `groups`, `local` (vec3u) and `lane` (flat index in the workgroup). */
  readonly body: string;
}

/** Uniform slots start at multiples of this (minUniformBufferOffsetAlignment's largest allowed value). */
const UNIFORM_STRIDE = 256;
const UNIFORM_SLOTS = 256;
/** Commands recorded before they are handed to the GPU, so that it works while more are recorded. */
const FLUSH_EVERY = 48;
const MAX_GROUPS = 65535;

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const runners = new WeakMap<WebGPUBackend, GpuRunner>();

export class GpuRunner {
  readonly backend: WebGPUBackend;
  readonly #device: GPUDevice;
  readonly #compiled = new Map<string, Compiled>();
  readonly #uniformBuffer: GPUBuffer;
  readonly #uniformBytes = new ArrayBuffer(UNIFORM_STRIDE * UNIFORM_SLOTS);
  #slot = 0;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #failure: LabError | null = null;
  /** Dispatches since the runner was made, for tests and benches. */
  dispatches = 0;

  private constructor(backend: WebGPUBackend) {
    this.backend = backend;
    this.#device = backend.device;
    this.#uniformBuffer = this.#device.createBuffer({
      size: UNIFORM_STRIDE * UNIFORM_SLOTS,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  static of(backend: WebGPUBackend): GpuRunner {
    const known = runners.get(backend);
    if (known !== undefined) return known;
    const made = new GpuRunner(backend);
    runners.set(backend, made);
    return made;
  }

  /** Makes every later call throw: after a validation error the numbers are worthless. */
  fail(error: LabError): void {
    this.#failure ??= error;
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  allocate(shape: readonly number[]): TensorInfo {
    const info = this.backend.makeTensorInfo([...shape], 'float32');
    this.backend.uploadToGPU(info.dataId);
    return info;
  }

  free(info: TensorInfo): void {
    this.backend.disposeData(info.dataId);
  }

  #buffer(info: TensorInfo): GPUBuffer {
    const data = this.backend.tensorMap.get(info.dataId);
    // A tensor of tfjs' own making is copied in by tfjs' commands, perhaps to a buffer that ours still use.
    if (data.resource === undefined && ArrayBuffer.isView(data.values)) {
      this.flush();
      this.backend.uploadToGPU(info.dataId);
      this.#submitBackend();
    }
    const { resource } = data;
    if (resource instanceof GPUBuffer) return resource;
    throw new LabError('internal', 'A tensor on webgpu has no buffer.');
  }

  /** A kept tensor with these values. */
  upload(values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>, shape: readonly number[]): Tensor {
    const dtype = values instanceof Int32Array ? 'int32' : 'float32';
    const info = this.backend.makeTensorInfo([...shape], dtype);
    this.backend.uploadToGPU(info.dataId);
    this.write(info, values);
    return engine().makeTensorFromTensorInfo(info);
  }

  /** Overwrites a tensor's values. */
  write(info: TensorInfo, values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): void {
    const buffer = this.#buffer(info);
    // Neither our commands nor tfjs' may still read what the buffer, perhaps a used one, held before.
    this.flush();
    this.#submitBackend();
    this.#device.queue.writeBuffer(buffer, 0, values);
  }

  /** The tensors' values, after all commands so far. */
  async download(...infos: readonly TensorInfo[]): Promise<Float32Array<ArrayBuffer>[]> {
    this.flush();
    this.#submitBackend();
    const encoder = this.#device.createCommandEncoder();
    const staged = infos.map((info) => {
      const buffer = this.#buffer(info);
      const staging = this.#device.createBuffer({
        size: buffer.size,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
      return staging;
    });
    this.#device.queue.submit([encoder.finish()]);
    const values: Float32Array<ArrayBuffer>[] = [];
    for (const staging of staged) {
      try {
        await staging.mapAsync(GPUMapMode.READ);
      } catch (error) {
        this.throwIfFailed();
        throw new LabError('device-lost', 'The GPU gave no answer.', { cause: error });
      }
      values.push(new Float32Array(staging.getMappedRange().slice(0)));
      staging.destroy();
    }
    this.throwIfFailed();
    return values;
  }

  /** Records one dispatch. `buffers` in the program's order; `groups` of a flat grid may exceed the limit per
   * dimension when the body takes its index from `flatGroup`. */
  run(
    program: GpuProgram,
    buffers: readonly TensorInfo[],
    uniforms: Readonly<Record<string, number>>,
    groups: readonly [x: number, y?: number, z?: number],
  ): void {
    this.throwIfFailed();
    const { pipeline, layout } = this.#compile(program);
    const [x, y = 1, z = 1] = groups;
    if (x === 0 || y === 0 || z === 0) return;
    const resources = buffers.map((info) => this.#buffer(info));
    if (this.#slot === UNIFORM_SLOTS) this.flush();
    const offset = this.#slot * UNIFORM_STRIDE;
    this.#slot++;
    const view = new DataView(this.#uniformBytes, offset, UNIFORM_STRIDE);
    for (const [i, [name, type]] of program.uniforms.entries()) {
      const value = uniforms[name];
      if (typeof value !== 'number')
        throw new LabError('internal', `${program.name} was run without ${name}.`);
      if (type === 'u32') view.setUint32(4 * i, value, true);
      else view.setFloat32(4 * i, value, true);
    }
    const bindGroup = this.#device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: this.#uniformBuffer, size: UNIFORM_STRIDE } },
        ...resources.map((buffer, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    });
    if (this.#pass === null) {
      this.#encoder = this.#device.createCommandEncoder();
      this.#pass = this.#encoder.beginComputePass();
    }
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, bindGroup, [offset]);
    if (x > MAX_GROUPS) this.#pass.dispatchWorkgroups(MAX_GROUPS, Math.ceil(x / MAX_GROUPS) * y, z);
    else this.#pass.dispatchWorkgroups(x, y, z);
    this.dispatches++;
    if (this.#slot % FLUSH_EVERY === 0) this.flush();
  }

  /** Hands everything recorded so far to the GPU. */
  flush(): void {
    const encoder = this.#encoder;
    if (encoder === null || this.#pass === null) return;
    this.#pass.end();
    // Queue order: what tfjs has pending, the uniforms, then the commands that read them.
    this.backend.ensureCommandEncoderReady();
    this.backend.endComputePassEncoder();
    this.backend.submitQueue();
    this.#device.queue.writeBuffer(
      this.#uniformBuffer,
      0,
      this.#uniformBytes,
      0,
      this.#slot * UNIFORM_STRIDE,
    );
    this.#device.queue.submit([encoder.finish()]);
    this.#encoder = null;
    this.#pass = null;
    this.#slot = 0;
  }

  #submitBackend(): void {
    this.backend.ensureCommandEncoderReady();
    this.backend.endComputePassEncoder();
    this.backend.submitQueue();
  }

  #compile(program: GpuProgram): Compiled {
    const known = this.#compiled.get(program.name);
    if (known !== undefined) return known;
    const layout = this.#device.createBindGroupLayout({
      entries: [
        {
          binding: 0,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: 'uniform', hasDynamicOffset: true },
        },
        ...program.buffers.map(([, access], i): GPUBindGroupLayoutEntry => ({
          binding: i + 1,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
        })),
      ],
    });
    const pipeline = this.#device.createComputePipeline({
      label: program.name,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: this.#device.createShaderModule({ label: program.name, code: shaderSource(program) }),
        entryPoint: 'main',
      },
    });
    const compiled = { pipeline, layout };
    this.#compiled.set(program.name, compiled);
    return compiled;
  }
}

/** The whole WGSL of a program: its bindings, then its own code. */
function shaderSource(program: GpuProgram): string {
  const [x, y] = program.workgroup;
  const fields = program.uniforms.map(([name, type]) => `  ${name}: ${type},`).join('\n');
  const bindings = program.buffers.map(
    ([name, access, type = 'f32'], i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${access === 'read' ? 'read' : 'read_write'}> ${name}: array<${type}>;`,
  );
  return `struct Uniforms {
${fields}
}
@group(0) @binding(0) var<uniform> u: Uniforms;
${bindings.join('\n')}
${program.declarations ?? ''}
@compute @workgroup_size(${x}, ${y})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Flat grids are folded over y where x alone would exceed the limit.
  let flatGroup = wg.y * groups.x + wg.x;
${program.body}
}
`;
}
