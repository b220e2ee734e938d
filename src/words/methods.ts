/**
 * @file The methods: experiments/methods.json, checked. A method is data over a closed set of verbs (verbs.ts), and
 * everything else about a run is a knob (knobs.ts): an arm is a method and a few knobs, and two arms differ in what the
 * table says they differ in. The file is the source, for this lab and for its twin in Python; its keys are the type of
 * a method's name, so a name that is not there does not compile.
 */
import file from '../../experiments/methods.json';
import { LabError } from '../core/errors.ts';
import type { Fields } from './experiment-fields.ts';
import { isFields } from './experiment-fields.ts';
import type { Knobs } from './knobs.ts';
import { areKnobs } from './knobs.ts';
import type { Verb } from './verbs.ts';
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
const isText = (value: unknown): boolean => typeof value === 'string';

/** The key of an entry that is not as it must be; null where all are. Types alone: the schema beside the file tells an
 * editor more. */
function keyAtFault(entry: Fields, names: readonly string[]): string | null {
  const { controls, look, presets } = entry;
  const verbs: Readonly<Record<string, readonly string[]>> = VERBS;
  const wrong = Object.entries(verbs).find(([kind, known]) => {
    const said: readonly unknown[] = [entry[kind]].flat();
    const isList = Array.isArray(entry[kind]);
    return isList !== (kind === 'trainsOn') || !said.every((verb) => known.some((name) => name === verb));
  });
  if (wrong !== undefined) return wrong[0];
  if (!areKnobs(presets)) return 'presets';
  if (!Array.isArray(controls) || !controls.every((name) => names.some((known) => known === name)))
    return 'controls';
  if (!isFields(look) || !isText(look.colour) || !isText(look.dash)) return 'look';
  if (!MARKS.some((mark) => mark === look.mark)) return 'look.mark';
  return ['title', 'help', 'asControl'].find((key) => !isText(entry[key])) ?? null;
}

/** The methods by their names. @throws LabError `internal` naming what is wrong with the file */
export function methodsFrom<Name extends string>(
  version: number,
  methods: Readonly<Record<Name, unknown>>,
): Readonly<Record<Name, Method>> {
  const names = Object.keys(methods);
  const faults = Object.entries<unknown>(methods).flatMap(([name, entry]) => {
    const key = isFields(entry) ? keyAtFault(entry, names) : 'entry';
    return key === null ? [] : `${name}.${key}`;
  });
  const isWhole = (read: unknown): read is Readonly<Record<Name, Method>> =>
    version === VERSION && isFields(read) && faults.length === 0;
  if (isWhole(methods)) return methods;
  const what = version === VERSION ? faults.join(', ') : `version ${version}`;
  throw new LabError('internal', `experiments/methods.json is not what its schema says: ${what}.`);
}

export const METHODS = methodsFrom(file.version, file.methods);

export type MethodName = keyof typeof METHODS;
export const isMethodName = (name: string): name is MethodName => Object.hasOwn(METHODS, name);
export const METHOD_NAMES: readonly MethodName[] = Object.keys(METHODS).filter(isMethodName);
export const methodOf = (name: MethodName): Method => METHODS[name];
export const controlsOf = (name: MethodName): readonly MethodName[] =>
  methodOf(name).controls.filter(isMethodName);
