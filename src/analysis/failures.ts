/** @file What stood in the way of an arm, each with what mends it. Differences are judged where all are (paired.ts). */
import { formatCount, formatScore } from '../core/figures.ts';
import { isScoredDecoding } from '../method/agenda.ts';
import { countLabels } from '../method/filters.ts';
import { normaliseLabel } from '../metrics/metrics.ts';
import { LEAST_PAIRS } from '../metrics/statistics.ts';
import type { KnobsSet } from '../words/knobs-set.ts';
import type { Arm } from '../words/plan.ts';
import type { Task } from '../words/task.ts';
import type { Compared, Seeded } from './findings.ts';
import { findingsOf, lastRound, teacherChange, valuesOf } from './findings.ts';
import { USUAL_SEEDS, isShown, judge } from './paired.ts';

/** What is in the way. */
export interface Failure {
  readonly code: 'no-label' | 'one-label' | 'worn-out' | 'few-items' | 'map-loss';
  readonly sentence: string;
  /** What mends it; null where nothing here does. */
  readonly remedy: Remedy | null;
}

interface Remedy {
  readonly words: string;
  /** Over the run's own settings. */
  readonly set: KnobsSet;
  /** How many the run is to have; absent: those that it has. */
  readonly seeds?: number;
}

/** Of a round's answers: from here on they are all the same, or none is a label. */
const NEARLY_ALL = 0.95;
/** Fewer test items tell nothing, whatever they show. */
const LEAST_ITEMS = 4 * LEAST_PAIRS;
/** So many are asked for where there are fewer than that. */
const MANY_ITEMS = 100;

/** Half of the examples practise as the teacher is asked. */
const MIXED: KnobsSet = { template: 'mixed', demonstrationsKept: 3 };

/** The model answers worse as it is asked when it teaches: training in one format wears out the other. */
function wornOut(task: Task, arm: Arm, seeds: readonly Seeded[]): Failure | null {
  const found = teacherChange(task, arm, seeds);
  if (found === null || judge(found) !== 'lower') return null;
  const few = `With demonstrations, as a teacher is asked, the model fell from ${formatScore(found.b)} to ${formatScore(found.a)}`;
  const labels = labelsRight(seeds);
  const sentence =
    labels === null || labels.last >= labels.first
      ? `${few}.`
      : `${few}, and its labels from ${formatScore(labels.first)} right to ${formatScore(labels.last)}.`;
  const remedy =
    arm.knobs.template === 'zero-shot' ? { words: 'Practise with demonstrations too', set: MIXED } : null;
  return { code: 'worn-out', sentence, remedy };
}

/** Shares of labels that were right, of the first round and the last, over the seeds; null where nobody knows. */
function labelsRight(seeds: readonly Seeded[]): { readonly first: number; readonly last: number } | null {
  const rounds = seeds.flatMap(({ state }) => {
    const labelled = state.rounds.filter(({ samples }) => samples.some(({ isRight }) => isRight !== null));
    const [first, last] = [labelled[0], labelled.at(-1)];
    return first === undefined || last === undefined || first === last ? [] : [{ first, last }];
  });
  const right = (all: readonly Seeded['state']['rounds'][number][]) => {
    const known = all.flatMap(({ samples }) => samples.flatMap(({ isRight }) => isRight ?? []));
    return known.filter((one) => one).length / known.length;
  };
  return rounds.length === 0
    ? null
    : { first: right(rounds.map(({ first }) => first)), last: right(rounds.map(({ last }) => last)) };
}

/** The test items that a seed's last student answered zero-shot, of the seed that has the fewest; Infinity of none. */
function fewestScored(task: Task, seeds: readonly Seeded[]): number {
  const items = seeds.flatMap(({ state }) => {
    const round = lastRound(state, 'zero-shot');
    return round === null
      ? []
      : [valuesOf(task, state, { round, mode: 'zero-shot' }, task.definition.metric).size];
  });
  return Math.min(...items);
}

/** What one seed's items leave open of student and teacher, the first such question; null where they tell, or score the
 * same item for item. */
function leftOpen(
  task: Task,
  arm: Arm,
  seeds: readonly Seeded[],
): { readonly whom: string; readonly found: Compared } | null {
  if (seeds.length > 1) return null;
  const [student, teacher] = findingsOf(task, arm, seeds);
  const asked = [
    { whom: 'student from teacher', found: student?.rests ?? null },
    { whom: 'the trained model from the base, with demonstrations', found: teacher?.rests ?? null },
  ];
  for (const { whom, found } of asked) {
    if (found === null || isShown(judge(found)) || judge(found) === 'same') continue;
    return { whom, found };
  }
  return null;
}

