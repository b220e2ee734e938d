/**
 * @file An experiment: which arms run on which tasks with which seeds, and what is claimed of them before they run. The
 * file's one reader, for the command line and the page; its JSON Schema is made of the same tables.
 */
import { LabError } from '../core/errors.ts';
import type { Infer } from '../core/shape.ts';
import { array, namesOf, object, text } from '../core/shape.ts';
import type { Fields } from './experiment-fields.ts';
import {
  fault,
  fieldsOf,
  isFields,
  itemsOf,
  listOf,
  quoted,
  refuseUnknown,
  seedOf,
  shown,
  textOf,
} from './experiment-fields.ts';
import { KNOBS, isKnobName, knobFault } from './knobs.ts';
import type { MethodName } from './methods.ts';
import { METHODS, isMethodName } from './methods.ts';
import type { Arm } from './plan.ts';
import { armOf } from './plan.ts';

/** `arm` scores higher than `against`, on each of `tasks`; tested by paired differences with Holm's correction. */
export const claim = object({ arm: text, against: text, tasks: array(text) });
export type Claim = Infer<typeof claim>;

export interface Experiment {
  /** For people: '' where the file does not say. */
  readonly title: string;
  /** Why one would run it. */
  readonly why: string;
  /** The question that its plot answers. */
  readonly question: string;
  /** The name of a bundled model, or a folder in the Hub's layout. */
  readonly model: string;
  /** Names of bundled tasks, or task folders. */
  readonly tasks: readonly string[];
  readonly seeds: readonly number[];
  /** With all their knobs, the grid expanded. */
  readonly arms: readonly Arm[];
  /** Written down before the run. */
  readonly claims: readonly Claim[];
}

/** One arm of one task with one seed, the task still by its name. */
export interface ExperimentRun {
  readonly task: string;
  readonly seed: number;
  readonly arm: Arm;
}

const EXPERIMENT_KEYS = [
  ...['$schema', 'title', 'why', 'question', 'model', 'tasks', 'seeds', 'shared', 'arms', 'grid', 'claims'],
] as const;
/** Also a folder's name, so without what a file system takes for its own. */
export const ARM_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} _+.,=()-]*[\p{L}\p{N}_+=()-])?$/u;
export const LONGEST_ARM_NAME = 100;
/** In one folder; at some seconds each they take a day and more. */
const MAX_RUNS = 10_000;

/** Of names in a message. */
const MOST_NAMED = 20;
const KNOB_NAMES = Object.keys(KNOBS);

interface ArmEntry {
  readonly name: string;
  readonly method: MethodName;
  readonly set: Fields;
}

function nameOf(where: string, value: unknown): string {
  const name = textOf(where, value);
  if (ARM_NAME.test(name) && name.length <= LONGEST_ARM_NAME) return name;
  throw fault(
    where,
    `must be letters, digits, spaces and _+.,=()- (at most ${LONGEST_ARM_NAME}): ${quoted(name)}`,
  );
}

/** Knobs that are set, their values checked. */
function knobsOf(where: string, fields: Fields): Fields {
  refuseUnknown(where, fields, KNOB_NAMES, 'knob');
  for (const [name, value] of Object.entries(fields)) checkKnob(where, name, value);
  return fields;
}

function checkKnob(where: string, name: string, value: unknown): void {
  const wrong = isKnobName(name) ? knobFault(KNOBS[name], value) : 'is unknown';
  if (wrong !== null) throw fault(`${where}: knob "${name}"`, `${wrong}; it is ${shown(value)}`);
}

function armEntry(where: string, value: unknown): ArmEntry {
  const { name, method, ...set } = fieldsOf(where, value);
  const readName = nameOf(`"name" of ${where}`, name);
  const readMethod = textOf(`"method" of ${where}`, method);
  if (!isMethodName(readMethod)) {
    throw new LabError('invalid-request', `${where}: there is no method ${quoted(readMethod)}.`, {
      remedy: `Methods: ${Object.keys(METHODS).join(', ')}.`,
    });
  }
  return { name: readName, method: readMethod, set: knobsOf(`${where} ("${readName}")`, set) };
}

/** The grid's knobs with their values, checked; none where the file has no grid. */
function gridAxes(grid: unknown): readonly (readonly [knob: string, values: readonly unknown[]])[] {
  if (grid === undefined) return [];
  const fields = fieldsOf('"grid"', grid);
  refuseUnknown('"grid"', fields, KNOB_NAMES, 'knob');
  if (Object.keys(fields).length === 0) throw fault('"grid"', 'must name a knob');
  return Object.entries(fields).map(([knob, list]) => {
    const values = itemsOf(`"grid.${knob}"`, list);
    if (new Set(values).size < values.length) throw fault(`"grid.${knob}"`, 'names a value twice');
    for (const value of values) checkKnob('"grid"', knob, value);
    return [knob, values];
  });
}

/** Every combination of the grid's values, as knobs and as the end of an arm's name. */
function gridPoints(
  axes: ReturnType<typeof gridAxes>,
): readonly { readonly set: Fields; readonly suffix: string }[] {
  if (axes.length === 0) return [{ set: {}, suffix: '' }];
  let points: readonly Fields[] = [{}];
  for (const [knob, values] of axes) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [knob]: value })));
  }
  return points.map((set) => ({
    set,
    suffix: `[${Object.entries(set)
      .map(([knob, value]) => `${knob}=${String(value)}`)
      .join(',')}]`,
  }));
}

/** What an experiment's runs are the product of. */
interface Sizes {
  readonly tasks: number;
  readonly arms: number;
  readonly points: number;
  readonly seeds: number;
}

