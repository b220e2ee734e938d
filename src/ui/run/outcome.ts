/**
 * @file What happened, in one line with the run's own numbers. A difference is called one only where it is more than
 * noise (analysis/paired.ts).
 */
import { plural } from '../../core/plural.ts';
import { earlyEnding } from '../../analysis/endings.ts';
import { floorWords, notAbove } from '../../analysis/floors.ts';
import { NO_FLOORS } from '../../metrics/metric.ts';
import { lossesOf } from '../../analysis/losses.ts';
import type { Judgement } from '../../analysis/paired.ts';
import { differenceWords, isShown, judgeArms, paired, saysOf } from '../../analysis/paired.ts';
import { methodOf } from '../../words/methods.ts';
import { LEAST_PAIRS } from '../../metrics/statistics.ts';
import type { Cell, RunView } from '../../store/live/run-state.ts';
import type { ArmSeries, MeanPoint } from '../charts/figures.ts';
import { hasNoShots, lastMean, runFloors, seriesOf, sideOf } from '../charts/figures.ts';
import { armTitle } from '../../words/arm-title.ts';
import { formatScore } from '../../core/figures.ts';
import { listed, seedsWords } from '../words/numbers.ts';

export interface Outcome {
  readonly sentences: readonly string[];
  /** The method against its first control; null without one. */
  readonly verdict: Judgement | null;
  readonly seeds: number;
}

/** Smaller gains are not taken apart. */
const LEAST_GAIN = 0.05;
interface Compared {
  /** The control's score, and what it says beside the method's. */
  readonly words: string;
  readonly verdict: Judgement;
}

const trainsOnce = ({ method }: ArmSeries): boolean => methodOf(method).schedule === 'once';

/** Of two arms what is compared: the last round that both have; or what each came to, where one trains once, or each has
 * all the rounds that it is set to, be they more than the other's. null before there is any. */
function comparedRounds(
  run: RunView,
  method: ArmSeries,
  control: ArmSeries,
): readonly [MeanPoint, MeanPoint] | null {
  const [ours, theirs] = [lastMean(method), lastMean(control)];
  if (ours === null || theirs === null || ours.round === 0 || theirs.round === 0) return null;
  const planned = ({ arm }: ArmSeries) => run.cells.find((cell) => cell.arm.name === arm)?.arm.knobs.rounds;
  const areThrough = ours.round === planned(method) && theirs.round === planned(control);
  if (areThrough || trainsOnce(method) || trainsOnce(control)) return [ours, theirs];
  const inControl = ({ round }: MeanPoint) => control.means.find((point) => point.round === round);
  const own = method.means.findLast((point) => point.round > 0 && inControl(point) !== undefined);
  const other = own === undefined ? undefined : inControl(own);
  return own === undefined || other === undefined ? null : [own, other];
}

/** Of which round the control's score is, where that is not the last of both. */
function roundWords(
  method: ArmSeries,
  control: ArmSeries,
  [own, other]: readonly [MeanPoint, MeanPoint],
): string {
  if (own.round !== other.round)
    return trainsOnce(method) || trainsOnce(control) ? '' : ` in ${plural(other.round, 'round')}`;
  const isLast = [method, control].every((series) => lastMean(series)?.round === own.round);
  return isLast
    ? ''
    : ` after round ${own.round}, the last that both have; ${armTitle(method.arm, method.method)} there ${formatScore(own.mean)}`;
}

function compare(run: RunView, method: ArmSeries, control: ArmSeries): Compared | null {
  const rounds = comparedRounds(run, method, control);
  if (rounds === null) return null;
  const [own, other] = rounds;
  const side = (series: ArmSeries, { round }: MeanPoint) =>
    sideOf(run, series, round, { metric: run.task.definition.metric, mode: 'zero-shot' });
  const found = paired(side(method, own), side(control, other));
  if (found === null) return null;
  const verdict = judgeArms(found);
  const isPart = found.seeds < Math.max(own.seeds, other.seeds);
  const seeds =
    isPart || isShown(verdict) ? `, ${seedsWords(found.seeds)}${isPart ? ' that both have' : ''}` : '';
  const cut = found.cutTo === null ? '' : `, over the ${plural(found.cutTo, 'test item')} that both answered`;
  const says = saysOf(verdict, armTitle(method.arm, method.method), found.seeds);
  const twice =
    verdict === 'one-draw'
      ? '; the ± is of test items, not of trainings: between two arms one seed needs twice it'
      : '';
  return {
    verdict,
    words: `${formatScore(other.mean)}${roundWords(method, control, rounds)}, ${says} (${differenceWords(found)}${seeds}${cut}${twice})`,
  };
}

/** Accuracy among the labels alone before and after, where most of the gain is that answers became labels at all. */
function formatGainWords(run: RunView, gained: number): readonly string[] {
  const wanted = { metric: 'constrained_accuracy', split: 'test', mode: 'zero-shot' } as const;
  const [method] = seriesOf(run, wanted);
  const items = method?.points.map(({ n }) => n) ?? [];
  if (items.some((n) => n < LEAST_PAIRS)) return [];
  const before = method?.means.find(({ round }) => round === 0)?.mean;
  const after = method?.means.at(-1)?.mean;
  if (before === undefined || after === undefined || gained < LEAST_GAIN || after - before > gained / 2)
    return [];
  // Figures alone: what of them is shown, the verdict says.
  return [`Constrained to the labels: ${formatScore(before)} → ${formatScore(after)}.`];
}

