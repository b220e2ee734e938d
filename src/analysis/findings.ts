/**
 * @file The verdict of a run in three parts, each a sentence about one arm with the picture that shows it: did the student
 * beat its teacher, did the teacher get better, is what changed format or meaning. Differences are judged where all are
 * (paired.ts).
 */
import type { RunState } from '../method/state.ts';
import { formatScore } from '../core/figures.ts';
import { plural } from '../core/plural.ts';
import { roundOf } from '../method/state.ts';
import { agendaOf, shapeOf } from '../method/agenda.ts';
import { floors } from '../metrics/scores.ts';
import { interval } from '../metrics/statistics.ts';
import { itemValues } from '../metrics/summarise.ts';
import type { Mode } from '../words/events.ts';
import type { Arm } from '../words/plan.ts';
import type { Task } from '../words/task.ts';
import { belowWords, floorWords, meanFloors } from './floors.ts';
import type { MetricName } from './metrics.ts';
import type { Paired, Side } from './paired.ts';
import { differenceWords, isShown, judge, paired } from './paired.ts';
import { climbOf, noRuler } from './staircase.ts';
import { rowsOf, sameEvaluation } from './watch.ts';

/** One seed of the arm. */
export interface Seeded {
  readonly seed: number;
  readonly state: RunState;
}

export interface Compared extends Paired {
  /** The fewest test items of a seed that both answered. */
  readonly shared: number;
}

export type Shows = 'staircase' | 'wall';
export interface Finding {
  readonly question: string;
  readonly sentence: string;
  readonly shows: Shows;
  /** What the sentence rests on; null where nothing could be compared. */
  readonly rests: Compared | null;
}
type Said = Pick<Finding, 'sentence' | 'rests'>;
const unsaid = (sentence: string): Said => ({ sentence, rests: null });

/** A model's answers: a round's, asked in a mode. */
interface Asked {
  readonly round: number;
  readonly mode: Mode;
}

/** Each test item's value by the metric; empty where the round was not asked so. */
export function valuesOf(
  task: Task,
  state: RunState,
  { round, mode }: Asked,
  metric: MetricName,
): ReadonlyMap<string, number> {
  const evaluation = sameEvaluation(roundOf(state, round), { split: 'test', mode });
  return evaluation === undefined
    ? new Map()
    : itemValues(metric, task.definition, rowsOf(task, 'test'), evaluation);
}

type Values = ReadonlyMap<string, number>;
/** With what each score is held against the floors by. */
interface Told extends Compared {
  /** Test items of each seed that both answered, by id. */
  readonly asked: readonly (readonly string[])[];
  /** Halves of the two scores' intervals over seeds; null of one seed. */
  readonly spreads: Readonly<Record<'a' | 'b', number | null>>;
}

/** a minus b over the items that both have, paired seed by seed: unequal items are never compared. null where no seed has such items. */
function differenceIn(
  seeds: readonly Seeded[],
  of: (seed: Seeded) => readonly [Values, Values] | null,
): Told | null {
  const pairs = seeds.flatMap((one) => {
    const both = of(one);
    if (both === null) return [];
    const [a, b] = both;
    const ids = [...a.keys()].filter((id) => b.has(id));
    const only = (all: Values) => new Map(ids.map((id) => [id, all.get(id) ?? 0]));
    return ids.length === 0 ? [] : [{ seed: one.seed, a: only(a), b: only(b), ids, shared: ids.length }];
  });
  const side = (which: 'a' | 'b'): Side => ({
    scores: new Map(
      pairs.map((pair) => [
        pair.seed,
        [...pair[which].values()].reduce((sum, one) => sum + one, 0) / pair.shared,
      ]),
    ),
    itemsOf: (seed) => pairs.find((pair) => pair.seed === seed)?.[which] ?? new Map(),
  });
  const [first, second] = [side('a'), side('b')];
  const found = paired(first, second);
  if (found === null) return null;
  const spread = ({ scores }: Side) => interval([...scores.values()]).halfWidth;
  return {
    ...{ ...found, shared: Math.min(...pairs.map(({ shared }) => shared)) },
    ...{ asked: pairs.map(({ ids }) => ids), spreads: { a: spread(first), b: spread(second) } },
  };
}

/** @param of what is asked of a seed: rounds may differ between seeds */
const differenceOf = (
  task: Task,
  seeds: readonly Seeded[],
  of: (seed: Seeded) => readonly [Asked, Asked] | null,
  metric: MetricName,
): Told | null =>
  differenceIn(seeds, (seed) => {
    const both = of(seed);
    return both === null
      ? null
      : [valuesOf(task, seed.state, both[0], metric), valuesOf(task, seed.state, both[1], metric)];
  });

const plus = (a: Values, b: Values): Values =>
  new Map([...a].flatMap(([id, value]) => (b.has(id) ? [[id, value + (b.get(id) ?? 0)] as const] : [])));

const ofSeeds = (seeds: number): string => (seeds === 1 ? 'one seed' : `${seeds} seeds`);

