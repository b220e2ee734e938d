/**
 * @file The paired difference of two lines. Over seeds: Student's t interval, paired by seed (metrics/statistics.ts). With
 * one seed in common: twice the paired standard error over the test items that both answered, which says nothing of other
 * seeds and is named so.
 */
import { NO_FLOORS, floorWords } from '../../analysis/floors.ts';
import { tokenF1, rougeLBest } from '../../metrics/metrics.ts';
import { LEAST_PAIRS, pairedDifference, pairedStandardError } from '../../metrics/statistics.ts';
import { isConstrainedRight } from '../../metrics/summarise.ts';
import type { Prediction } from '../../words/events.ts';
import type { RoundState } from '../../method/state.ts';
import type { Task, TaskRow } from '../../words/task.ts';
import { rightAnswers } from '../../words/task.ts';
import { rowsOf, sameEvaluation } from '../../analysis/watch.ts';
import type { RunView } from '../../store/lab-model.ts';
import { runFloors } from '../charts/figures.ts';
import type { Measure } from '../words/metrics.ts';
import { formatGain, formatScore, listed, plural } from '../words/numbers.ts';
import type { OverlayLine } from './overlay-lines.ts';
import { SPLIT } from './overlay-lines.ts';

export interface RoundDifference {
  readonly round: number;
  /** Means of the two over the seeds that both have. */
  readonly a: number;
  readonly b: number;
  /** A minus B. */
  readonly mean: number;
  readonly halfWidth: number | null;
  /** Two-sided, over seeds; null where there is no test. */
  readonly p: number | null;
  readonly seeds: number;
  /** Test items that the interval is over; null where it is over seeds. */
  readonly items: number | null;
}

export interface Comparison {
  /** Rounds that both have, ascending. */
  readonly rounds: readonly RoundDifference[];
  /** Why the two cannot be compared; null where they can. */
  readonly obstacle: string | null;
}

/** The score of one answer by the metric; null where it is no mean over items. */
function scoreOf(task: Task, row: TaskRow, prediction: Prediction, { metric }: Measure): number | null {
  if (metric === 'exact_match') return Number(prediction.isExact);
  if (metric === 'token_f1') return tokenF1(prediction.answer, rightAnswers(row));
  if (metric === 'rouge_l') return rougeLBest(prediction.answer, rightAnswers(row));
  const isRight =
    metric === 'constrained_accuracy' ? isConstrainedRight(task.definition, row, prediction) : null;
  return isRight === null ? null : Number(isRight);
}

function itemScores(
  { task, cells }: RunView,
  { arm }: OverlayLine['series'],
  seed: number,
  round: number,
  measure: Measure,
): ReadonlyMap<string, number> {
  const state: RoundState | undefined = cells
    .find((cell) => cell.arm.name === arm && cell.seed === seed)
    ?.state.rounds.find((candidate) => candidate.round === round);
  const found = state && sameEvaluation(state, { split: SPLIT, mode: measure.mode });
  const rows = rowsOf(task, SPLIT);
  return new Map(
    (found?.predictions ?? []).flatMap((prediction) => {
      const row = rows.get(prediction.id);
      const score = row === undefined ? null : scoreOf(task, row, prediction, measure);
      return score === null ? [] : [[prediction.id, score] as const];
    }),
  );
}

const bySeed = ({ series }: OverlayLine, round: number): ReadonlyMap<number, number> =>
  new Map(
    series.points.filter((point) => point.round === round).map(({ seed, value }) => [seed, value] as const),
  );

function atRound(a: OverlayLine, b: OverlayLine, round: number, measure: Measure): RoundDifference | null {
  const [ours, theirs] = [bySeed(a, round), bySeed(b, round)];
  const { mean, halfWidth, p, n } = pairedDifference(ours, theirs);
  if (mean === null) return null;
  const shared = [...ours.keys()].filter((seed) => theirs.has(seed));
  const over = (values: ReadonlyMap<number, number>) =>
    shared.reduce((sum, seed) => sum + (values.get(seed) ?? 0), 0) / shared.length;
  const found = { round, a: over(ours), b: over(theirs), mean, p, seeds: n };
  if (n > 1) return { ...found, halfWidth, items: null };
  const seed = shared[0] ?? 0;
  const mine = itemScores(a.run, a.series, seed, round, measure);
  const other = itemScores(b.run, b.series, seed, round, measure);
  const ids = [...mine.keys()].filter((id) => other.has(id));
  if (ids.length < LEAST_PAIRS) return { ...found, halfWidth: null, items: null };
  const of = (scores: ReadonlyMap<string, number>) => ids.flatMap((id) => scores.get(id) ?? []);
  const error = pairedStandardError(of(mine), of(other));
  return { ...found, halfWidth: 2 * error, items: ids.length };
}