/** By arithmetic, before anything is expanded. @throws LabError `invalid-request` naming the number */
function refuseTooMany(sizes: Sizes): void {
  const { tasks, arms, points, seeds } = sizes;
  const runs = tasks * arms * points * seeds;
  if (runs <= MAX_RUNS) return;
  const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;
  const grid = points === 1 ? [] : [`${points} points of the grid`];
  const parts = [counted(tasks, 'task'), counted(arms, 'arm'), ...grid, counted(seeds, 'seed')];
  throw new LabError(
    'invalid-request',
    `The experiment has ${runs} runs (${parts.join(' x ')}); at most ${MAX_RUNS} are possible.`,
    { remedy: 'Name fewer values, or split it into several files.' },
  );
}

/** @param others how many tasks and seeds each arm has */
function readArms(file: Fields, others: Pick<Sizes, 'tasks' | 'seeds'>): readonly Arm[] {
  const shared = file.shared === undefined ? {} : knobsOf('"shared"', fieldsOf('"shared"', file.shared));
  const axes = gridAxes(file.grid);
  const entries = itemsOf('"arms"', file.arms).map((entry, i) => armEntry(`arms[${i}]`, entry));
  const points = axes.reduce((product, [, values]) => product * values.length, 1);
  refuseTooMany({ ...others, arms: entries.length, points });
  for (const { name, set } of entries) {
    const swept = Object.keys(set).find((knob) => isFields(file.grid) && knob in file.grid);
    if (swept !== undefined) throw fault(`Arm "${name}"`, `sets knob "${swept}", which the grid sets too`);
  }
  const every = gridPoints(axes);
  const arms = entries.flatMap(({ name, method, set }) =>
    every.map((point) => armOf(`${name}${point.suffix}`, method, { ...shared, ...set, ...point.set })),
  );
  // Names that differ in case or in how a letter is composed would be one folder on some machines.
  const seen = new Set<string>();
  for (const { name } of arms) {
    const plain = name.normalize('NFC').toLowerCase();
    if (seen.has(plain)) throw fault('"arms"', `names ${quoted(name)} twice`);
    seen.add(plain);
  }
  return arms;
}

function readClaims(file: Fields, arms: readonly Arm[], tasks: readonly string[]): readonly Claim[] {
  if (file.claims === undefined) return [];
  const known = (kind: string, names: readonly string[]) => (where: string, value: unknown) => {
    const name = textOf(where, value);
    if (names.includes(name)) return name;
    throw new LabError('invalid-request', `${where}: the experiment has no ${kind} ${quoted(name)}.`, {
      remedy: `It has ${names.slice(0, MOST_NAMED).join(', ')}${names.length > MOST_NAMED ? ', …' : ''}.`,
    });
  };
  const armNames = arms.map(({ name }) => name);
  return itemsOf('"claims"', file.claims).map((value, i) => {
    const where = `claims[${i}]`;
    const fields = fieldsOf(where, value);
    refuseUnknown(where, fields, namesOf(claim));
    const read = {
      arm: known('arm', armNames)(`"arm" of ${where}`, fields.arm),
      against: known('arm', armNames)(`"against" of ${where}`, fields.against),
      tasks: listOf(`"tasks" of ${where}`, fields.tasks, known('task', tasks)),
    };
    if (read.arm === read.against) throw fault(where, `sets "${read.arm}" against itself`);
    return read;
  });
}

/** Reads an experiment file's JSON.
 * @throws LabError `invalid-request` naming the unknown key, knob, method or value, duplicates and empty lists. */
export function parseExperiment(json: unknown): Experiment {
  const file = fieldsOf('An experiment', json);
  refuseUnknown('The experiment', file, EXPERIMENT_KEYS);
  const told = (key: 'title' | 'why' | 'question') =>
    file[key] === undefined ? '' : textOf(`"${key}"`, file[key]);
  if (file.$schema !== undefined) textOf('"$schema"', file.$schema);
  const model = textOf('"model"', file.model);
  const tasks = listOf('"tasks"', file.tasks, textOf);
  const seeds = listOf('"seeds"', file.seeds, seedOf);
  const arms = readArms(file, { tasks: tasks.length, seeds: seeds.length });
  return {
    ...{ title: told('title'), why: told('why'), question: told('question') },
    ...{ model, tasks, arms, seeds },
    claims: readClaims(file, arms, tasks),
  };
}

/** The experiment with other seeds or tasks; claims keep those of their tasks that still run.
 * @throws LabError `invalid-request` for an empty or repeating list. */
export function restricted(
  experiment: Experiment,
  { seeds, tasks }: { readonly seeds?: readonly number[]; readonly tasks?: readonly string[] },
): Experiment {
  const run = {
    seeds: listOf('The list of seeds', seeds ?? experiment.seeds, seedOf),
    tasks: listOf('The list of tasks', tasks ?? experiment.tasks, textOf),
  };
  refuseTooMany({
    ...{ tasks: run.tasks.length, seeds: run.seeds.length, arms: experiment.arms.length, points: 1 },
  });
  const claims = experiment.claims
    .map((claim) => ({ ...claim, tasks: claim.tasks.filter((task) => run.tasks.includes(task)) }))
    .filter((claim) => claim.tasks.length > 0);
  return { ...experiment, ...run, claims };
}

/** All runs; the arms of a task and seed stand together, since they share the base's answers. */
export const expand = ({ tasks, seeds, arms }: Experiment): readonly ExperimentRun[] =>
  tasks.flatMap((task) => seeds.flatMap((seed) => arms.map((arm) => ({ task, seed, arm }))));
