/**
 * @file WebGPU in Node through the `webgpu` package (Dawn) over a Vulkan driver: the machine's own, or the SwiftShader
 * that comes with Chromium, which computes right and slowly.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create, globals } from 'webgpu';

let isGlobal = false;

/** undefined where there is no Vulkan or no adapter. The environment decides, as it was when the process started. */
export async function nodeGpu(): Promise<GPU | undefined> {
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) return undefined;
  if (!isGlobal) {
    Object.assign(globalThis, globals);
    copySharedMemory();
    isGlobal = true;
  }
  return gpu;
}

/** Environment in which a new process finds the Vulkan loader and the SwiftShader beside a Chromium; empty where that
 * Chromium has none (Debian's and Google's have). */
export function softwareGpuEnvironment(chromium: string): Record<string, string> {
  const folders = [dirname(realpathSync(chromium)), '/usr/lib/chromium'];
  const folder = folders.find((path) => existsSync(join(path, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return {};
  const { LD_LIBRARY_PATH } = process.env;
  return {
    LD_LIBRARY_PATH: LD_LIBRARY_PATH === undefined ? folder : `${folder}:${LD_LIBRARY_PATH}`,
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
  };
}

/** What goes to a GPU and comes from it. */
export interface GpuWork {
  readonly dispatches: number;
  readonly submits: number;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
}

type Method = (this: object, ...given: unknown[]) => unknown;

/** Puts `instead` in a method's place. @returns what puts the method back */
function replaceMethod(prototype: object, name: string, instead: (original: Method) => Method): () => void {
  const original = Object.getOwnPropertyDescriptor(prototype, name);
  if (original === undefined) throw new Error(`This WebGPU has no ${name}.`);
  Object.defineProperty(prototype, name, { ...original, value: instead(original.value as Method) });
  return () => {
    Object.defineProperty(prototype, name, original);
  };
}

const bytesOf = (data: unknown): number =>
  ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? data.byteLength : 0;

/** Counts while `work` runs. Bytes go up in writeBuffer and in buffers mapped when made, and come down in those mapped to be read. */
export async function countGpuWork(work: () => Promise<unknown>): Promise<GpuWork> {
  const counts = { dispatches: 0, submits: 0, uploadedBytes: 0, downloadedBytes: 0 };
  const watch = (prototype: object, name: string, told: (self: object, given: readonly unknown[]) => void) =>
    replaceMethod(
      prototype,
      name,
      (original) =>
        function (...given) {
          told(this, given);
          return Reflect.apply(original, this, given);
        },
    );
  const restore = [
    watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => counts.dispatches++),
    watch(GPUQueue.prototype, 'submit', () => counts.submits++),
    watch(GPUQueue.prototype, 'writeBuffer', (_, [, , data, , elements]) => {
      const whole = bytesOf(data);
      const each =
        ArrayBuffer.isView(data) && 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
      counts.uploadedBytes += typeof elements === 'number' ? elements * each : whole;
    }),
    watch(GPUDevice.prototype, 'createBuffer', (_, [descriptor]) => {
      const { size, mappedAtCreation = false } = descriptor as GPUBufferDescriptor;
      if (mappedAtCreation) counts.uploadedBytes += size;
    }),
    watch(GPUBuffer.prototype, 'mapAsync', (self, [mode, offset, size]) => {
      if (mode !== GPUMapMode.READ || !(self instanceof GPUBuffer)) return;
      const from = typeof offset === 'number' ? offset : 0;
      counts.downloadedBytes += typeof size === 'number' ? size : self.size - from;
    }),
  ];
  try {
    await work();
  } finally {
    for (const back of restore) back();
  }
  return counts;
}

/** dawn.node refuses bytes in shared memory ("Invalid argument"), and onnxruntime's heap is shared: it is handed a copy. */
function copySharedMemory(): void {
  replaceMethod(
    GPUQueue.prototype,
    'writeBuffer',
    (original) =>
      function (buffer, bufferOffset, data, begin, size) {
        const given = [buffer, bufferOffset, data, begin, size];
        if (!(data instanceof Uint8Array) || !(data.buffer instanceof SharedArrayBuffer)) {
          return Reflect.apply(original, this, given);
        }
        const from = typeof begin === 'number' ? begin : 0;
        const to = typeof size === 'number' ? from + size : data.length;
        return Reflect.apply(original, this, [buffer, bufferOffset, new Uint8Array(data.subarray(from, to))]);
      },
  );
}
