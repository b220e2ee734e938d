/**
 * @file Whether the weights are what config.json describes: as many layers, and every tensor of the architecture with its
 * shape, once and no other. The headers were validated; nothing of the weights themselves is read.
 */
import { LabError } from '../core/errors.ts';
import type { Architecture } from '../models/architecture.ts';
import type { SafetensorsFile } from './safetensors.ts';
import type { Dtype, TensorInfo } from './safetensors-header.ts';

const FLOATS: readonly Dtype[] = ['F64', 'F32', 'F16', 'BF16'];

/** More than any published model has, and few enough to be built before they were seen in the weights. */
const MANY_LAYERS = 4096;

/** What every family has in a layer: four projections of attention and MLP with their norms at the very least. */
const LEAST_TENSORS_A_LAYER = 9;

/** Names shown when many tensors are wrong. */
const SHOWN_NAMES = 4;

/** Where a tensor is stored. */
export interface Place {
  readonly file: SafetensorsFile;
  /** The name in the file. */
  readonly stored: string;
  readonly info: TensorInfo;
}

/** Asked before anything is made of the architecture's layers: config.json is a few bytes that may say any number, which
 * the weights must hold. */
export function checkLayers(files: readonly SafetensorsFile[], architecture: Architecture): void {
  const { numLayers, layerPrefix } = architecture;
  const layers = new Set<string>();
  for (const stored of files.flatMap(({ tensors }) => [...tensors.keys()])) {
    const name = architecture.canonicalName(stored);
    if (name?.startsWith(layerPrefix) !== true) continue;
    layers.add(name.slice(layerPrefix.length, name.indexOf('.', layerPrefix.length)));
  }
  const tensors = files.reduce((sum, file) => sum + file.tensors.size, 0);
  // With names of another family there is no layer at all: those are better told one by one, unless there are too many.
  const isOther = layers.size > 0 && layers.size !== numLayers;
  if (!isOther && (numLayers <= MANY_LAYERS || numLayers * LEAST_TENSORS_A_LAYER <= tensors)) return;
  const names = files.map(({ path }) => path).join(', ');
  throw integrity(
    `config.json says ${numLayers} layers, the weights hold ${layers.size}: ${names} has ${tensors} tensors in all.`,
    'Use config.json and the weights of one and the same checkpoint.',
  );
}

/** Where each of the architecture's tensors is stored, in the architecture's order. */
export function placeTensors(
  files: readonly SafetensorsFile[],
  architecture: Architecture,
): Map<string, Place> {
  const names = files.map(({ path }) => path).join(', ');
  const expected = new Map(architecture.tensors.map(({ name, shape }) => [name, shape]));
  const found = new Map<string, Place>();
  const unexpected: string[] = [];
  for (const file of files) {
    for (const [stored, info] of file.tensors) {
      const name = architecture.canonicalName(stored);
      if (name === null) continue;
      const shape = expected.get(name);
      if (shape === undefined) {
        unexpected.push(stored);
        continue;
      }
      const other = found.get(name);
      if (other !== undefined) {
        throw integrity(
          `${file.path} holds "${stored}" and ${other.file.path} "${other.stored}", the same tensor.`,
        );
      }
      if (shape.length !== info.shape.length || shape.some((size, i) => size !== info.shape[i])) {
        throw integrity(
          `${file.path}: tensor "${stored}" has shape [${info.shape.join(', ')}], ` +
            `expected [${shape.join(', ')}] by config.json.`,
        );
      }
      if (!FLOATS.includes(info.dtype)) {
        throw integrity(
          `${file.path}: tensor "${stored}" has dtype ${info.dtype}, expected a float type (${FLOATS.join(', ')}); ` +
            'quantised checkpoints are not supported.',
        );
      }
      found.set(name, { file, stored, info });
    }
  }
  const missing = architecture.tensors.map(({ name }) => name).filter((name) => !found.has(name));
  if (missing.length > 0) {
    const extra = unexpected.length === 0 ? '' : ` It holds unexpected ones instead: ${list(unexpected)}.`;
    throw integrity(
      `${names} lacks ${missing.length} of ${expected.size} tensors that config.json expects: ${list(missing)}.${extra}`,
    );
  }
  if (unexpected.length > 0) {
    throw integrity(`${names} holds tensors that config.json does not expect: ${list(unexpected)}.`);
  }
  return new Map(
    [...expected.keys()].flatMap((name) => {
      const place = found.get(name);
      return place === undefined ? [] : [[name, place] as const];
    }),
  );
}

function integrity(what: string, remedy?: string): LabError {
  return new LabError('model-integrity', what, remedy === undefined ? {} : { remedy });
}

function list(names: readonly string[]): string {
  const rest = names.length - SHOWN_NAMES;
  return names.slice(0, SHOWN_NAMES).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
