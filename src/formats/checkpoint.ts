/**
 * @file A checkpoint in the Hub's layout, checked against the architecture that its config.json describes. Opening
 * reads config and headers only; tensors are read one by one, by range, under the architecture's own names.
 */
import { LabError, throwIfCancelled, type CancelSignal } from '../core/errors.ts';
import type { Architecture, JsonObject } from '../models/architecture.ts';
import type { WeightType } from '../core/weights.ts';
import { architectureFromConfig } from '../models/families.ts';
import { checkLayers, placeTensors, type Place } from './checkpoint-fit.ts';
import { heldAs, type Held } from './held-checkpoint.ts';
import type { FileSource } from './file-source.ts';
import { readJson } from './json.ts';
import type { RawTensor, SafetensorsFile } from './safetensors.ts';
import type { Dtype, TensorInfo } from './safetensors-header.ts';
import { sha256OfFile, sha256OfText } from './sha256.ts';
import { openWeightFiles } from './weight-files.ts';

interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

interface Stored {
  readonly source: FileSource;
  readonly architecture: Architecture;
  /** config.json as it is. */
  readonly config: JsonObject;
  /** Element type of most of the weights' bytes, e.g. 'BF16'. */
  readonly dtype: Dtype;
  /** Number of weights; a tied head counts once. */
  readonly parameters: number;
  /** Stored bytes of the weights, buffers and headers left out. */
  readonly weightBytes: number;
  /** Names, element types, shapes and stored sizes under the architecture's names, in its order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Hex sha256 of the weights file; of several shards, sha256 of their hex digests joined in the order of their
   * names. Computed on the first call (a read of every byte) where the source does not know it, then remembered. */
  sha256(options?: HashOptions): Promise<string>;
  /** Values of a tensor as float32, row-major; written into `into` where one is given.
   * @throws LabError `model-integrity` for NaN or infinity, naming tensor and index. */
  readFloat32(name: string, into?: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  /** A tensor's bytes as stored; NaN and infinity are refused likewise. */
  readRaw(name: string): Promise<RawTensor>;
}

export type Checkpoint = Stored & Held;

export interface OpenOptions {
  readonly signal?: CancelSignal;
  /** Opens this safetensors file in place of model.safetensors or its shards. */
  readonly weightsFile?: string;
  /** How matrices are to be held; float32 if left out. A type that changes values makes another base of the checkpoint. */
  readonly weights?: WeightType;
}

interface HashOptions {
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** @throws LabError `source-unreadable`, `unsupported-architecture`, or `model-integrity` naming file, tensor, what
 * was expected and found. */
export async function openCheckpoint(
  source: FileSource,
  { signal, weightsFile, weights = 'float32' }: OpenOptions = {},
): Promise<Checkpoint> {
  const config = await readJson(source, 'config.json');
  const architecture = architectureFromConfig(config);
  throwIfCancelled(signal, 'Opening the checkpoint');
  const files = await openWeightFiles(source, weightsFile, signal);
  checkLayers(files, architecture);
  const places = placeTensors(files, architecture);
  const find = (name: string): Place => {
    const place = places.get(name);
    if (place === undefined) throw new LabError('invalid-request', `The checkpoint has no tensor "${name}".`);
    return place;
  };
  let digest: Promise<string> | undefined;
  const stored: Stored = {
    source,
    architecture,
    config,
    ...summarise([...places.values()]),
    tensors: new Map([...places].map(([name, { info }]) => [name, info])),
    sha256: (options) => {
      digest ??= hashFiles(source, files, options).catch((cause: unknown) => {
        digest = undefined;
        throw cause;
      });
      return digest;
    },
    readFloat32: async (name, into) => {
      const { file, stored } = find(name);
      return file.readFloat32(stored, into);
    },
    readRaw: async (name) => {
      const { file, stored } = find(name);
      return file.readRaw(stored);
    },
  };
  return heldAs(stored, weights);
}

function summarise(places: readonly Place[]): Pick<Checkpoint, 'dtype' | 'parameters' | 'weightBytes'> {
  const bytesOf = new Map<Dtype, number>();
  let parameters = 0;
  let weightBytes = 0;
  for (const { info } of places) {
    const bytes = info.end - info.begin;
    bytesOf.set(info.dtype, (bytesOf.get(info.dtype) ?? 0) + bytes);
    parameters += info.shape.reduce((product, size) => product * size, 1);
    weightBytes += bytes;
  }
  const [dtype = 'F32'] = [...bytesOf.keys()].sort((a, b) => (bytesOf.get(b) ?? 0) - (bytesOf.get(a) ?? 0));
  return { dtype, parameters, weightBytes };
}

async function hashFiles(
  source: FileSource,
  files: readonly SafetensorsFile[],
  { signal, onProgress }: HashOptions = {},
): Promise<string> {
  const totalBytes = files.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  let doneBytes = 0;
  const digests: string[] = [];
  for (const { path, fileBytes } of files) {
    const onBytes = (bytes: number) => onProgress?.({ doneBytes: (doneBytes += bytes), totalBytes });
    const known = source.knownSha256?.(path);
    digests.push(known ?? (await sha256OfFile(source, path, fileBytes, onBytes, signal)));
    if (known !== undefined) onBytes(fileBytes);
  }
  const [only = ''] = digests;
  return digests.length === 1 ? only : sha256OfText(digests.join(''));
}
