/** @file The WebGPU device that a session computes on: requested here rather than by onnxruntime-web, so that its
 * limits, its features and its loss are in the lab's hands. */
import { LabError } from '../../core/errors.ts';
import { countBuffers } from './memory.ts';

export interface GpuDevice {
  readonly device: GPUDevice;
  readonly description: string;
  readonly isSoftware: boolean;
  readonly hasShaderF16: boolean;
  /** Resolves with `device-lost` when the device goes away. */
  readonly lost: Promise<LabError>;
  /** The first error that the device reported since the last call: WebGPU drops the commands of a faulty submission
   * and goes on, so what was computed meanwhile is worth nothing. */
  readonly takeFault: () => LabError | undefined;
  /** Bytes of the device's buffers now. */
  readonly bufferBytes: () => number;
}

/** Used by onnxruntime-web's kernels where the adapter has them. */
const FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];
/** onnxruntime-web's attention kernels with subgroups give wrong numbers from 32 tokens on where a subgroup has 4 lanes
 * (SwiftShader); without the feature it takes others, which are right. */
const SMALLEST_SUBGROUP = 8;
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** @throws LabError `webgpu-unavailable` */
export async function requestGpuDevice(): Promise<GpuDevice> {
  // The types say that gpu is there; browsers without WebGPU and insecure origins disagree.
  const gpu: GPU | undefined = 'gpu' in navigator ? navigator.gpu : undefined;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === undefined || adapter === null) {
    throw new LabError(
      'webgpu-unavailable',
      gpu === undefined ? 'This browser or origin offers no WebGPU.' : 'WebGPU found no adapter.',
    );
  }
  const { info } = adapter;
  const device = await adapter
    .requestDevice({
      requiredFeatures: FEATURES.filter(
        (feature) =>
          adapter.features.has(feature) &&
          (feature !== 'subgroups' || info.subgroupMinSize >= SMALLEST_SUBGROUP),
      ),
      requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
    })
    .catch((cause: unknown) => {
      throw new LabError('webgpu-unavailable', 'The WebGPU adapter refused to give a device.', { cause });
    });
  let fault: LabError | undefined;
  device.addEventListener('uncapturederror', ({ error }) => {
    const code = error instanceof GPUOutOfMemoryError ? 'out-of-memory' : 'internal';
    fault ??= new LabError(code, `The GPU reported an error: ${sentence(error.message)}`);
  });
  const description =
    info.description !== '' ? info.description : `${info.vendor} ${info.architecture}`.trim();
  const bufferBytes = countBuffers(device);
  return {
    device,
    bufferBytes,
    description: description === '' ? 'WebGPU adapter' : description,
    isSoftware:
      info.isFallbackAdapter ||
      /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${info.architecture} ${info.description}`),
    hasShaderF16: adapter.features.has('shader-f16'),
    lost: device.lost.then(
      ({ message }) =>
        new LabError('device-lost', `The GPU device went away; the browser says: ${sentence(message)}`),
    ),
    takeFault: () => {
      const taken = fault;
      fault = undefined;
      return taken;
    },
  };
}

const sentence = (message: string) => (message === '' ? 'nothing.' : message.replace(/[.\s]*$/, '.'));
