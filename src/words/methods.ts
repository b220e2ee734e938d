/**
 * @file The methods: experiments/methods.json, checked. A method is data over a closed set of verbs (verbs.ts), and
 * everything else about a run is a knob (knobs.ts): an arm is a method and a few knobs, and two arms differ in what the
 * table says they differ in. The file is the source, for this lab and for its twin in Python; its keys are the type of
 * a method's name, so a name that is not there does not compile.
 */
import file from '../../experiments/methods.json';
import { LabError } from '../core/errors.ts';
import type { Fields } from './experiment-fields.ts';
import { isFields, shown } from './experiment-fields.ts';
import type { Knobs } from './knobs.ts';
import { areKnobs } from './knobs.ts';
import type { Verb, VerbKind } from './verbs.ts';
import { VERBS } from './verbs.ts';

/** Observable Plot's symbols. */
export const MARKS = [
  'circle',
  'square',
  'triangle',
  'diamond',
  'star',
  'cross',
  'wye',
  'times',
  'plus',
] as const;
type Mark = (typeof MARKS)[number];

/** What a method looks like, everywhere the same. */
export interface MethodLook {
  /** Of design/arms.css. */
  readonly colour: string;
  readonly mark: Mark;
  /** stroke-dasharray; '' is a solid line. */
  readonly dash: string;
}

export interface Method {
  /** As people read it. */
  readonly title: string;
  readonly help: string;
  readonly schedule: Verb<'schedule'>;
  readonly labels: Verb<'labels'>;
  readonly teacher: Verb<'teacher'>;
  readonly votes: Verb<'votes'>;
  readonly trainsOn: readonly Verb<'trainsOn'>[];
  readonly fewShot: Verb<'fewShot'>;
  readonly stop: Verb<'stop'>;
  /** Knobs that make the method what it is; a run that sets them otherwise says so. */
  readonly presets: Partial<Knobs>;
  /** The arms that make its gain mean something (docs/METHOD.md), run after it. */
  readonly controls: readonly string[];
  /** What it is as a control, a sentence's beginning; '' where its title says it. */
  readonly asControl: string;
  readonly look: MethodLook;
}

const VERSION = 1;

function refuse(where: string, expected: string, found: unknown): never {
  throw new LabError(
    'internal',
    `experiments/methods.json: ${where} must be ${expected}; it is ${shown(found)}.`,
  );
}

/** One method of the file. @throws LabError `internal` naming what is wrong */
function methodFrom(name: string, fields: unknown, names: readonly string[]): Method {
  if (!isFields(fields)) refuse(name, 'an object', fields);
  const at = (key: string) => `${name}.${key}`;
  const text = (key: string, of: Fields = fields): string => {
    const value = of[key];
    return typeof value === 'string' ? value : refuse(at(key), 'text', value);
  };
  const verb = <K extends VerbKind>(kind: K, value: unknown = fields[kind]): Verb<K> => {
    const verbs: readonly Verb<K>[] = VERBS[kind];
    return verbs.find((known) => known === value) ?? refuse(at(kind), `one of ${verbs.join(', ')}`, value);
  };
  const list = (key: string): readonly unknown[] => {
    const value = fields[key];
    return Array.isArray(value) ? value : refuse(at(key), 'a list', value);
  };
  const { presets, look } = fields;
  if (!areKnobs(presets)) refuse(at('presets'), 'knobs within their ranges', presets);
  if (!isFields(look)) refuse(at('look'), 'an object', look);
  const mark = MARKS.find((known) => known === look.mark) ?? refuse(at('mark'), MARKS.join(', '), look.mark);
  const control = (value: unknown): string =>
    names.find((known) => known === value) ?? refuse(at('controls'), 'names of methods', value);
  return {
    ...{ title: text('title'), help: text('help'), asControl: text('asControl'), presets },
    ...{ schedule: verb('schedule'), labels: verb('labels'), teacher: verb('teacher'), votes: verb('votes') },
    trainsOn: list('trainsOn').map((value) => verb('trainsOn', value)),
    ...{ fewShot: verb('fewShot'), stop: verb('stop'), controls: list('controls').map(control) },
    look: { colour: text('colour', look), mark, dash: text('dash', look) },
  };
}

/** The methods by their names. @throws LabError `internal` naming what is wrong with the file */
export function methodsFrom<Name extends string>(
  version: number,
  methods: Readonly<Record<Name, unknown>>,
): Readonly<Record<Name, Method>> {
  if (version !== VERSION) refuse('version', String(VERSION), version);
  const names = Object.keys(methods);
  const table = Object.fromEntries(
    Object.entries(methods).map(([name, fields]) => [name, methodFrom(name, fields, names)]),
  );
  const isWhole = (read: Readonly<Record<string, Method>>): read is Readonly<Record<Name, Method>> =>
    names.every((name) => Object.hasOwn(read, name));
  return isWhole(table) ? table : refuse('methods', names.join(', '), Object.keys(table));
}

export const METHODS = methodsFrom(file.version, file.methods);

export type MethodName = keyof typeof METHODS;
export const isMethodName = (name: string): name is MethodName => Object.hasOwn(METHODS, name);
export const METHOD_NAMES: readonly MethodName[] = Object.keys(METHODS).filter(isMethodName);
export const methodOf = (name: MethodName): Method => METHODS[name];
export const controlsOf = (name: MethodName): readonly MethodName[] =>
  methodOf(name).controls.filter(isMethodName);
