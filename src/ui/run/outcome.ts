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
  readonly words: string;
  readonly verdict: Judgement;
}

/** The last round of either. */
function compare(run: RunView, method: ArmSeries, control: ArmSeries): Compared | null {
  const side = (series: ArmSeries) =>
    sideOf(run, series, lastMean(series)?.round ?? 0, {
      metric: run.task.definition.metric,
      mode: 'zero-shot',
    });
  const found = paired(side(method), side(control));
  if (found === null) return null;
  const verdict = judgeArms(found);
  const seeds = seedsWords(found.seeds);
  const cut = found.cutTo === null ? '' : `, over the ${plural(found.cutTo, 'test item')} that both answered`;
  const says = saysOf(verdict, armTitle(method.arm, method.method), found.seeds);
  const twice = verdict === 'one-draw' ? '; one seed needs twice its ±' : '';
  return {
    verdict,
    words: `${says} (${differenceWords(found)}${isShown(verdict) ? `, ${seeds}` : ''}${cut}${twice})`,
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
    const reached = lastMean(control);
    const result = reached === null || reached.round === 0 ? null : compare(run, method, control);
    if (reached === null || result === null) return [];
    // Of several arms of a method each goes by its own name.
    const isOnly = controls.filter((other) => other.method === control.method).length === 1;
    const title = armTitle(control.arm, control.method);
    const own = title.charAt(0).toUpperCase() + title.slice(1);
    const who = isOnly ? methodOf(control.method).asControl || own : own;
    return [
      {
        ...result,
        sentence: `${who}: ${formatScore(reached.mean)}, ${result.words}.`,
      },
    ];
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