/** With how many items the difference would be more than its uncertainty, which falls with their root, should both stay
 * what they are over more of them; rounded up to two digits. Infinity of no difference at all. */
function wouldTell({ mean, halfWidth, shared }: Compared): number {
  const items = shared * ((halfWidth ?? 0) / mean) ** 2;
  if (!Number.isFinite(items)) return Infinity;
  const step = 10 ** Math.max(0, Math.floor(Math.log10(items)) - 1);
  return Math.max(shared + 1, Math.ceil(items / step) * step);
}

/** Why seeds are asked for and no more of the task's test items, which then cannot tell or would not help. */
function lackOf(there: number, items: number, needed: number): string {
  const instead = ' More seeds may tell: each adds a training of its own.';
  if (there <= items) return ` The task has no more.${instead}`;
  if (needed === Infinity) return instead;
  return needed > there
    ? ` The task has ${formatCount(there)}.${instead}`
    : ` No more of the task’s ${formatCount(there)} could be scored.${instead}`;
}

/** Too few test items: ever, or for the difference that one seed has. More of them are the remedy where the task has
 * them, else more seeds; null where there are as many seeds as tell. */
function fewItems(task: Task, arm: Arm, seeds: readonly Seeded[]): Failure | null {
  const open = leftOpen(task, arm, seeds);
  const items = Math.min(fewestScored(task, seeds), open?.found.shared ?? Infinity);
  const isEver = items < LEAST_ITEMS;
  if (!isEver && open === null) return null;
  const there = task.splits.test.length;
  const needed = isEver || open === null ? Math.min(MANY_ITEMS, there) : wouldTell(open.found);
  const { testItems, fewShotItems } = arm.knobs;
  // What was asked for already and did not come has no room in the model, or no key.
  const isAsked = Math.min(testItems, fewShotItems) >= needed;
  const remedy: Remedy | null =
    needed > items && needed <= there && !isAsked
      ? {
          words: `Score ${formatCount(needed)} test items`,
          set: { testItems: Math.max(needed, testItems), fewShotItems: needed },
        }
      : seeds.length < USUAL_SEEDS
        ? { words: `Take ${USUAL_SEEDS} seeds`, set: {}, seeds: USUAL_SEEDS }
        : null;
  if (remedy === null) return null;
  const told = isEver || open === null ? '' : ` ${open.whom}`;
  const estimate =
    isEver || needed === Infinity
      ? ''
      : ` About ${formatCount(needed)} would, should the difference stay as it is.`;
  const level = needed === Infinity ? ' On these they score the same.' : '';
  return {
    code: 'few-items',
    sentence: `Too few test items to tell${told}: ${formatCount(items)}.${level}${estimate}${remedy.seeds === undefined ? '' : lackOf(there, items, needed)}`,
    remedy,
  };
}

/** What is in the way of an arm, the worst first. */
export function failuresOf(task: Task, arm: Arm, seeds: readonly Seeded[]): readonly Failure[] {
  const { labels } = task.definition;
  const { knobs } = arm;
  const samples = seeds.flatMap(
    ({ state }) => state.rounds.findLast((round) => round.samples.length > 0)?.samples ?? [],
  );
  const names = new Set(labels.map(normaliseLabel));
  const said = samples.map(({ answer, said: own }) => normaliseLabel(own ?? answer));
  const outside = said.filter((name) => !names.has(name)).length;
  const isModel = samples.some(({ ids }) => ids.length > 0);
  const isEnough = isModel && samples.length >= LEAST_PAIRS && labels.length > 1;
  const noLabel: Failure | null =
    isEnough && outside >= NEARLY_ALL * samples.length
      ? {
          code: 'no-label',
          sentence: `The teacher ${outside === samples.length ? 'never' : 'hardly ever'} says a label: ${samples.length - outside} of ${samples.length} answers are one.`,
          remedy: isScoredDecoding(knobs.decoding)
            ? null
            : { words: 'Take the likeliest label', set: { decoding: 'constrained' } },
        }
      : null;
  const [[commonest, times] = ['', 0]] = countLabels(said);
  const k = knobs.demonstrations || task.definition.k;
  const oneLabel: Failure | null =
    isEnough && names.has(commonest) && times >= NEARLY_ALL * samples.length
      ? {
          code: 'one-label',
          sentence: `All the same label: ${times} of ${samples.length} answers are “${commonest}”.`,
          remedy:
            2 * k > task.splits.pool.length
              ? null
              : { words: `Show ${2 * k} demonstrations`, set: { demonstrations: 2 * k } },
        }
      : null;
  return [noLabel, oneLabel, wornOut(task, arm, seeds), fewItems(task, arm, seeds)].filter(
    (one) => one !== null,
  );
}
