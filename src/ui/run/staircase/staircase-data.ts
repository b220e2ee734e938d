/** @file A run as a staircase: which arms have steps, what is said of the others, what stands beside each step. */
import { formatScore } from '../../../core/figures.ts';
import type { Climb, NoClimb, NoRuler } from '../../../analysis/staircase.ts';
import { agreements, climbOf, labelsBy, meanClimb, noRuler, retoldBy } from '../../../analysis/staircase.ts';
import { metricTitle } from '../../../analysis/metrics.ts';
import { plural } from '../../../core/plural.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import type { Stair } from '../../charts/staircase-plot.ts';
import { seriesOf } from '../../charts/figures.ts';
import { armTitle } from '../../../words/arm-title.ts';
import { lookedArms } from '../../words/arms.ts';
import { listed } from '../../words/numbers.ts';

export interface StairRow {
  readonly arm: string;
  readonly round: number;
  readonly teacher: number;
  readonly student: number;
  /** Of the round's self-labels on prompts, before filters, over the same seeds; null where no key is known. */
  readonly labelsRight: number | null;
}

const NO_RULER: Readonly<Record<NoRuler, string>> = {
  'multiple-choice':
    'Multiple choice has no one ruler for both: its score is MC1, over the choices’ log-probabilities, and what the teacher says are free answers.',
  'no-test-items':
    'This task has no test items with a known answer: neither the teacher nor the student can be scored.',
};
const NO_CLIMB: Readonly<Record<NoClimb, string>> = {
  'no-teacher': 'no model labels for it',
  key: 'its labels are the key’s',
  'no-shots': 'no demonstration had room before a test item, so its teacher was never asked few-shot',
};

/** Steps by arm, or why there are none. */
export interface Staircase {
  readonly stairs: readonly Stair[];
  /** Why there is nothing to draw; '' where there is, or will be. */
  readonly whyNot: string;
  /** What else must be known to read it, a sentence each. */
  readonly notes: readonly string[];
}

const isClimb = (found: Climb | NoClimb): found is Climb => typeof found !== 'string';

export function staircaseOf({ task, cells }: RunView): Staircase {
  const ruler = noRuler(task);
  if (ruler !== null) return { stairs: [], whyNot: NO_RULER[ruler], notes: [] };
  if (cells.every(({ arm }) => Math.min(arm.knobs.fewShotItems, arm.knobs.testItems) === 0))
    return {
      stairs: [],
      whyNot: 'No test item is asked few-shot: the knob “Few-shot test items” is 0.',
      notes: [],
    };
  const arms = lookedArms(cells.map(({ arm }) => arm));
  const found = arms.map((arm) => {
    const own = cells
      .filter((cell) => cell.arm.name === arm.name)
      .map((cell) => ({ seed: cell.seed, climb: climbOf(task, cell.arm, cell.state) }));
    const climbs = own.flatMap(({ seed, climb }) => (isClimb(climb) ? [{ ...climb, seed }] : []));
    const [refusal = null] = own.flatMap(({ climb }) => (isClimb(climb) ? [] : [climb]));
    return { arm, title: armTitle(arm.name, arm.method), climbs, refusal };
  });
  const stairs = found.flatMap(({ arm, climbs, refusal }): Stair[] =>
    refusal === null
      ? [{ arm: arm.name, method: arm.method, nth: arm.nth, climbs, mean: meanClimb(climbs) }]
      : [],
  );
  const refused = found.flatMap(({ title, refusal }) =>
    refusal === null ? [] : [`${title}: ${NO_CLIMB[refusal]}.`],
  );
  const otherwise = found.flatMap(({ arm, title, refusal }) => {
    const { votes, isScored } = labelsBy(task, arm);
    if (refusal !== null || (votes < 2 && !isScored)) return [];
    const how = isScored ? 'the likeliest of the label set' : `the majority of ${plural(votes, 'answer')}`;
    return [`${title} labels by ${how}; across stands its teacher’s single free answer.`];
  });
  const whyNot = stairs.length === 0 ? `Nothing to draw. ${refused.join(' ')}` : '';
  return { stairs, whyNot, notes: stairs.length === 0 ? [] : [...refused, ...otherwise] };
}

/** The numbers of the strong paths, with the share of labels that were right beside them. */
export function rowsOfStairs(run: RunView, stairs: readonly Stair[]): readonly StairRow[] {
  const labels = seriesOf(run, { metric: 'self_label_accuracy', split: 'prompts', mode: null });
  return stairs.flatMap(({ arm, climbs, mean }) => {
    const seeds = new Set(climbs.filter(({ steps }) => steps.length > 0).map(({ seed }) => seed));
    const points = labels.find((series) => series.arm === arm)?.points ?? [];
    return mean.steps.map(({ round, teacher, student }) => {
      const own = points.filter((point) => point.round === round && seeds.has(point.seed));
      const sum = own.reduce((total, { value }) => total + value, 0);
      const isWhole = own.length === seeds.size && own.length > 0;
      return { arm, round, teacher, student, labelsRight: isWhole ? sum / own.length : null };
    });
  });
}

/** Without a ruler there is still whether rounds agree, wherever they labelled the same prompts, and a student with the
 * teacher whose labels it was trained on, wherever it was asked again. */
export function agreementWords({ cells }: RunView): readonly string[] {
  return cells.flatMap(({ arm, seed, state }) => {
    const who = `${armTitle(arm.name, arm.method)}, seed ${seed}`;
    return [
      ...agreements(state).map(
        ({ round, before, same, of }) =>
          `${who}: rounds ${before} and ${round} gave the same label to ${same} of ${plural(of, 'prompt')} that both labelled.`,
      ),
      ...retoldBy(state).map(
        ({ round, same, of }) =>
          `${who}: zero-shot, the student of round ${round} gives ${same} of ${plural(of, 'prompt')} the label that it was trained on.`,
      ),
    ];
  });
}

/** What is drawn, in words: nothing of what it might mean. */
export function stairsInWords(stairs: readonly Stair[], { task }: RunView): string {
  const each = stairs.flatMap(({ arm, method, mean }) =>
    mean.steps.length === 0
      ? []
      : [
          `${armTitle(arm, method)}: ${listed(mean.steps.map(({ round, teacher, student }) => `round ${round} from ${formatScore(teacher)} to ${formatScore(student)}`))}`,
        ],
  );
  return `Staircase of ${metricTitle(task.definition.metric)}: from the teacher, few-shot, to the student, zero-shot. ${each.join('. ')}.`;
}
