/**
 * @file WebGPU in Node through the `webgpu` package (Dawn) over a Vulkan driver: the machine's own, or the SwiftShader
 * that comes with Chromium, which computes right and slowly.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create, globals } from 'webgpu';

/** undefined where there is no Vulkan or no adapter. The environment decides, as it was when the process started. */
export async function nodeGpu(): Promise<GPU | undefined> {
  const gpu = create([]);
  if ((await gpu.requestAdapter()) === null) return undefined;
  Object.assign(globalThis, globals);
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

/** Dispatches while `work` runs. */
export async function countDispatches(work: () => Promise<unknown>): Promise<number> {
  const pass = GPUComputePassEncoder.prototype;
  const original = Object.getOwnPropertyDescriptor(pass, 'dispatchWorkgroups');
  if (original === undefined) throw new Error('This WebGPU has no dispatchWorkgroups to count.');
  let count = 0;
  Object.defineProperty(pass, 'dispatchWorkgroups', {
    ...original,
    value: function (this: GPUComputePassEncoder, ...groups: unknown[]): unknown {
      count++;
      return Reflect.apply(original.value as () => unknown, this, groups);
    },
  });
  try {
    await work();
  } finally {
    Object.defineProperty(pass, 'dispatchWorkgroups', original);
  }
  return count;
}