/** The difference with its interval, and what that is over: items of one seed, or seeds. */
const among = ({ seeds, shared, ...difference }: Compared): string =>
  `(${differenceWords(difference)}; ${ofSeeds(seeds)}${seeds === 1 ? `, ${shared} test items asked of both` : ''})`;

/** Which items two models are laid beside each other on: the score of either alone may be of more. */
const onItems = ({ asked, shared }: Told): string =>
  asked.every(({ length }) => length === shared)
    ? `On the ${plural(shared, 'test item')} that both were asked`
    : `On the test items that both were asked (${shared} or more a seed)`;

/** Where seeds have come to different rounds, as in a run that is not through; '' where all are as far. */
function unlike(rounds: readonly (number | null)[]): string {
  const each = rounds.filter((round) => round !== null);
  const [least, most] = [Math.min(...each), Math.max(...each)];
  return least < most ? ` (of round ${least} to ${most}, by seed)` : '';
}

/** What is said where no difference is shown; of one seed, of these two models alone. */
const undecided = ({ seeds, mean, halfWidth }: Paired): string =>
  mean === 0 && halfWidth === 0
    ? 'they score the same'
    : seeds === 1
      ? 'too few to tell these two models apart'
      : `no difference that ${seeds} seeds can show`;

/** What a score is without any model on the items that both answered, and which of the two are not above that. */
function besideFloors(
  task: Task,
  { a, b, spreads, asked, shared }: Told,
  metric: MetricName,
  who: Readonly<Record<'a' | 'b', string>>,
): { readonly floors: string; readonly below: string } {
  const rows = rowsOf(task, 'test');
  const each = asked.map((ids) =>
    floors(
      task.definition,
      ids.flatMap((id) => rows.get(id) ?? []),
      metric,
    ),
  );
  const found = meanFloors(each);
  return {
    floors: floorWords(found, 2),
    below: belowWords(found, shared, [
      { who: who.a, mean: a, halfWidth: spreads.a },
      { who: who.b, mean: b, halfWidth: spreads.b },
    ]),
  };
}

