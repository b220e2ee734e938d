/**
 * @file Reads a PEFT adapter folder (adapter_config.json, adapter_model.safetensors) for a base that is at hand. The tensors
 * say what is adapted; the configuration says by how much, and is held against them: where the two differ, it is told.
 */
import { LabError } from '../core/errors.ts';
import type { Adapter, LoraConfig, LoraPair } from '../lora/config.ts';
import type { Architecture, LinearSpec } from '../models/architecture.ts';
import { otherBase } from './adapter-check.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { FileSource } from './file-source.ts';
import { readJson } from './json.ts';
import { CONFIG_FILE, isAllLinear, parsePeftConfig, type PeftConfig } from './peft-config.ts';
import { copyNote } from './peft-copies.ts';
import { sortNames, type Factors, type Side } from './peft-names.ts';
import { remediesOf } from './peft-remedies.ts';
import { meantLinears, namesOf, patternReader } from './peft-targets.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';

export const WEIGHTS_FILE = 'adapter_model.safetensors';
/** Our own key in the weights file's metadata. */
export const BASE_KEY = 'base_sha256';

/** What reading an adapter needs of its base. */
export type AdapterBase = Pick<Checkpoint, 'architecture' | 'sha256' | 'readFloat32'>;

export interface ImportedAdapter {
  readonly adapter: Adapter;
  /** What the file says otherwise than the lab or its own configuration, a sentence each. */
  readonly notes: readonly string[];
}

export const readAdapter = async (source: FileSource, base: AdapterBase): Promise<Adapter> =>
  (await importAdapter(source, base)).adapter;

/** @throws LabError `source-unreadable`; `unsupported-adapter` naming what the lab cannot honour; `adapter-mismatch`
 * naming module, expected and found; `model-integrity` for a damaged file or NaN and infinity. */
