/**
 * @file adapter_config.json of a PEFT LoRA adapter, read so that nothing in it is ignored: each field is honoured,
 * is known to have no effect on a trained adapter, or stands at a value that switches it off. Any other field, also
 * one of a later PEFT, is refused by name, with what to do about that one.
 */
import { LabError } from '../core/errors.ts';
import { isJsonObject } from '../core/json-object.ts';
import type { LoraConfig } from '../lora/config.ts';
import type { JsonObject } from '../models/architecture.ts';
import { shownJson } from './json.ts';
import { neutral, remediesOf } from './peft-remedies.ts';

export const CONFIG_FILE = 'adapter_config.json';

/** Fields that say how the adapter came about or where it runs, not what it computes. The *_config fields belong to
 * initialisations that refuseUnhonoured decides on. */
const WITHOUT_EFFECT: readonly string[] = [
  'auto_mapping',
  'base_model_name_or_path',
  'corda_config',
  'eva_config',
  'inference_mode',
  'loftq_config',
  'lora_ga_config',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
];

const HONOURED: readonly string[] = [
  ...[
    'alpha_pattern',
    'bias',
    'ensure_weight_tying',
    'exclude_modules',
    'fan_in_fan_out',
    'init_lora_weights',
  ],
  ...['layers_pattern', 'layers_to_transform', 'lora_alpha', 'lora_dropout', 'modules_to_save', 'peft_type'],
  ...['r', 'rank_pattern', 'target_modules', 'task_type', 'use_rslora'],
];

/** Initialisations that leave the base as it is. The others (pissa, olora, corda, loftq, lora_ga) subtract the
 * initial B A from the base's weights, so their adapter is right only beside weights that no file holds. */
const PLAIN_INITS: readonly unknown[] = [true, false, 'gaussian', 'eva', 'orthogonal'];

/** Names or their last parts, or one string, a regular expression over whole names. */
export type ModuleNames = readonly string[] | string;

export interface PeftConfig extends Omit<LoraConfig, 'targetModules'> {
  /** As it stands in the file ("all-linear" is a string of its own); null where it says nothing. */
  readonly targetModules: ModuleNames | null;
  readonly excludeModules: ModuleNames;
  /** Modules saved whole, by a part of their name. */
  readonly modulesToSave: readonly string[];
  /** Layers that are adapted, by index; null for all. */
  readonly layers: readonly number[] | null;
  /** What stands before a layer's index, as regular expressions; [] for anything. */
  readonly layersPattern: readonly string[];
  /** Ranks and alphas of some modules, by regular expressions over the end of a name. */
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  /** PEFT's switch that a tied head and embedding share their adapter. */
  readonly ensureWeightTying: boolean;
}

/** @param label names the folder in errors. Absent fields have PEFT's defaults.
 * @throws LabError `unsupported-adapter` naming every field that cannot be honoured. */
export function parsePeftConfig(json: JsonObject, label: string): PeftConfig {
  const refused = (what: string, remedy: string) =>
    new LabError('unsupported-adapter', `${CONFIG_FILE} in ${label}: ${what}`, { remedy });
  if (json.peft_type !== 'LORA') {
    const what = `peft_type is ${shownJson(json.peft_type)}, expected "LORA".`;
    throw refused(what, remediesOf([['peft_type', json.peft_type]]));
  }
  if (json.task_type != null && json.task_type !== 'CAUSAL_LM') {
    const what = `task_type is ${shownJson(json.task_type)}, expected "CAUSAL_LM" or null.`;
    throw refused(what, remediesOf([['task_type', json.task_type]]));
  }
  const fields = unhonoured(json);
  if (fields.length > 0) {
    const list = fields.map(([field, value]) => `${field} (${shownJson(value)})`).join(', ');
    throw refused(`the lab cannot honour ${list}.`, remediesOf(fields));
  }
  const read = <T>(
    field: string,
    fallback: T | null,
    is: (value: unknown) => value is T,
    expected: string,
  ): T => {
    const value = json[field] ?? fallback;
    if (is(value)) return value;
    throw refused(
      `${field} is ${shownJson(json[field])}, expected ${expected}.`,
      `Correct ${field} in ${CONFIG_FILE}, as PEFT wrote it.`,
    );
  };
  const readFlag = (field: string) => read(field, false, isBoolean, 'true or false');
  // fan_in_fan_out tells PEFT whether the base stores (in, out) weights. The factors are stored alike either way and
  // PEFT itself corrects a wrong flag by the layer's type, so both values are taken; the architecture decides.
  readFlag('fan_in_fan_out');
  const layers = listed(read('layers_to_transform', [], isIndices, 'indices of layers'));
  const targetModules = json.target_modules == null ? null : read('target_modules', [], isNames, NAMES);
  if (layers.length > 0 && typeof targetModules === 'string' && !isAllLinear(targetModules)) {
    throw refused(
      'layers_to_transform stands beside a regular expression in target_modules, which PEFT does not take.',
      'Set layers_to_transform to null: the expression says the layers itself.',
    );
  }
  return {
    r: read('r', 8, isRank, 'a whole number >= 1'),
    loraAlpha: read('lora_alpha', 8, isFiniteNumber, 'a number'),
    useRslora: readFlag('use_rslora'),
    loraDropout: read('lora_dropout', 0, isDropout, 'a number in [0, 1)'),
    targetModules,
    excludeModules: read<ModuleNames>('exclude_modules', [], isNames, NAMES),
    modulesToSave: read('modules_to_save', [], isList, 'a list of names'),
    layers: layers.length === 0 ? null : layers,
    layersPattern: listed(read<ModuleNames>('layers_pattern', [], isNames, NAMES)).filter(
      (one) => one !== '',
    ),
    rankPattern: read('rank_pattern', {}, isRanks, 'whole numbers >= 1 by module'),
    alphaPattern: read('alpha_pattern', {}, isAlphas, 'numbers by module'),
    ensureWeightTying: readFlag('ensure_weight_tying'),
  };
}

export const isAllLinear = (text: string): boolean => text.toLowerCase() === 'all-linear';

const NAMES = 'a list of names or a string';

const listed = <T>(value: T | readonly T[]): readonly T[] => (isArray(value) ? value : [value]);
const isArray = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

/** Fields that would change what is computed. */
function unhonoured(json: JsonObject): [field: string, value: unknown][] {
  const known = new Set([...WITHOUT_EFFECT, ...HONOURED]);
  const fields = Object.entries(json).filter(([field, value]) => !known.has(field) && !neutral(value));
  if (json.bias != null && json.bias !== 'none') fields.push(['bias', json.bias]);
  const init = json.init_lora_weights ?? true;
  if (!PLAIN_INITS.includes(init)) fields.push(['init_lora_weights', init]);
  return fields;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isIndices(value: unknown): value is number | readonly number[] {
  return Array.isArray(value) ? value.every(isIndex) : isIndex(value);
}

function isRank(value: unknown): value is number {
  return isFiniteNumber(value) && Number.isSafeInteger(value) && value >= 1;
}

function isDropout(value: unknown): value is number {
  return isFiniteNumber(value) && value >= 0 && value < 1;
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isNames(value: unknown): value is ModuleNames {
  return typeof value === 'string' || isList(value);
}

function isRanks(value: unknown): value is Readonly<Record<string, number>> {
  return isJsonObject(value) && Object.values(value).every(isRank);
}

function isAlphas(value: unknown): value is Readonly<Record<string, number>> {
  return isJsonObject(value) && Object.values(value).every(isFiniteNumber);
}
