/**
 * @file An adapter as feeds: for each linear projection A^T and scaling B^T, transposed and scaled once at upload so
 * that the graph multiplies without transposing. Projections without an adapter get zeros of rank 1 (rank 0 hangs
 * the WebGPU provider). On webgpu the factors live in GPU buffers; nothing is uploaded per run.
 */
import { validateAdapter } from '../../formats/adapter-check.ts';
import type { Adapter } from '../../lora/config.ts';
import { pairRank, pairScaling } from '../../lora/config.ts';
import type { LinearSpec } from '../../models/architecture.ts';
import type { FloatType } from './float-type.ts';
import { toFloatBytes } from './float-type.ts';
import { loraInputNames } from './names.ts';
import type { Ort, Tensor } from './ort.ts';
import { floatTensor } from './tensors.ts';

/** Feeds that several users share: the session as long as it was asked for no others, and each generation or scoring that
 * began with them, which keeps them to its end. */
export class AdapterFeeds {
  private users = 1;

  constructor(
    readonly feeds: Readonly<Record<string, Tensor>>,
    private readonly buffers: readonly GPUBuffer[],
  ) {}

  /** Adds a user. */
  hold(): this {
    this.users++;
    return this;
  }

  /** Takes a user away; the last one frees the GPU buffers. */
  release(): void {
    this.users--;
    if (this.users > 0) return;
    for (const buffer of this.buffers) buffer.destroy();
  }
}

interface Place {
  readonly ort: Ort;
  readonly float: FloatType;
  /** Where the factors go; the CPU if undefined. */
  readonly device: GPUDevice | undefined;
}

/** The feeds of every linear projection, adapted or not.
 * @throws LabError `adapter-mismatch` for an adapter that does not fit. */
export function adapterFeeds(
  linears: readonly LinearSpec[],
  adapter: Adapter | null,
  place: Place,
): AdapterFeeds {
  if (adapter !== null) validateAdapter(adapter, { linears });
  const buffers: GPUBuffer[] = [];
  const tensor = (values: Float32Array<ArrayBuffer>, dims: readonly number[]) => {
    if (place.device === undefined) return floatTensor(place.ort, place.float, values, dims);
    const buffer = uploaded(place.device, toFloatBytes(values, place.float));
    buffers.push(buffer);
    return place.ort.Tensor.fromGpuBuffer(buffer, { dataType: place.float, dims });
  };
  const feeds: Record<string, Tensor> = {};
  for (const { module, inFeatures, outFeatures } of linears) {
    const pair = adapter?.pairs.get(module);
    const r = adapter === null || pair === undefined ? 1 : pairRank(adapter.config, pair);
    const scaling = adapter === null || pair === undefined ? 0 : pairScaling(adapter.config, pair);
    const names = loraInputNames(module);
    feeds[names.a] = tensor(
      pair === undefined ? new Float32Array(inFeatures) : transposed(pair.a, r, inFeatures, 1),
      [inFeatures, r],
    );
    feeds[names.b] = tensor(
      pair === undefined ? new Float32Array(outFeatures) : transposed(pair.b, outFeatures, r, scaling),
      [r, outFeatures],
    );
  }
  return new AdapterFeeds(feeds, buffers);
}

/** factor * M^T for M (rows, columns) row-major. */
function transposed(
  matrix: Float32Array,
  rows: number,
  columns: number,
  factor: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = factor * (matrix[row * columns + column] ?? NaN);
    }
  }
  return out;
}

function uploaded(device: GPUDevice, bytes: Uint8Array<ArrayBuffer>): GPUBuffer {
  const buffer = device.createBuffer({
    // WebGPU maps whole multiples of 4 bytes.
    size: Math.ceil(bytes.byteLength / 4) * 4,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    mappedAtCreation: true,
  });
  new Uint8Array(buffer.getMappedRange()).set(bytes);
  buffer.unmap();
  return buffer;
}
