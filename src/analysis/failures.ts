/** @file What stood in the way of an arm, each with the settings that mend it: nothing here judges a difference. */
import { isScoredDecoding } from '../method/agenda.ts';
import { countLabels } from '../method/filters.ts';
import { normaliseLabel } from '../metrics/metrics.ts';
import { LEAST_PAIRS } from '../metrics/statistics.ts';
import type { KnobsSet } from '../words/knobs-set.ts';
import type { Arm } from '../words/plan.ts';
import type { Task } from '../words/task.ts';
import type { Seeded } from './findings.ts';
import { lastRound, valuesOf } from './findings.ts';

/** What is in the way. */
export interface Failure {
  readonly code: 'no-label' | 'one-label' | 'few-items' | 'map-loss';
  readonly sentence: string;
  /** What mends it, in words and as settings over the run's own; null where nothing here does. */
  readonly remedy: { readonly words: string; readonly set: KnobsSet } | null;
}

/** Of a round's answers: from here on they are all the same, or none is a label. */
const NEARLY_ALL = 0.95;
/** Of answers, or of test items. */
const MANY_ITEMS = 100;

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
  const items = seeds.flatMap(({ state }) => {
    const round = lastRound(state, 'zero-shot');
    return round === null
      ? []
      : [valuesOf(task, state, { round, mode: 'zero-shot' }, task.definition.metric).size];
  });
  const fewest = Math.min(...items);
  const possible = Math.min(MANY_ITEMS, task.splits.test.length);
  const few: Failure | null =
    items.length > 0 && fewest < LEAST_PAIRS * 4
      ? {
          code: 'few-items',
          sentence: `Too few test items to tell: ${fewest}.`,
          remedy:
            possible <= fewest
              ? null
              : {
                  words: `Score ${possible} test items`,
                  set: { testItems: possible, fewShotItems: possible },
                },
        }
      : null;
  return [noLabel, oneLabel, few].filter((one) => one !== null);
}
