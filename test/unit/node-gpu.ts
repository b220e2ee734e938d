/**
 * @file WebGPU in Node, where the machine offers it: the `webgpu` package (Dawn) over a Vulkan driver, a software one included.
 * Point the environment variable VK_ICD_FILENAMES at a driver's manifest to choose one.
 */
import { create, globals } from 'webgpu';

/** undefined where there is no Vulkan or no adapter. */
export async function nodeGpu(): Promise<GPU | undefined> {
  if (process.env.VK_ICD_FILENAMES === undefined) return undefined;
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return undefined;
  Object.assign(globalThis, globals);
  return gpu;
}
