/**
 * @file The verdict of a run in three parts, each a sentence about one arm with the picture that shows it: did the student
 * beat its teacher, did the teacher get better, is what changed format or meaning. Differences are judged where all are
 * (paired.ts).
 */
import type { RunState } from '../method/state.ts';
import { roundOf } from '../method/state.ts';
import { agendaOf, shapeOf } from '../method/agenda.ts';
import { itemValues } from '../metrics/summarise.ts';
import type { Mode } from '../words/events.ts';
import type { Arm } from '../words/plan.ts';
import type { Task } from '../words/task.ts';
import { floorWords, floorsOfRun, meanFloors } from './floors.ts';
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

export type Shows = 'staircase' | 'wall';
export interface Finding {
  readonly question: string;
  readonly sentence: string;
  readonly shows: Shows;
  /** What the sentence rests on; null where nothing could be compared. */
  readonly rests: Paired | null;
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

/** a minus b over the items that both scored, paired seed by seed: unequal items are never compared. null where no seed has such items.
 * @param of what is asked of a seed: rounds may differ between seeds */
function differenceOf(
  task: Task,
  seeds: readonly Seeded[],
  of: (seed: Seeded) => readonly [Asked, Asked] | null,
  metric: MetricName,
): (Paired & { readonly shared: number }) | null {
  const pairs = seeds.flatMap(({ seed, state }) => {
    const both = of({ seed, state });
    if (both === null) return [];
    const [a, b] = [valuesOf(task, state, both[0], metric), valuesOf(task, state, both[1], metric)];
    const ids = [...a.keys()].filter((id) => b.has(id));
    const only = (all: ReadonlyMap<string, number>) => new Map(ids.map((id) => [id, all.get(id) ?? 0]));
    return ids.length === 0 ? [] : [{ seed, a: only(a), b: only(b), shared: ids.length }];
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
  const found = paired(side('a'), side('b'));
  return found === null ? null : { ...found, shared: Math.min(...pairs.map(({ shared }) => shared)) };
}

const score = (value: number): string => value.toFixed(2);

/** The difference with its interval, and what that is over: items of one seed, or seeds. */
const among = ({ seeds, shared, ...difference }: Paired & { readonly shared: number }): string =>
  `(${differenceWords(difference)}; ${seeds === 1 ? `one seed, ${shared} test items` : `${seeds} seeds`})`;

/** What is said where no difference is shown; of one seed, of these two models alone. */
const undecided = ({ seeds }: Paired): string =>
  seeds === 1 ? 'too few to tell these two models apart' : `no difference that ${seeds} seeds can show`;

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
  const found = differenceOf(
    task,
    seeds,
    ({ seed }) => {
      const own = climbs.find((one) => one.seed === seed)?.climb;
      const step = own === undefined || typeof own === 'string' ? undefined : own.steps.at(-1);
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
  const each = seeds.flatMap(({ state }) => floorsOfRun(task, state, task.definition.metric) ?? []);
  const floors = each.length === 0 ? '' : floorWords(meanFloors(each), 2);
  return {
    rests: found,
    sentence: `The last student, without demonstrations, scores ${score(found.a)}; its teacher, with them, ${score(found.b)}: ${says} ${among(found)}.${floors === '' ? '' : ` Without any model: ${floors}.`}`,
  };
}

function teacherFinding(task: Task, arm: Arm, seeds: readonly Seeded[]): Said {
  const { rounds } = agendaOf(arm, shapeOf(task));
  const teachers = rounds.flatMap(({ label }) => label?.teacher ?? []);
  if (teachers.length === 0) return unsaid(NO_CLIMB['no-teacher']);
  if (teachers.every((teacher) => teacher === 'key')) return unsaid(NO_CLIMB.key);
  if (rounds.length > 2 && teachers.every((teacher) => teacher === 0))
    return unsaid('The base is the teacher in every round: it cannot.');
  const found = differenceOf(
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
  if (found === null) return unsaid('No trained model was asked with demonstrations.');
  const verdict = judge(found);
  const two = found.seeds === 1 ? 'of these two models the trained one is' : 'the trained model is';
  const says = isShown(verdict) ? `${two} ${verdict}` : undecided(found);
  return {
    rests: found,
    sentence: `With demonstrations the base scores ${score(found.b)}, the last trained model ${score(found.a)}: ${says} ${among(found)}.`,
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
  const between = held.seeds === 1 ? 'between these two models, ' : '';
  const because = (sentence: string): Said => ({ sentence, rests: held });
  const rose = `Zero-shot went from ${score(all.b)} to ${score(all.a)}; where only the labels may be said, from ${score(held.b)} to ${score(held.a)}`;
  const verdict = judge(held);
  if (!isShown(verdict))
    return because(
      `${rose}: no change of meaning is shown ${among(held)}${isShown(judge(all)) ? '; what is shown is the format of answers' : ''}.`,
    );
  if (verdict === 'lower') return because(`${rose}: ${between}the meaning got worse ${among(held)}.`);
  const share = all.mean > 0 ? held.mean / all.mean : 1;
  const part =
    share >= 1
      ? 'the gain is meaning'
      : share >= 0.5
        ? 'most of the gain is meaning'
        : 'most of the gain is format, a part meaning';
  return because(`${rose}: ${between}${part} ${among(held)}.`);
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