const asSentence = (clause: string): string =>
  clause === '' ? '' : ` ${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;

/** That scored the test items so; null before one has. */
export const lastRound = (state: RunState, mode: Mode): number | null =>
  state.rounds.findLast(
    (round) => round.round > 0 && sameEvaluation(round, { split: 'test', mode }) !== undefined,
  )?.round ?? null;

const NO_CLIMB = {
  'no-teacher': 'Nobody teaches in this arm.',
  key: 'The hidden key is the teacher here: no model can be beaten.',
  'no-shots': 'No demonstration had room before a test item, so the teacher has no few-shot score.',
  'multiple-choice':
    'Student and teacher are not on one scale here: the score is over choices, the teacher answers freely.',
  'no-test-items': 'There are no test items.',
} as const;

function studentFinding(task: Task, arm: Arm, seeds: readonly Seeded[]): Said {
  const without = noRuler(task);
  if (without !== null) return unsaid(NO_CLIMB[without]);
  const climbs = seeds.map((seed) => ({ ...seed, climb: climbOf(task, arm, seed.state) }));
  const none = climbs.flatMap(({ climb }) => (typeof climb === 'string' ? [climb] : []));
  const [why] = none;
  if (why !== undefined) return unsaid(NO_CLIMB[why]);
  const stepOf = (seed: number) => {
    const own = climbs.find((one) => one.seed === seed)?.climb;
    return own === undefined || typeof own === 'string' ? undefined : own.steps.at(-1);
  };
  const found = differenceOf(
    task,
    seeds,
    ({ seed }) => {
      const step = stepOf(seed);
      return step === undefined
        ? null
        : [
            { round: step.round, mode: 'zero-shot' },
            { round: step.teacherRound, mode: 'few-shot' },
          ];
    },
    task.definition.metric,
  );
  if (found === null) return unsaid('No round has scored both on the same items.');
  const verdict = judge(found);
  const says = isShown(verdict)
    ? found.seeds === 1
      ? `of these two models the student is ${verdict}`
      : `the student is ${verdict}`
    : undecided(found);
  const who = { a: 'the student', b: 'its teacher' };
  const { floors, below } = besideFloors(task, found, task.definition.metric, who);
  const rounds = unlike(seeds.map(({ seed }) => stepOf(seed)?.round ?? null));
  return {
    rests: found,
    sentence: `${onItems(found)}, the last student${rounds}, without demonstrations, scores ${formatScore(found.a)}; its teacher, with them, ${formatScore(found.b)}: ${says} (${differenceWords(found)}; ${ofSeeds(found.seeds)}).${floors === '' ? '' : ` Without any model: ${[floors, below].filter((part) => part !== '').join('; ')}.`}`,
  };
}

/** The last trained model less the base, both few-shot on the same items. */
const fewShotChange = (task: Task, seeds: readonly Seeded[]) =>
  differenceOf(
    task,
    seeds,
    ({ state }) => {
      const round = lastRound(state, 'few-shot');
      return round === null
        ? null
        : [
            { round, mode: 'few-shot' },
            { round: 0, mode: 'few-shot' },
          ];
    },
    task.definition.metric,
  );

/** The same of an arm whose trained models teach; null of any other. */
export function teacherChange(task: Task, arm: Arm, seeds: readonly Seeded[]): Paired | null {
  const { rounds } = agendaOf(arm, shapeOf(task));
  const isTaught = rounds.some(({ label }) => typeof label?.teacher === 'number' && label.teacher > 0);
  return isTaught && noRuler(task) === null ? fewShotChange(task, seeds) : null;
}

function teacherFinding(task: Task, arm: Arm, seeds: readonly Seeded[]): Said {
  const { rounds } = agendaOf(arm, shapeOf(task));
  const teachers = rounds.flatMap(({ label }) => label?.teacher ?? []);
  if (teachers.length === 0) return unsaid(NO_CLIMB['no-teacher']);
  if (teachers.every((teacher) => teacher === 'key')) return unsaid(NO_CLIMB.key);
  if (rounds.length > 2 && teachers.every((teacher) => teacher === 0))
    return unsaid('The base is the teacher in every round: it cannot.');
  const found = fewShotChange(task, seeds);
  if (found === null) return unsaid('No trained model was asked with demonstrations.');
  const verdict = judge(found);
  const two = found.seeds === 1 ? 'of these two models the trained one is' : 'the trained model is';
  const says = isShown(verdict) ? `${two} ${verdict}` : undecided(found);
  const who = { a: 'the last trained model', b: 'the base' };
  const { below } = besideFloors(task, found, task.definition.metric, who);
  return {
    rests: found,
    sentence: `With demonstrations the base scores ${formatScore(found.b)}, the last trained model${unlike(seeds.map(({ state }) => lastRound(state, 'few-shot')))} ${formatScore(found.a)}: ${says} ${among(found)}.${asSentence(below)}`,
  };
}

function meaningFinding(task: Task, seeds: readonly Seeded[]): Said {
  if (task.definition.labels.length === 0)
    return unsaid(
      'The task has no set of labels to hold answers to; the wall tells answers that end from those that do not.',
    );
  const zero = ({ state }: Seeded): readonly [Asked, Asked] | null => {
    const round = lastRound(state, 'zero-shot');
    return round === null
      ? null
      : [
          { round, mode: 'zero-shot' },
          { round: 0, mode: 'zero-shot' },
        ];
  };
  const all = differenceOf(task, seeds, zero, task.definition.metric);
  const held = differenceOf(task, seeds, zero, 'constrained_accuracy');
  if (all === null) return unsaid('No trained model was scored.');
  if (held === null) return unsaid('Accuracy among the labels alone was not measured.');
  // What was gained beyond what was gained among the labels, item by item: (all after - before) - (held after - before).
  const form = differenceIn(seeds, (seed) => {
    const both = zero(seed);
    if (both === null) return null;
    const [after, before] = both;
    const values = (asked: Asked, metric: MetricName) => valuesOf(task, seed.state, asked, metric);
    const { metric } = task.definition;
    return [
      plus(values(after, metric), values(before, 'constrained_accuracy')),
      plus(values(before, metric), values(after, 'constrained_accuracy')),
    ];
  });
  const rose = `Zero-shot went from ${formatScore(all.b)} to ${formatScore(all.a)}${unlike(seeds.map(({ state }) => lastRound(state, 'zero-shot')))}; where only the labels may be said, from ${formatScore(held.b)} to ${formatScore(held.a)}`;
  const meaning = `${changeWords('meaning', held)} ${among(held)}`;
  const format = form === null ? '' : `; ${changeWords('format', form)} (${differenceWords(form)})`;
  const between = held.seeds === 1 ? 'between these two models, ' : '';
  const who = { a: 'the last trained model', b: 'the base' };
  const { floors, below } = besideFloors(task, held, 'constrained_accuracy', who);
  const beside =
    floors === ''
      ? ''
      : ` Among the labels without any model: ${[floors, below].filter((part) => part !== '').join('; ')}.`;
  return { sentence: `${rose}: ${between}${meaning}${format}.${beside}`, rests: held };
}

/** Each by its own test: that one is not shown says nothing of the other. */
function changeWords(what: 'meaning' | 'format', found: Paired): string {
  const verdict = judge(found);
  if (!isShown(verdict)) return `no change of ${what} is shown`;
  return verdict === 'higher' ? `the ${what} got better` : `the ${what} got worse`;
}

/** The three, always in this order; [] before any trained model was scored. */
export function findingsOf(task: Task, arm: Arm, seeds: readonly Seeded[]): readonly Finding[] {
  if (seeds.every(({ state }) => lastRound(state, 'zero-shot') === null)) return [];
  return [
    {
      question: 'Did the student beat its teacher?',
      ...studentFinding(task, arm, seeds),
      shows: 'staircase',
    },
    {
      question: 'Did the teacher get better?',
      ...teacherFinding(task, arm, seeds),
      shows: 'staircase',
    },
    { question: 'Format or meaning?', ...meaningFinding(task, seeds), shows: 'wall' },
  ];
}
