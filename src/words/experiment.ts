/**
 * @file An experiment: which arms run on which tasks with which seeds, and what is claimed of them before they run. The
 * file's shape, for the command line and the page; its JSON Schema is made of the same (tools/schemas).
 */
import { plural } from '../core/plural.ts';
import { LabError } from '../core/errors.ts';
import type { Infer } from '../core/shape.ts';
import {
  checked,
  distinct,
  fault,
  holding,
  is,
  listOf,
  object,
  optional,
  quoted,
  someText,
  text,
  textLike,
  told,
  wholeWithin,
} from '../core/shape.ts';
import { knobFields } from './knob-fields.ts';
import { methodName } from './knobs-set.ts';
import type { Arm } from './plan.ts';
import { armOf } from './plan.ts';

const LONGEST_NAME = 100;
/** In one folder; at some seconds each they take a day and more. */
const MAX_RUNS = 10_000;
/** Of names in a message. */
const MOST_NAMED = 20;

/** Also a folder's name, so without what a file system takes for its own. */
const armName = textLike(
  /^[\p{L}\p{N}](?:[\p{L}\p{N} _+.,=()-]*[\p{L}\p{N}_+=()-])?$/u,
  `letters, digits, spaces and _+.,=()- (at most ${LONGEST_NAME})`,
  LONGEST_NAME,
);
const arm = object({
  name: told(armName, 'Unique; what results, plots and folders call it.'),
  method: methodName,
  ...knobFields,
});

/** `arm` scores higher than `against`, on each of `tasks`; tested by paired differences with Holm's correction. */
export const claim = object({
  arm: told(someText, 'The arm that scores higher.'),
  against: told(someText, 'The arm it is compared with, paired by seed.'),
  tasks: told(
    distinct(listOf(told(someText, 'A task of the experiment.'))),
    "Holm's correction is over these.",
  ),
});
export type Claim = Infer<typeof claim>;

/** Names of bundled tasks, or task folders. */
const taskList = distinct(listOf(told(someText, 'A bundled task by its name, or a task folder.')));
/** Seeds key draws, so any whole number that is exact will do. */
const seedList = distinct(listOf(wholeWithin(0)));

/** Of each knob several values. */
const grid = holding(
  object(
    Object.fromEntries(
      Object.entries(knobFields).map(([name, { wrapped }]) => [
        name,
        optional(told(distinct(listOf(wrapped)), 'Values; each makes an arm of its own.')),
      ]),
    ),
  ),
  (axes) => (Object.keys(axes).length === 0 ? ['', 'names no knob'] : null),
);

/** What an experiment's JSON is, before its grid is expanded and its claims are held against its arms. */
export const experimentFile = object({
  $schema: optional(text),
  title: optional(told(someText, 'A few words for people.')),
  why: optional(told(someText, 'Why one would run it.')),
  question: optional(told(someText, 'The question that its plot answers.')),
  model: told(
    someText,
    'A bundled model by its name, or a folder in the Hub’s layout; with @float16, @q8 or @q4 at its end, held in that type.',
  ),
  tasks: told(taskList, 'Tasks.'),
  seeds: told(seedList, 'A seed varies every draw.'),
  shared: optional(told(object(knobFields), 'Knobs of every arm; an arm’s own come before them.')),
  arms: told(listOf(arm), 'A method and the knobs it is run with.'),
  grid: optional(told(grid, 'Every arm with every combination of these values.', { minProperties: 1 })),
  claims: optional(told(listOf(claim), 'What is claimed before the run; all else is exploratory.')),
});
type File = Infer<typeof experimentFile>;

type Told = 'title' | 'why' | 'question' | 'model' | 'tasks' | 'seeds' | 'claims';
/** Texts for people are '' where the file does not say. */
export interface Experiment extends Required<Pick<File, Told>> {
  /** With all their knobs, the grid expanded. */
  readonly arms: readonly Arm[];
}

/** One arm of one task with one seed, the task still by its name. */
export interface ExperimentRun {
  readonly task: string;
  readonly seed: number;
  readonly arm: Arm;
}

const refused = (what: string): LabError =>
  new LabError('invalid-request', `${what}.`, { remedy: 'Correct the experiment file.' });

