/**
 * @file What config.json says of the rotation: theta and a scaling, in the classic spelling or transformers 5's, flat or
 * by layer type. Whatever stands there and would change the rotation is computed or refused by name.
 */
import { LabError } from '../core/errors.ts';
import type { JsonObject } from './architecture.ts';
import { isJsonObject, shown } from '../core/json-object.ts';
import { readPositive, refuse } from './config-reader.ts';
import { LAYER_TYPES } from './layer-types.ts';
import type { Rope } from './ops.ts';
import { rotation, stretchLlama3, type Stretch } from './rope.ts';

/** Where a family keeps its rotation. */
export interface RopeFields {
  /** The field of theta in the classic spelling, with its default. */
  readonly theta: string;
  readonly thetaDefault: number;
  /** The field of the rotated share of a head, with its default; null where whole heads are rotated. */
  readonly share: { readonly field: string; readonly fallback: number } | null;
  /** Which kinds of layer the model has; rope_parameters may stand apart for each. */
  readonly layerTypes: readonly string[];
  /** Where sliding layers have a theta of their own in the classic spelling: its field and default. They are not scaled. */
  readonly local?: { readonly theta: string; readonly thetaDefault: number };
}

/** What each type of rotation takes beside theta and the share. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  default: [],
  linear: ['factor'],
  llama3: ['factor', 'low_freq_factor', 'high_freq_factor', 'original_max_position_embeddings'],
};

/** Parameters with their name in messages. */
interface Parameters {
  readonly where: string;
  readonly own: JsonObject;
}

/**
 * The rotation of each kind of layer: theta with `rope_scaling` (classic) or `rope_parameters` (transformers 5), flat or
 * keyed by layer type. Types "default", "linear" and "llama3" are computed.
 * @returns the rotation by kind of layer; where it does not depend on the kind, all share one
 */
export function readRopes(
  config: JsonObject,
  headDim: number,
  fields: RopeFields,
): (layerType: string) => Rope {
  const { where, own } = findParameters(config);
  if (!Object.values(own).some(isJsonObject)) {
    const rope = readRope(config, { where, own }, headDim, fields);
    if (fields.local === undefined) return () => rope;
    const { theta, thetaDefault } = fields.local;
    const local = rotation(headDim, readPositive(config, theta, thetaDefault), (frequency) => frequency);
    return (type) => (type === 'sliding_attention' ? local : rope);
  }
  const stranger = Object.keys(own).find((key) => !LAYER_TYPES.includes(key));
  if (stranger !== undefined) {
    throw refuse(`${where}.${stranger}`, `absent beside ${LAYER_TYPES.join(' and ')}`, own[stranger]);
  }
  const ropes = new Map(
    fields.layerTypes.map((type) => {
      const parameters = own[type];
      if (!isJsonObject(parameters)) {
        throw refuse(`${where}.${type}`, 'an object, since the model has such layers', parameters);
      }
      return [type, readRope(config, { where: `${where}.${type}`, own: parameters }, headDim, fields)];
    }),
  );
  return (type) => {
    const rope = ropes.get(type);
    if (rope === undefined) throw new LabError('internal', `There is no rotation for layers of ${type}.`);
    return rope;
  };
}

function findParameters(config: JsonObject): Parameters {
  const [first, second] = ['rope_parameters', 'rope_scaling'].flatMap((where): Parameters[] => {
    const own = config[where] ?? null;
    if (own === null) return [];
    if (!isJsonObject(own)) throw refuse(where, 'an object or null', own);
    return [{ where, own }];
  });
  if (first === undefined) return { where: 'rope_parameters', own: {} };
  if (second !== undefined && !agree(first.own, second.own)) {
    throw refuse(second.where, `absent, or to say what ${first.where} says`, second.own);
  }
  return first;
}