export async function importAdapter(source: FileSource, base: AdapterBase): Promise<ImportedAdapter> {
  const { architecture } = base;
  const peft = parsePeftConfig(await readJson(source, CONFIG_FILE), source.label);
  const file = await openWeights(source);
  const baseSha256 = await checkBase(file, base);
  const { factors, others, notes: named } = sortNames(file, architecture);
  const notes = [...named];
  const linears = adaptedLinears(factors, architecture, file);
  const meant = await meantLinears(peft, architecture, notes);
  for (const other of others) notes.push(await copyNote(file, other, base));
  refuseTiedHead(peft, architecture, linears, source.label);
  compare(peft, meant, linears, others, notes);
  const pairs = await readPairs(file, factors, linears, peft);
  const { r, loraAlpha, useRslora, loraDropout } = peft;
  return {
    adapter: {
      config: { r, loraAlpha, useRslora, loraDropout, targetModules: targetsOf(peft, meant, linears) },
      pairs,
      ...(baseSha256 === undefined ? {} : { baseSha256 }),
    },
    notes,
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

const mismatch = (what: string, remedy?: string): LabError =>
  new LabError('adapter-mismatch', what, remedy === undefined ? {} : { remedy });

/** Names shown of many. */
const SHOWN = 3;

function few(names: readonly string[]): string {
  const rest = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return names.slice(0, SHOWN).join(', ') + rest;
}

/** The linear projections that the file has factors for, in the model's order. */
function adaptedLinears(
  factors: Factors,
  architecture: Architecture,
  { path }: SafetensorsFile,
): LinearSpec[] {
  const { linears, modelType } = architecture;
  const found = linears.filter(({ module }) => factors.has(module));
  const strangers = [...factors.keys()].filter((module) => !found.some((linear) => linear.module === module));
  if (strangers.length > 0) {
    const matched = found.length === 0 ? 'none' : String(found.length);
    throw mismatch(
      `${path} adapts ${few(strangers)}, which this ${modelType} model does not have: ${matched} of ${factors.size} modules matched.`,
    );
  }
  if (found.length === 0) {
    throw mismatch(
      `${path} holds no lora_A and lora_B: 0 modules matched.`,
      'Save the adapter again with PEFT: save_pretrained writes the trained factors.',
    );
  }
  return found;
}

function refuseTiedHead(
  { ensureWeightTying }: PeftConfig,
  { tiedHead }: Architecture,
  linears: readonly LinearSpec[],
  label: string,
): void {
  if (!ensureWeightTying || !tiedHead || !linears.some(({ isHead }) => isHead)) return;
  throw new LabError(
    'unsupported-adapter',
    `${CONFIG_FILE} in ${label}: ensure_weight_tying would tie the head's adapter to the embedding.`,
    { remedy: remediesOf([['ensure_weight_tying', true]]) },
  );
}

/** Where the configuration means other modules than the file adapts. */
function compare(
  { modulesToSave }: PeftConfig,
  meant: readonly LinearSpec[] | null,
  linears: readonly LinearSpec[],
  others: readonly { readonly plain: string }[],
  notes: string[],
): void {
  const names = (of: readonly LinearSpec[], without: readonly LinearSpec[]) =>
    of.filter((linear) => !without.includes(linear)).map(({ module }) => module);
  if (meant !== null) {
    const missing = names(meant, linears);
    const extra = names(linears, meant);
    if (missing.length > 0)
      notes.push(
        `${CONFIG_FILE} means ${meant.length} modules, the file adapts ${linears.length}: none for ${few(missing)}.`,
      );
    if (extra.length > 0)
      notes.push(
        `The file adapts ${few(extra)}, which ${CONFIG_FILE} does not mean: adapted here, where PEFT would leave ${extra.length === 1 ? 'it' : 'them'} out.`,
      );
  }
  const absent = modulesToSave.filter(
    (part) => !others.some(({ plain }) => `.${plain}`.includes(`.${part}.`)),
  );
  if (absent.length > 0)
    notes.push(`modules_to_save names ${few(absent)}, of which the file holds nothing: the base's are used.`);
}

async function readPairs(
  file: SafetensorsFile,
  factors: Factors,
  linears: readonly LinearSpec[],
  peft: PeftConfig,
): Promise<Map<string, LoraPair>> {
  const rankOf = await patternReader(peft.rankPattern, 'rank_pattern', peft.r);
  const alphaOf = await patternReader(peft.alphaPattern, 'alpha_pattern', peft.loraAlpha);
  const pairs = new Map<string, LoraPair>();
  for (const { module, inFeatures, outFeatures } of linears) {
    const [r, loraAlpha] = [rankOf(module), alphaOf(module)];
    const read = (side: Side, shape: readonly number[]) =>
      readFactor(file, factors.get(module)?.[side], module, side, shape);
    pairs.set(module, {
      a: await read('A', [r, inFeatures]),
      b: await read('B', [outFeatures, r]),
      ...(r === peft.r ? {} : { r }),
      ...(loraAlpha === peft.loraAlpha ? {} : { loraAlpha }),
    });
  }
  return pairs;
}

async function readFactor(
  file: SafetensorsFile,
  name: string | undefined,
  module: string,
  side: Side,
  expected: readonly number[],
): Promise<Float32Array<ArrayBuffer>> {
  const { path } = file;
  const shown = `[${expected.join(', ')}]`;
  if (name === undefined) {
    throw mismatch(
      `${path} has no lora_${side} for "${module}", expected one of shape ${shown}.`,
      'Save the adapter again: half of a module is missing.',
    );
  }
  const found = file.tensors.get(name)?.shape ?? [];
  if (found.length === expected.length && found.every((size, i) => size === expected[i])) {
    return file.readFloat32(name);
  }
  const rank = side === 'A' ? 0 : 1;
  const isRank = found.length === 2 && found[1 - rank] === expected[1 - rank];
  throw mismatch(
    `${path}: "${name}" has shape [${found.join(', ')}], expected ${shown} by rank and base.`,
    isRank
      ? `The scale alpha / r cannot be known: set r, or rank_pattern for this module, in ${CONFIG_FILE} to the rank it was trained with.`
      : undefined,
  );
}

/** What lora/config's resolveTargets resolves to the adapted projections: the configuration's own words where they mean
 * just these (entries that match nothing left out), otherwise the modules' names. */
function targetsOf(
  { targetModules, excludeModules, modulesToSave, layers }: PeftConfig,
  meant: readonly LinearSpec[] | null,
  linears: readonly LinearSpec[],
): LoraConfig['targetModules'] {
  const written = linears.map(({ module }) => module);
  const isMeant =
    meant !== null && meant.length === linears.length && meant.every((one) => linears.includes(one));
  const isPlain = layers === null && excludeModules.length === 0 && modulesToSave.length === 0;
  if (targetModules === null || !isMeant || !isPlain) return written;
  if (typeof targetModules === 'string') return isAllLinear(targetModules) ? 'all-linear' : written;
  const known = new Set(written.flatMap(namesOf));
  return targetModules.filter((target) => known.has(target));
}