/** Every combination of the grid's values, as knobs and as the end of an arm's name. */
function gridPoints(axes: File['grid'] = {}) {
  let points: readonly NonNullable<File['shared']>[] = [{}];
  for (const [knob, values = []] of Object.entries(axes))
    points = points.flatMap((point) => values.map((value) => ({ ...point, [knob]: value })));
  return points.map((set) => {
    const words = Object.entries(set).map(([knob, value]) => `${knob}=${String(value)}`);
    return { set, suffix: words.length === 0 ? '' : `[${words.join(',')}]` };
  });
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
  const grid = points === 1 ? [] : [`${points} points of the grid`];
  const parts = [plural(tasks, 'task'), plural(arms, 'arm'), ...grid, plural(seeds, 'seed')];
  throw new LabError(
    'invalid-request',
    `The experiment has ${runs} runs (${parts.join(' x ')}); at most ${MAX_RUNS} are possible.`,
    { remedy: 'Name fewer values, or split it into several files.' },
  );
}

/** All arms at all points of the grid. */
function armsOf({ arms: entries, shared = {}, grid: axes = {}, tasks, seeds }: File): readonly Arm[] {
  const points = Object.values(axes).reduce((product, values = []) => product * values.length, 1);
  refuseTooMany({ tasks: tasks.length, arms: entries.length, points, seeds: seeds.length });
  for (const entry of entries) {
    const swept = Object.keys(axes).find((knob) => knob in entry);
    if (swept !== undefined)
      throw refused(`Arm "${entry.name}" sets knob "${swept}", which the grid sets too`);
  }
  const every = gridPoints(axes);
  const arms = entries.flatMap(({ name, method, ...set }) =>
    every.map((point) => armOf(`${name}${point.suffix}`, method, { ...shared, ...set, ...point.set })),
  );
  // Names that differ in case or in how a letter is composed would be one folder on some machines.
  const seen = new Set<string>();
  for (const { name } of arms) {
    const plain = name.normalize('NFC').toLowerCase();
    if (seen.has(plain)) throw refused(`arms: names ${quoted(name)} twice`);
    seen.add(plain);
  }
  return arms;
}

/** A claim is about what the experiment has. */
function checkClaim(
  { arm, against, tasks }: Claim,
  at: string,
  arms: readonly Arm[],
  all: readonly string[],
): void {
  const known = (kind: string, names: readonly string[], wanted: readonly string[]) => {
    const stranger = wanted.find((name) => !names.includes(name));
    if (stranger === undefined) return;
    throw new LabError('invalid-request', `${at}: the experiment has no ${kind} ${quoted(stranger)}.`, {
      remedy: `It has ${names.slice(0, MOST_NAMED).join(', ')}${names.length > MOST_NAMED ? ', …' : ''}.`,
    });
  };
  known(
    'arm',
    arms.map(({ name }) => name),
    [arm, against],
  );
  known('task', all, tasks);
  if (arm === against) throw refused(`${at} sets ${quoted(arm)} against itself`);
}

/** Reads an experiment file's JSON.
 * @throws LabError `invalid-request` naming the unknown key, knob, method or value, duplicates and empty lists. */
export function parseExperiment(json: unknown): Experiment {
  // The value itself: a shape's copy has its fields in the shape's order, and grid points are named in the file's.
  if (!is(experimentFile, json)) throw refused(`The experiment: ${fault(experimentFile, json) ?? ''}`);
  const { title = '', why = '', question = '', model, tasks, seeds, claims = [] } = json;
  const arms = armsOf(json);
  claims.forEach((claim, i) => {
    checkClaim(claim, `claims[${i}]`, arms, tasks);
  });
  return { title, why, question, model, tasks, arms, seeds, claims };
}

/** The experiment with other seeds or tasks; claims keep those of their tasks that still run.
 * @throws LabError `invalid-request` for an empty or repeating list. */
export function restricted(
  experiment: Experiment,
  { seeds, tasks }: { readonly seeds?: readonly number[]; readonly tasks?: readonly string[] },
): Experiment {
  const run = {
    seeds: checked(seedList, seeds ?? experiment.seeds, 'The list of seeds', 'invalid-request'),
    tasks: checked(taskList, tasks ?? experiment.tasks, 'The list of tasks', 'invalid-request'),
  };
  refuseTooMany({
    ...{ tasks: run.tasks.length, seeds: run.seeds.length, arms: experiment.arms.length, points: 1 },
  });
  const claims = experiment.claims
    .map((claim) => ({ ...claim, tasks: claim.tasks.filter((task) => run.tasks.includes(task)) }))
    .filter((claim) => claim.tasks.length > 0);
  return { ...experiment, ...run, claims };
}

/** All runs, seed after seed: what is stopped leaves whole seeds. The arms of a task and seed share the base's answers. */
export const expand = ({ tasks, seeds, arms }: Experiment): readonly ExperimentRun[] =>
  seeds.flatMap((seed) => tasks.flatMap((task) => arms.map((arm) => ({ task, seed, arm }))));
