/**
 * @file adapter_config.json of a PEFT LoRA adapter, read so that nothing in it is ignored: each field is honoured,
 * is known to have no effect on a trained adapter, or stands at a value that switches it off. Any other field, also
 * one of a later PEFT, is refused by name.
 */
import { LabError } from '../core/errors.ts';
import type { LoraConfig } from '../lora/config.ts';
import type { JsonObject } from '../models/architecture.ts';
import { shownJson } from './json.ts';

export const CONFIG_FILE = 'adapter_config.json';

/** Fields that say how the adapter came about or where it runs, not what it computes. The *_config fields belong to
 * initialisations that readInit decides on. */
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
  'bias',
  'ensure_weight_tying',
  'fan_in_fan_out',
  'init_lora_weights',
  'layers_to_transform',
  'lora_alpha',
  'lora_dropout',
  'peft_type',
  'r',
  'target_modules',
  'task_type',
  'use_rslora',
];

/** Initialisations that leave the base as it is. The others (pissa, olora, corda, loftq, lora_ga) subtract the
 * initial B A from the base's weights, so their adapter is right only beside weights that no file holds. */
const PLAIN_INITS: readonly unknown[] = [true, false, 'gaussian', 'eva', 'orthogonal'];

export interface PeftConfig extends Omit<LoraConfig, 'targetModules'> {
  /** As it stands in the file: names or their last parts, or one string: "all-linear" or a regular expression. */
  readonly targetModules: readonly string[] | string;
  /** Layers that are adapted, by index; null for all. */
  readonly layers: readonly number[] | null;
  /** PEFT's switch that a tied head and embedding share their adapter. */
  readonly ensureWeightTying: boolean;
}

/** @param label names the folder in errors. Absent fields have PEFT's defaults.
 * @throws LabError `unsupported-adapter` naming every field that cannot be honoured. */
export function parsePeftConfig(json: JsonObject, label: string): PeftConfig {
  if (json.peft_type !== 'LORA') {
    throw refused(label, `peft_type is ${shownJson(json.peft_type)}, expected "LORA".`);
  }
  if (json.task_type != null && json.task_type !== 'CAUSAL_LM') {
    throw refused(label, `task_type is ${shownJson(json.task_type)}, expected "CAUSAL_LM" or null.`);
  }
  refuseUnhonoured(json, label);
  const read = <T>(
    field: string,
    fallback: T | null,
    is: (value: unknown) => value is T,
    expected: string,
  ): T => {
    const value = json[field] ?? fallback;
    if (is(value)) return value;
    throw refused(label, `${field} is ${shownJson(json[field])}, expected ${expected}.`);
  };
  const readFlag = (field: string) => read(field, false, isBoolean, 'true or false');
  // fan_in_fan_out tells PEFT whether the base stores (in, out) weights. The factors are stored alike either way and
  // PEFT itself corrects a wrong flag by the layer's type, so both values are taken; the architecture decides.
  readFlag('fan_in_fan_out');
  return {
    r: read('r', 8, isRank, 'a whole number >= 1'),
    loraAlpha: read('lora_alpha', 8, isFiniteNumber, 'a number'),
    useRslora: readFlag('use_rslora'),
    loraDropout: read('lora_dropout', 0, isDropout, 'a number in [0, 1)'),
    targetModules: read<PeftConfig['targetModules']>(
      'target_modules',
      null,
      isTargets,
      'a list of names or a string',
    ),
    layers: readLayers(json, label),
    ensureWeightTying: readFlag('ensure_weight_tying'),
  };
}

/** layers_to_transform: one index or a list, which PEFT takes as all layers when it is empty. */
function readLayers({ layers_to_transform: value, target_modules: targets }: JsonObject, label: string) {
  const list: readonly unknown[] = Array.isArray(value) ? value : value == null ? [] : [value];
  if (!list.every(isIndex)) {
    throw refused(label, `layers_to_transform is ${shownJson(value)}, expected indices of layers.`);
  }
  if (list.length === 0) return null;
  if (typeof targets !== 'string' || targets === 'all-linear') return list;
  throw refused(
    label,
    'layers_to_transform stands beside a regular expression in target_modules, which PEFT does not take.',
  );
}

function refused(label: string, what: string): LabError {
  return new LabError('unsupported-adapter', `${CONFIG_FILE} in ${label}: ${what}`);
}

/** null, false and empty values switch a field of PEFT off. */
function isNeutral(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function refuseUnhonoured(json: JsonObject, label: string): void {
  const known = new Set([...WITHOUT_EFFECT, ...HONOURED]);
  const fields = Object.entries(json).filter(([field, value]) => !known.has(field) && !isNeutral(value));
  if (json.bias != null && json.bias !== 'none') fields.push(['bias', json.bias]);
  const init = json.init_lora_weights ?? true;
  if (!PLAIN_INITS.includes(init)) fields.push(['init_lora_weights', init]);
  if (fields.length === 0) return;
  const list = fields.map(([field, value]) => `${field} (${shownJson(value)})`).join(', ');
  throw refused(label, `the lab cannot honour ${list}.`);
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

function isRank(value: unknown): value is number {
  return isFiniteNumber(value) && Number.isSafeInteger(value) && value >= 1;
}

function isDropout(value: unknown): value is number {
  return isFiniteNumber(value) && value >= 0 && value < 1;
}

function isTargets(value: unknown): value is readonly string[] | string {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((name) => typeof name === 'string'))
  );
}
