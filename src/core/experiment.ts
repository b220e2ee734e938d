/**
 * @file An experiment: which arms run on which tasks with which seeds, and what is claimed of them before they run. The
 * file's one reader, for the command line and the page; its JSON Schema is made of the same tables.
 */
import { LabError } from './errors.ts';
import type { Fields } from './experiment-fields.ts';
import {
  fault,
  fieldsOf,
  isFields,
  itemsOf,
  listOf,
  refuseUnknown,
  seedOf,
  textOf,
} from './experiment-fields.ts';
import { KNOBS, isKnobName, knobFault } from './knobs.ts';
import type { MethodName } from './methods.ts';
import { METHODS, isMethodName } from './methods.ts';
import type { Arm } from './plan.ts';
import { armOf } from './plan.ts';

/** `arm` scores higher than `against`, on each of `tasks`; tested by paired differences with Holm's correction. */
export interface Claim {
  readonly arm: string;
  readonly against: string;
  readonly tasks: readonly string[];
}

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
const CLAIM_KEYS = ['arm', 'against', 'tasks'] as const;
/** Also a folder's name, so without what a file system takes for its own. */
export const ARM_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} _+.,=()-]*[\p{L}\p{N}_+=()-])?$/u;
const LONGEST_NAME = 100;

const KNOB_NAMES = Object.keys(KNOBS);

interface ArmEntry {
  readonly name: string;
  readonly method: MethodName;
  readonly set: Fields;
}

function nameOf(where: string, value: unknown): string {
  const name = textOf(where, value);
  if (ARM_NAME.test(name) && name.length <= LONGEST_NAME) return name;
  throw fault(where, `must be letters, digits, spaces and _+.,=()- (at most ${LONGEST_NAME}): "${name}"`);
}

/** Knobs that are set, their values checked. */
function knobsOf(where: string, fields: Fields): Fields {
  refuseUnknown(where, fields, KNOB_NAMES, 'knob');
  for (const [name, value] of Object.entries(fields)) checkKnob(where, name, value);
  return fields;
}

function checkKnob(where: string, name: string, value: unknown): void {
  const wrong = isKnobName(name) ? knobFault(KNOBS[name], value) : 'is unknown';
  if (wrong !== null) throw fault(`${where}: knob "${name}"`, `${wrong}; it is ${JSON.stringify(value)}`);
}

function armEntry(where: string, value: unknown): ArmEntry {
  const { name, method, ...set } = fieldsOf(where, value);
  const readName = nameOf(`"name" of ${where}`, name);
  const readMethod = textOf(`"method" of ${where}`, method);
  if (!isMethodName(readMethod)) {
    throw new LabError('invalid-request', `${where}: there is no method "${readMethod}".`, {
      remedy: `Methods: ${Object.keys(METHODS).join(', ')}.`,
    });
  }
  return { name: readName, method: readMethod, set: knobsOf(`${where} ("${readName}")`, set) };
}

/** Every combination of the grid's values, as knobs and as the end of an arm's name. */
function gridPoints(grid: unknown): readonly { readonly set: Fields; readonly suffix: string }[] {
  if (grid === undefined) return [{ set: {}, suffix: '' }];
  const fields = fieldsOf('"grid"', grid);
  refuseUnknown('"grid"', fields, KNOB_NAMES, 'knob');
  if (Object.keys(fields).length === 0) throw fault('"grid"', 'must name a knob');
  let points: readonly Fields[] = [{}];
  for (const [knob, list] of Object.entries(fields)) {
    const values = itemsOf(`"grid.${knob}"`, list);
    if (new Set(values).size < values.length) throw fault(`"grid.${knob}"`, 'names a value twice');
    for (const value of values) checkKnob('"grid"', knob, value);
    points = points.flatMap((point) => values.map((value) => ({ ...point, [knob]: value })));
  }
  return points.map((set) => ({
    set,
    suffix: `[${Object.entries(set)
      .map(([knob, value]) => `${knob}=${String(value)}`)
      .join(',')}]`,
  }));
}

function readArms(file: Fields): readonly Arm[] {
  const shared = file.shared === undefined ? {} : knobsOf('"shared"', fieldsOf('"shared"', file.shared));
  const points = gridPoints(file.grid);
  const entries = itemsOf('"arms"', file.arms).map((entry, i) => armEntry(`arms[${i}]`, entry));
  for (const { name, set } of entries) {
    const swept = Object.keys(set).find((knob) => isFields(file.grid) && knob in file.grid);
    if (swept !== undefined) throw fault(`Arm "${name}"`, `sets knob "${swept}", which the grid sets too`);
  }
  const arms = entries.flatMap(({ name, method, set }) =>
    points.map((point) => armOf(`${name}${point.suffix}`, method, { ...shared, ...set, ...point.set })),
  );
  // Names that differ in case alone would be one folder on some machines.
  const seen = new Set<string>();
  for (const { name } of arms) {
    if (seen.has(name.toLowerCase())) throw fault('"arms"', `names "${name}" twice`);
    seen.add(name.toLowerCase());
  }
  return arms;
}

function readClaims(file: Fields, arms: readonly Arm[], tasks: readonly string[]): readonly Claim[] {
  if (file.claims === undefined) return [];
  const known = (kind: string, names: readonly string[]) => (where: string, value: unknown) => {
    const name = textOf(where, value);
    if (names.includes(name)) return name;
    throw new LabError('invalid-request', `${where}: the experiment has no ${kind} "${name}".`, {
      remedy: `It has ${names.join(', ')}.`,
    });
  };
  const armNames = arms.map(({ name }) => name);
  return itemsOf('"claims"', file.claims).map((value, i) => {
    const where = `claims[${i}]`;
    const fields = fieldsOf(where, value);
    refuseUnknown(where, fields, CLAIM_KEYS);
    const claim = {
      arm: known('arm', armNames)(`"arm" of ${where}`, fields.arm),
      against: known('arm', armNames)(`"against" of ${where}`, fields.against),
      tasks: listOf(`"tasks" of ${where}`, fields.tasks, known('task', tasks)),
    };
    if (claim.arm === claim.against) throw fault(where, `sets "${claim.arm}" against itself`);
    return claim;
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
  const arms = readArms(file);
  return {
    ...{ title: told('title'), why: told('why'), question: told('question') },
    ...{ model, tasks, arms, seeds: listOf('"seeds"', file.seeds, seedOf) },
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
  const claims = experiment.claims
    .map((claim) => ({ ...claim, tasks: claim.tasks.filter((task) => run.tasks.includes(task)) }))
    .filter((claim) => claim.tasks.length > 0);
  return { ...experiment, ...run, claims };
}

/** All runs; the arms of a task and seed stand together, since they share the base's answers. */
export const expand = ({ tasks, seeds, arms }: Experiment): readonly ExperimentRun[] =>
  tasks.flatMap((task) => seeds.flatMap((seed) => arms.map((arm) => ({ task, seed, arm }))));
