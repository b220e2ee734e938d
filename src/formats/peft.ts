/**
 * @file Reads a PEFT adapter folder (adapter_config.json, adapter_model.safetensors) for a base that is at hand:
 * names and shapes are checked against its architecture, its sha256 where the file carries one.
 */
import { LabError } from '../core/errors.ts';
import type { Adapter, LoraPair } from '../lora/config.ts';
import type { Architecture, LinearSpec } from '../models/architecture.ts';
import { otherBase } from './adapter-check.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { FileSource } from './file-source.ts';
import { readJson } from './json.ts';
import { CONFIG_FILE, parsePeftConfig } from './peft-config.ts';
import { matchTargets } from './peft-targets.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';

export const WEIGHTS_FILE = 'adapter_model.safetensors';
export const PREFIX = 'base_model.model.';
/** Our own key in the weights file's metadata. */
export const BASE_KEY = 'base_sha256';

/** What reading an adapter needs of its base. */
export type AdapterBase = Pick<Checkpoint, 'architecture' | 'sha256' | 'readFloat32'>;

/** @throws LabError `source-unreadable`; `unsupported-adapter` naming what the lab cannot honour; `adapter-mismatch`
 * naming module, expected and found; `model-integrity` for a damaged file or NaN and infinity. */
export async function readAdapter(source: FileSource, base: AdapterBase): Promise<Adapter> {
  const { architecture } = base;
  const json = await readJson(source, CONFIG_FILE);
  const peft = parsePeftConfig(json, source.label);
  const { linears, targetModules } = await matchTargets(peft, architecture, source.label);
  const file = await openWeights(source);
  const baseSha256 = await checkBase(file, base);
  const factors = await sortTensors(file, base);
  refuseStrangers(factors, linears);
  const pairs = new Map<string, LoraPair>();
  for (const { module, inFeatures, outFeatures } of linears) {
    const read = (side: Side, shape: readonly number[]) =>
      readFactor(file, factors.get(module)?.[side], module, side, shape);
    pairs.set(module, {
      a: await read('A', [peft.r, inFeatures]),
      b: await read('B', [outFeatures, peft.r]),
    });
  }
  const { r, loraAlpha, useRslora, loraDropout } = peft;
  return {
    config: { r, loraAlpha, useRslora, loraDropout, targetModules },
    pairs,
    ...(baseSha256 === undefined ? {} : { baseSha256 }),
  };
}

async function openWeights(source: FileSource): Promise<SafetensorsFile> {
  if ((await source.size(WEIGHTS_FILE)) === null && (await source.size('adapter_model.bin')) !== null) {
    throw new LabError('unsupported-adapter', `${source.label} holds adapter_model.bin, a pickle.`, {
      remedy: 'Save the adapter again with a current PEFT, which writes adapter_model.safetensors.',
    });
  }
  return openSafetensors(source, WEIGHTS_FILE);
}

/** The base's digest is computed only where the file names one: foreign adapters go by names and shapes. */
async function checkBase(file: SafetensorsFile, base: AdapterBase): Promise<string | undefined> {
  const expected = file.metadata.get(BASE_KEY);
  if (expected === undefined) return undefined;
  const found = await base.sha256();
  if (found === expected) return expected;
  throw otherBase(file.path, expected, found);
}

function mismatch(what: string): LabError {
  return new LabError('adapter-mismatch', what);
}

type Side = 'A' | 'B';

/** Module -> the names of its factors in the file. */
type Factors = ReadonlyMap<string, Partial<Record<Side, string>>>;

/** base_model.model.<module>.lora_A.weight, or with the adapter's name: .lora_A.default.weight */
const FACTOR = /^base_model\.model\.(.+)\.lora_([AB])(?:\.[^.]+)?\.weight$/;

/** What torch.compile puts before the names of what it wraps. */
const COMPILED = /(?<=\.)_orig_mod\./g;