const roundsOf = ({ series }: OverlayLine): readonly number[] => series.means.map(({ round }) => round);

/** A minus B in every round that both have. */
export function compareLines(a: OverlayLine, b: OverlayLine, measure: Measure): Comparison {
  const nothing = (obstacle: string): Comparison => ({ rounds: [], obstacle });
  const [ours, theirs] = [a.run.task.definition.id, b.run.task.definition.id];
  if (ours !== theirs)
    return nothing(
      `${a.letter} ran on ${ours}, ${b.letter} on ${theirs}: scores of different tasks have no difference.`,
    );
  if (a.id === b.id) return nothing('Choose two different lines.');
  const missing = [a, b].find(({ series }) => series.points.length === 0);
  if (missing !== undefined) return nothing(`${missing.title} has no such score.`);
  const rounds = roundsOf(a)
    .filter((round) => roundsOf(b).includes(round))
    .flatMap((round) => atRound(a, b, round, measure) ?? []);
  if (rounds.length > 0) return { rounds, obstacle: null };
  const seeds = (line: OverlayLine) => new Set(line.series.points.map(({ seed }) => seed));
  const shared = [...seeds(a)].filter((seed) => seeds(b).has(seed));
  return nothing(
    shared.length === 0
      ? 'They share no seed, so nothing pairs them. Run one of them with a seed of the other.'
      : 'They share no round, so there is nothing to pair yet.',
  );
}

type Verdict = 'higher' | 'lower' | 'none' | 'same' | 'alike' | 'unknown';
/** Of the test over seeds. */
const LEVEL = 0.05;

function verdictOf({ mean, halfWidth, p }: RoundDifference): Verdict {
  if (halfWidth === null) return 'unknown';
  if (mean === 0 && halfWidth === 0) return 'same';
  if (p === null ? Math.abs(mean) <= halfWidth : p >= LEVEL) return halfWidth === 0 ? 'alike' : 'none';
  return mean > 0 ? 'higher' : 'lower';
}

/** What the last common round says, in sentences: the figures, what they mean, and what they leave open. */
export function sentencesOf(
  a: OverlayLine,
  b: OverlayLine,
  last: RoundDifference,
  { metric }: Pick<Measure, 'metric'>,
): readonly string[] {
  const { round, mean, halfWidth, seeds, items, p } = last;
  const where = round === 0 ? 'Before any training' : `After round ${round}`;
  const range = halfWidth === null ? '' : ` ± ${halfWidth.toFixed(3)}`;
  const isPart = [a, b].some(({ series }) => new Set(series.points.map(({ seed }) => seed)).size > seeds);
  const only = isPart ? `, over the ${seeds === 1 ? 'one seed' : `${seeds} seeds`} that both have` : '';
  const figures = `${where} ${a.title} scores ${formatScore(last.a)}, ${b.title} ${formatScore(last.b)}: a difference of ${formatGain(mean, 3)}${range}${only}.`;
  const meaning: Readonly<Record<Verdict, string>> = {
    higher: `${a.title} is higher: the difference is larger than its uncertainty.`,
    lower: `${a.title} is lower: the difference is larger than its uncertainty.`,
    none: 'No difference that these figures can show: zero lies inside the interval.',
    same: 'No difference at all: what is paired scored the same.',
    alike: `Each of ${plural(seeds, 'seed')} differs by the same, and so few that agree may be chance.`,
    unknown: 'Without an interval there is no telling whether this is more than chance.',
  };
  const early = [a, b].flatMap(({ title, ending }) => (ending === null ? [] : [`${title} ${ending}`]));
  const fewer = early.length === 0 ? '' : ` ${listed(early)}, before its last round.`;
  const basis =
    items !== null
      ? `The ± is twice the paired standard error over ${plural(items, 'test item')} of one seed. It is of items and not of seeds: another draw of prompts and demonstrations may differ by more.`
      : seeds > 1
        ? `The ± is Student’s 95% interval, paired over ${plural(seeds, 'seed')}${p === null ? '' : ` (p ${p < 0.001 ? '< 0.001' : p.toFixed(3)})`}. Many comparisons make a lucky one likely.`
        : `One seed, and fewer than ${LEAST_PAIRS} test items of the two pair: no interval can be given.`;
  const floors = floorWords(runFloors(a.run, metric) ?? NO_FLOORS, 2);
  const beside = floors === '' ? '' : ` Without any model: ${floors}.`;
  return [figures + beside + fewer, meaning[verdictOf(last)], basis];
}