/** Whether `other` says nothing that `own` does not say too. */
function agree(own: JsonObject, other: JsonObject): boolean {
  const type = ({ rope_type: current, type: old }: JsonObject) => current ?? old ?? 'default';
  const isType = (key: string) => key === 'type' || key === 'rope_type';
  return (
    type(own) === type(other) &&
    Object.entries(other).every(([key, value]) => isType(key) || value === null || value === own[key])
  );
}

function readRope(
  config: JsonObject,
  { where, own }: Parameters,
  headDim: number,
  { theta: thetaField, thetaDefault, share: shareField }: RopeFields,
): Rope {
  const inOwn = (key: string): Place => ({ object: own, key, name: `${where}.${key}` });
  const classic = (key: string): Place => ({ object: config, key, name: key });
  const theta = readOne([inOwn('rope_theta'), classic(thetaField), classic('rope_theta')], thetaDefault);
  const share = readOne(
    [
      inOwn('partial_rotary_factor'),
      classic('partial_rotary_factor'),
      ...(shareField === null ? [] : [classic(shareField.field)]),
    ],
    shareField?.fallback ?? 1,
  );
  if (shareField === null ? share.value !== 1 : share.value > 1) {
    throw refuse(share.name, shareField === null ? '1 in this family' : 'at most 1', share.value);
  }
  const dim = Math.floor(headDim * share.value);
  if (dim % 2 !== 0 || dim < 2) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: the rotated part of a head is ${dim} channels.`,
      {
        remedy: 'Choose a checkpoint whose rotary dimension is even and at least 2.',
      },
    );
  }
  return rotation(dim, theta.value, readStretch(config, { where, own }));
}

interface Place {
  readonly object: JsonObject;
  readonly key: string;
  readonly name: string;
}

/** One positive number that may stand in several places: all that have it must say the same. */
function readOne(
  places: readonly Place[],
  fallback: number,
): { readonly value: number; readonly name: string } {
  const found = places.filter(({ object, key }) => (object[key] ?? null) !== null);
  const [first] = found;
  if (first === undefined) return { value: fallback, name: '' };
  const value = readPositive(first.object, first.key, undefined, first.name);
  const other = found.find(({ object, key }) => object[key] !== value);
  if (other === undefined) return { value, name: first.name };
  throw refuse(other.name, `${value} as in ${first.name}`, other.object[other.key]);
}

/** What the scaling makes of each frequency. */
function readStretch(config: JsonObject, { where, own }: Parameters): Stretch {
  const { rope_type: current, type: old } = own;
  if (current != null && old != null && current !== old) {
    throw refuse(`${where}.type`, `${shown(current)} as in rope_type`, old);
  }
  const type = current ?? old ?? 'default';
  const takes = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (takes === undefined) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: rope scaling type ${shown(type)} is not computed here.`,
      { remedy: 'Choose a checkpoint with rope type default, linear or llama3.' },
    );
  }
  // The last has no part in these types' formulas, and the reference writes it beside them.
  const known = ['rope_theta', 'partial_rotary_factor', 'rope_type', 'type', ...takes];
  known.push('original_max_position_embeddings');
  for (const [key, value] of Object.entries(own)) {
    if (known.includes(key) || value === null || (key === 'factor' && value === 1)) continue;
    throw refuse(`${where}.${key}`, `absent with rope type ${shown(type)}`, value);
  }
  const read = (key: string) => readPositive(own, key, undefined, `${where}.${key}`);
  if (type === 'default') return (frequency) => frequency;
  const factor = read('factor');
  if (type === 'linear') return (frequency) => Math.fround(frequency / factor);
  const low = read('low_freq_factor');
  const high = read('high_freq_factor');
  if (high <= low) throw refuse(`${where}.high_freq_factor`, `above low_freq_factor ${low}`, high);
  const original = [own, config]
    .map((place) => [place, 'original_max_position_embeddings'] as const)
    .find(([place, key]) => place[key] != null);
  const [place, field] = original ?? [config, 'max_position_embeddings'];
  return stretchLlama3({ factor, low, high, original: readPositive(place, field) });
}