/** How cells ended before their last round and what they lost, each thing once with its arm (and, of several, seeds). */
function remarksOf({ cells, setup }: RunView): readonly string[] {
  const found = new Map<string, { readonly arm: Cell['arm']; readonly text: string; seeds: number[] }>();
  for (const { arm, seed, state, fault } of cells) {
    const ended = earlyEnding(state)?.words;
    const failed = fault === null ? [] : [`failed: ${fault.what}`];
    const isIdle = arm.knobs.earlyStopping && state.rounds[0]?.end?.validation === null;
    const idle = isIdle ? ['early stopping decided nothing: too few validation items can be judged.'] : [];
    for (const text of [
      ...idle,
      ...(ended === undefined ? [] : [`${ended}.`]),
      ...failed,
      ...lossesOf(state),
    ]) {
      const known = found.get(`${arm.name}/${text}`) ?? { arm, text, seeds: [] };
      known.seeds.push(seed);
      found.set(`${arm.name}/${text}`, known);
    }
  }
  const texts = [...new Set([...found.values()].map(({ text }) => text))];
  const all = new Set(cells.map(({ arm }) => arm.name)).size;
  return texts.map((text) => {
    const own = [...found.values()].filter((one) => one.text === text);
    const said = text.charAt(0).toLowerCase() + text.slice(1);
    // What all arms share needs no name.
    if (own.length === all && all > 1 && own.every(({ seeds }) => seeds.length === setup.seeds.length))
      return `All arms: ${said}`;
    const who = own.map(({ arm, seeds }) => {
      const which = setup.seeds.length === 1 ? '' : ` (seed ${seeds.join(', ')})`;
      return armTitle(arm.name, arm.method) + which;
    });
    return `${listed(who)}: ${said}`;
  });
}

/** What a score is without any model, and a sentence where this one is not above it. */
function floorsIn(
  run: RunView,
  { mean, halfWidth, round }: MeanPoint,
  { points }: ArmSeries,
): { readonly words: string; readonly fault: readonly string[] } {
  const floors = runFloors(run, run.task.definition.metric) ?? NO_FLOORS;
  const items = Math.min(...points.filter((point) => point.round === round).map(({ n }) => n));
  const fault = notAbove(floors, { mean, halfWidth, items });
  const words = floorWords(floors, 2);
  return {
    words: words === '' ? '' : `; ${words}`,
    fault: fault === null ? [] : [`${formatScore(mean)} is ${fault}.`],
  };
}

/** null until an arm has a score beyond the base's, or there is something else to say of it. */
export function outcomeOf(run: RunView): Outcome | null {
  const remarks = remarksOf(run);
  const scored = scoresOf(run);
  if (scored === null)
    return remarks.length === 0 ? null : { sentences: remarks, verdict: null, seeds: run.setup.seeds.length };
  const [gain = '', ...others] = scored.sentences;
  return { ...scored, sentences: [gain, ...remarks, ...others] };
}

function scoresOf(run: RunView): Outcome | null {
  const { metric } = run.task.definition;
  const series = seriesOf(run, { metric, split: 'test', mode: 'zero-shot' });
  const [method, ...controls] = series;
  if (method === undefined) return null;
  const last = lastMean(method);
  const base = method.means.find(({ round }) => round === 0);
  if (last === null || base === undefined || last.round === 0) return null;
  const few = seriesOf(run, { metric, split: 'test', mode: 'few-shot' })[0]?.means.find(
    ({ round }) => round === 0,
  );
  const fewWords =
    few !== undefined
      ? `; untrained few-shot ${formatScore(few.mean)}`
      : hasNoShots(run)
        ? '; no few-shot score, as no demonstration fitted'
        : '';
  const title = armTitle(method.arm, method.method);
  const started = run.cells.filter(({ arm, state }) => arm.name === method.arm && state.rounds.length > 0);
  // A seed that ended early has no score in the last round: the mean there is not of all.
  const part = last.seeds < started.length ? ` (${last.seeds} of ${started.length} seeds)` : '';
  const floor = floorsIn(run, last, method);
  const gain = `${title}: zero-shot ${formatScore(base.mean)} → ${formatScore(last.mean)} in ${plural(last.round, 'round')}${part}${fewWords}${floor.words}.`;
  const compared = controls.flatMap((control) => {
    const result = compare(run, method, control);
    if (result === null) return [];
    // Of several arms of a method each goes by its own name.
    const isOnly = controls.filter((other) => other.method === control.method).length === 1;
    const title = armTitle(control.arm, control.method);
    const own = title.charAt(0).toUpperCase() + title.slice(1);
    const who = isOnly ? methodOf(control.method).asControl || own : own;
    return [{ ...result, sentence: `${who}: ${result.words}.` }];
  });
  return {
    sentences: [
      gain,
      ...floor.fault,
      ...compared.slice(0, 1).map(({ sentence }) => sentence),
      ...formatGainWords(run, last.mean - base.mean),
      ...compared.slice(1).map(({ sentence }) => sentence),
    ],
    verdict: compared[0]?.verdict ?? null,
    seeds: run.setup.seeds.length,
  };
}