async function sortTensors(file: SafetensorsFile, base: AdapterBase): Promise<Factors> {
  const factors = new Map<string, Partial<Record<Side, string>>>();
  for (const name of file.tensors.keys()) {
    const [, stored, side] = FACTOR.exec(name.replace(COMPILED, '')) ?? [];
    if (stored === undefined) {
      await refuseUnlessCopy(file, name, base);
      continue;
    }
    const module = moduleOf(stored, base.architecture);
    const pair = factors.get(module) ?? {};
    const key: Side = side === 'A' ? 'A' : 'B';
    const other = pair[key];
    if (other !== undefined) throw mismatch(`${file.path} holds "${other}" and "${name}", the same factor.`);
    pair[key] = name;
    factors.set(module, pair);
  }
  return factors;
}

/** The architecture's name of a module that a file may spell in an older way. */
function moduleOf(stored: string, architecture: Architecture): string {
  if (architecture.linears.some(({ module }) => module === stored)) return stored;
  return architecture.canonicalName(`${stored}.weight`)?.replace(/\.weight$/, '') ?? stored;
}

/** A tensor that is no LoRA factor. An adapter on the head carries copies of the base's embedding and head ("auto"
 * of PEFT's save_embedding_layers): equal to the base's they say nothing new, otherwise they were trained. */
async function refuseUnlessCopy(file: SafetensorsFile, name: string, base: AdapterBase): Promise<void> {
  const { path } = file;
  const kind = /lora_(?:embedding_[AB]|magnitude_vector)|lora_[AB]\.(?:[^.]+\.)?bias/.exec(name)?.[0];
  if (kind !== undefined) {
    throw new LabError('unsupported-adapter', `${path}: the lab cannot honour "${name}" (${kind}).`);
  }
  const { architecture } = base;
  const plain = name.replace(COMPILED, '');
  const stored = plain.startsWith(PREFIX) ? plain.slice(PREFIX.length).replace('.base_layer.', '.') : '';
  const head = architecture.linears.find(({ module }) => stored === `${module}.weight`);
  const weight = head?.weight ?? architecture.canonicalName(stored);
  const spec = architecture.tensors.find((tensor) => tensor.name === weight);
  if (spec === undefined) {
    throw mismatch(`${path} holds "${name}", expected only lora_A and lora_B of this model's linear layers.`);
  }
  checkShape(path, name, file.tensors.get(name)?.shape ?? [], spec.shape);
  const [found, expected] = [await file.readFloat32(name), await base.readFloat32(spec.name)];
  if (found.every((value, i) => value === expected[i])) return;
  throw new LabError(
    'unsupported-adapter',
    `${path}: "${name}" differs from the base's weights: a trained copy (modules_to_save) cannot be honoured.`,
  );
}

function checkShape(path: string, name: string, found: readonly number[], expected: readonly number[]): void {
  if (found.length === expected.length && found.every((size, i) => size === expected[i])) return;
  throw mismatch(
    `${path}: "${name}" has shape [${found.join(', ')}], expected [${expected.join(', ')}] by rank and base.`,
  );
}

/** Factors on modules that target_modules does not mean, or that the model does not have. */
function refuseStrangers(factors: Factors, linears: readonly LinearSpec[]): void {
  const meant = new Set(linears.map(({ module }) => module));
  const strangers = [...factors.keys()].filter((module) => !meant.has(module));
  if (strangers.length === 0) return;
  const rest = strangers.length > 3 ? ` and ${strangers.length - 3} more` : '';
  throw mismatch(
    `${WEIGHTS_FILE} adapts ${strangers.slice(0, 3).join(', ')}${rest}, expected only ` +
      `what target_modules means in this model (${linears.length} linear layers).`,
  );
}

async function readFactor(
  file: SafetensorsFile,
  name: string | undefined,
  module: string,
  side: Side,
  expected: readonly number[],
): Promise<Float32Array<ArrayBuffer>> {
  if (name === undefined) {
    throw mismatch(
      `${file.path} has no lora_${side} for "${module}", expected one of shape [${expected.join(', ')}] by target_modules.`,
    );
  }
  checkShape(file.path, name, file.tensors.get(name)?.shape ?? [], expected);
  return file.readFloat32(name);
}
