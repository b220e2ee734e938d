/**
 * @file The methods: experiments/methods.json, checked. A method is data over a closed set of verbs (verbs.ts), and
 * everything else about a run is a knob (knobs.ts): an arm is a method and a few knobs, and two arms differ in what the
 * table says they differ in. The file is the source, for this lab and for its twin in Python; its keys are the type of
 * a method's name, so a name that is not there does not compile.
 */
import file from '../../experiments/methods.json';
import { LabError } from '../core/errors.ts';
import type { Infer } from '../core/shape.ts';
import { array, distinct, fault, is, object, someText, text, word } from '../core/shape.ts';
import { knobFields } from './knob-fields.ts';
import { VERBS } from './verbs.ts';

/** Observable Plot's symbols. */
const MARKS = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye', 'times', 'plus'] as const;

/** What a method looks like, everywhere the same. What each field is: verb-meanings.ts. */
const look = object({ colour: someText, mark: word(MARKS), dash: text });
export type MethodLook = Infer<typeof look>;

/** @param names of all methods */
export const methodShape = (names: readonly string[]) =>
  object({
    title: someText,
    help: someText,
    schedule: word(VERBS.schedule),
    labels: word(VERBS.labels),
    teacher: word(VERBS.teacher),
    votes: word(VERBS.votes),
    trainsOn: distinct(array(word(VERBS.trainsOn))),
    fewShot: word(VERBS.fewShot),
    stop: word(VERBS.stop),
    presets: object(knobFields),
    controls: distinct(array(word(names))),
    asControl: text,
    look,
  });
export type Method = Infer<ReturnType<typeof methodShape>>;

const VERSION = 1;

/** The methods by their names. @throws LabError `internal` naming what is wrong with the file */
export function methodsFrom<Name extends string>(
  version: number,
  methods: Readonly<Record<Name, unknown>>,
): Readonly<Record<Name, Method>> {
  const shape = methodShape(Object.keys(methods));
  const isWhole = (read: object): read is Readonly<Record<Name, Method>> =>
    version === VERSION && Object.values(read).every((entry) => is(shape, entry));
  if (isWhole(methods)) return methods;
  const faults = Object.entries<unknown>(methods).flatMap(([name, entry]) => fault(shape, entry, name) ?? []);
  const what = version === VERSION ? faults.join('; ') : `version ${version}`;
  throw new LabError('internal', `experiments/methods.json is not what its schema says: ${what}.`);
}

export const METHODS = methodsFrom(file.version, file.methods);

export type MethodName = keyof typeof METHODS;
export const isMethodName = (name: string): name is MethodName => Object.hasOwn(METHODS, name);
export const METHOD_NAMES: readonly MethodName[] = Object.keys(METHODS).filter(isMethodName);
export const methodOf = (name: MethodName): Method => METHODS[name];
export const controlsOf = (name: MethodName): readonly MethodName[] =>
  methodOf(name).controls.filter(isMethodName);
