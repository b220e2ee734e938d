/** @file The paired difference of two lines by round, and in sentences what the last of them says. */
import { plural } from '../../core/plural.ts';
import { floorWords } from '../../analysis/floors.ts';
import type { Paired } from '../../analysis/paired.ts';
import { BECAUSE, differenceWords, judgeArms, paired, saysOf } from '../../analysis/paired.ts';
import { NO_FLOORS } from '../../metrics/metric.ts';
import { LEAST_PAIRS } from '../../metrics/statistics.ts';
import { runFloors, sideOf } from '../charts/figures.ts';
import type { Measure } from '../words/metrics.ts';
import { formatScore, formatTail } from '../../core/figures.ts';
import { listed, seedsWords } from '../words/numbers.ts';
import type { OverlayLine } from './overlay-lines.ts';

export interface RoundDifference extends Paired {
  readonly round: number;
}

export interface Comparison {
  /** Rounds that both have, ascending. */
  readonly rounds: readonly RoundDifference[];
  /** Why the two cannot be compared; null where they can. */
  readonly obstacle: string | null;
  /** Seeds with which the second's setup, run anew, would be paired with the first; [] where that is no remedy. */
  readonly seedsToRun: readonly number[];
}

const roundsOf = ({ series }: OverlayLine): readonly number[] => series.means.map(({ round }) => round);

/** A minus B in every round that both have. */
export function compareLines(a: OverlayLine, b: OverlayLine, measure: Measure): Comparison {
  const nothing = (obstacle: string, seedsToRun: readonly number[] = []): Comparison => ({
    ...{ rounds: [], obstacle, seedsToRun },
  });
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
    .flatMap((round) => {
      const side = ({ run, series }: OverlayLine) => sideOf(run, series, round, measure);
      const found = paired(side(a), side(b));
      return found === null ? [] : [{ round, ...found }];
    });
  if (rounds.length > 0) return { rounds, obstacle: null, seedsToRun: [] };
  const seeds = (line: OverlayLine) => new Set(line.series.points.map(({ seed }) => seed));
  const shared = [...seeds(a)].filter((seed) => seeds(b).has(seed));
  const isCommon = roundsOf(a).some((round) => roundsOf(b).includes(round));
  if (shared.length > 0 && isCommon)
    return nothing('They were scored on different test items, and this score cannot be had of some of them.');
  return shared.length === 0
    ? nothing('They share no seed, so nothing pairs them.', [...seeds(a)])
    : nothing('They share no round, so there is nothing to pair yet.');
}

/** What the bars are; null where no round has one. */
export function barWords(rounds: readonly RoundDifference[]): string | null {
  const barred = rounds.find(({ halfWidth }) => halfWidth !== null);
  if (barred === undefined) return null;
  return barred.items === null
    ? 'its 95% interval over seeds'
    : 'twice its standard error over test items, either way';
}

/** What the last common round says, in sentences: the figures, what they mean, and what they leave open. */
export function sentencesOf(
  a: OverlayLine,
  b: OverlayLine,
  last: RoundDifference,
  { metric }: Pick<Measure, 'metric'>,
): readonly string[] {
  const { round, seeds, items, p } = last;
  const where = round === 0 ? 'Before any training' : `After round ${round}`;
  const isPart = [a, b].some(({ series }) => new Set(series.points.map(({ seed }) => seed)).size > seeds);
  const only = isPart ? `, over the ${seedsWords(seeds)} that both have` : '';
  const cut = last.cutTo === null ? '' : `, over the ${plural(last.cutTo, 'test item')} that both answered`;
  const figures = `${where} ${a.title} scores ${formatScore(last.a)}, ${b.title} ${formatScore(last.b)}: a difference of ${differenceWords(last)}${cut}${only}.`;
  const judgement = judgeArms(last);
  const says = saysOf(judgement, a.title, seeds, round === 0 ? 'models' : 'adapters');
  const meaning = `${says}: ${BECAUSE[judgement]}.`;
  const early = [a, b].flatMap(({ title, ending }) => (ending === null ? [] : [`${title} ${ending}`]));
  const fewer = early.length === 0 ? '' : ` ${listed(early)}, before its last round.`;
  const basis =
    items !== null
      ? `The ± is twice the paired standard error over ${plural(items, 'test item')} of one seed. It is of items and not of seeds: another draw of prompts and demonstrations may differ by more.`
      : seeds > 1
        ? `The ± is Student’s 95% interval, paired over ${plural(seeds, 'seed')}${p === null ? '' : ` (p ${formatTail(p)})`}. Many comparisons make a lucky one likely.`
        : `One seed, and fewer than ${LEAST_PAIRS} test items of the two pair: no interval can be given.`;
  const floors = floorWords(runFloors(a.run, metric) ?? NO_FLOORS, 2);
  const beside = floors === '' ? '' : ` Without any model: ${floors}.`;
  return [figures + beside + fewer, meaning.charAt(0).toUpperCase() + meaning.slice(1), basis];
}
