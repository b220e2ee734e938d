/** @file What each station of the loop tells of a round: a figure, a note, and the data of its small picture. */
import { perplexityOf } from '../../../metrics/perplexity.ts';
import type { Knobs } from '../../../words/knobs.ts';
import type { Task, TaskDefinition } from '../../../words/task.ts';
import { methodOf } from '../../../words/methods.ts';
import { filterAccount, keptOutside } from '../../../method/filters.ts';
import { isRankedFirst } from '../../../method/order.ts';
import { summarise } from '../../../metrics/summarise.ts';
import { rowsOf, sameEvaluation } from '../../../analysis/watch.ts';
import { roundOf } from '../../../method/state.ts';
import type { RoundState } from '../../../method/state.ts';
import type { PhaseActivity } from '../../../store/live/run-state.ts';
import { formatCount, formatLoss, formatRate, formatScore } from '../../../core/figures.ts';
import { formatSeconds } from '../../words/numbers.ts';
import { scoredSoFar } from '../scored-so-far.ts';
import type { Focus, StationId } from '../focus.ts';
import { activeStation, stationsOf } from '../focus.ts';

type TaskKind = TaskDefinition['kind'];

export interface StationView {
  readonly id: StationId;
  readonly status: 'waiting' | 'active' | 'done';
  readonly figure: string;
  readonly note: string;
  /** Of the phase under way, 0 to 1; null at rest. */
  readonly share: number | null;
  /** For the small picture: what it means depends on the station. */
  readonly values: readonly number[];
}

const ORDERS = { random: 'as drawn', 'easy-first': 'easy first', 'hard-first': 'hard first' } as const;
const orderWords = (knobs: Knobs): string =>
  ORDERS[isRankedFirst(knobs) ? knobs.acrossRounds : knobs.withinRound];

/** What these filters take out: a wrong label is never among it. */
const filterWords = (
  { degenerateFilter, labelSetFilter, maxPerplexity }: Knobs,
  kind: TaskKind | null,
): string =>
  labelSetFilter && kind === 'classification'
    ? 'only labels in'
    : degenerateFilter
      ? 'broken text out'
      : maxPerplexity > 0
        ? 'unsure ones out'
        : 'all stay in';

/** Before anything ran: the stations are there, and say what they will do. */
export function idleStations(knobs: Knobs, kind: TaskKind | null): readonly StationView[] {
  const notes: Readonly<Record<StationId, string>> = {
    ...{ pool: 'labelled items', label: 'few-shot', filter: filterWords(knobs, kind) },
    ...{ order: orderWords(knobs), train: 'LoRA', score: 'unseen items' },
  };
  return stationsOf(knobs).map((id) => ({
    ...{ id, status: 'waiting', figure: '', note: notes[id], share: null, values: [] },
  }));
}

/** The task's metric zero-shot on test; null while unknown. */
function scoreOf(task: Task, round: RoundState): number | null {
  const evaluation = sameEvaluation(round, { split: 'test', mode: 'zero-shot' });
  if (evaluation === undefined) return null;
  const figures = summarise(task.definition, rowsOf(task, 'test'), evaluation);
  return figures.find(({ metric }) => metric === task.definition.metric)?.value ?? null;
}

const rateWords = ({ rate, secondsLeft }: PhaseActivity): string =>
  [
    rate === null ? '' : `${rate < 10 ? formatRate(rate) : formatCount(Math.round(rate))}/s`,
    secondsLeft === null ? '' : `${formatSeconds(secondsLeft)} left`,
  ]
    .filter((words) => words !== '')
    .join(', ');

type Told = Pick<StationView, 'figure' | 'note' | 'values'>;

function told(task: Task, focus: Focus, station: StationId, activity: PhaseActivity | null): Told {
  const { cell, round } = focus;
  const { knobs, method } = cell.arm;
  const { samples } = round;
  const account = filterAccount(samples);
  const out = account.before.count - account.after.count;
  const dash = { figure: '', note: '', values: [] };
  switch (station) {
    case 'pool': {
      const size = Math.min(knobs.poolSize, task.splits.pool.length);
      const k = knobs.demonstrations || task.definition.k;
      return { figure: String(size), note: `${k} per prompt`, values: [k, size] };
    }
    case 'label': {
      if (methodOf(method).labels === 'nothing') return { ...dash, note: 'nothing to label' };
      const live = cell.live.answers.filter(({ phase }) => phase === 'label');
      const perplexities = [
        ...samples.flatMap(({ perplexity }) => perplexity ?? []),
        ...(focus.isNow ? live : []).flatMap(({ completion: { logprobs } }) => perplexityOf(logprobs) ?? []),
      ];
      const count = activity === null ? String(samples.length) : `${activity.done}/${activity.items}`;
      const note = activity === null ? (samples.length === 0 ? '' : 'answered') : rateWords(activity);
      return { figure: samples.length === 0 && activity === null ? '' : count, note, values: perplexities };
    }
    case 'filter': {
      if (samples.length === 0) return dash;
      const outside = keptOutside(samples, task.definition).length;
      return {
        figure: `${account.after.count} kept`,
        note: outside > 0 ? `${outside} no label` : `${out} out`,
        values: [account.after.count, out],
      };
    }
    case 'order': {
      const kept = samples.filter(({ verdict }) => verdict === 'kept');
      const words = orderWords(knobs);
      const note = isRankedFirst(knobs) ? `across ${knobs.rounds} rounds` : 'within a round';
      return {
        figure: words,
        note: activity === null ? (words === ORDERS.random ? '' : note) : rateWords(activity),
        values: kept.flatMap(({ perplexity }) => perplexity ?? []),
      };
    }
    case 'train': {
      const curve = focus.isNow && cell.live.curve.length > 0 ? cell.live.curve : round.curve;
      const last = curve.at(-1);
      if (last === undefined) return { ...dash, note: activity === null ? '' : 'begins' };
      return {
        figure: `loss ${formatLoss(last.loss)}`,
        note: `step ${last.step}/${last.maxSteps}`,
        values: curve.map(({ loss }) => loss),
      };
    }
    case 'score': {
      const now = scoreOf(task, round);
      const before = round.round === 0 ? null : scoreOf(task, roundOf(cell.state, 0));
      const soFar = activity === null ? null : scoredSoFar(task, cell);
      if (soFar !== null && now === null)
        return {
          figure: formatScore(soFar.right / soFar.answered),
          note: `${soFar.right} of ${soFar.answered} so far`,
          values: [],
        };
      if (now === null) return { ...dash, note: activity === null ? '' : rateWords(activity) };
      return {
        figure: formatScore(now),
        note: before === null ? 'the base' : `base ${formatScore(before)}`,
        values: before === null ? [now] : [before, now],
      };
    }
  }
}

export function stationViews(task: Task, focus: Focus): readonly StationView[] {
  const { stop } = focus;
  // On a result nothing is at work.
  const active = focus.isNow && stop === null ? activeStation(focus.cell) : null;
  const last = stop ?? active;
  const { state, arm } = focus.cell;
  const stations = stationsOf(arm.knobs);
  const at = last === null ? -1 : stations.indexOf(last);
  const isOrdered = focus.round.samples.length > 0 || (isRankedFirst(arm.knobs) && state.ranking !== null);
  return stations.map((id, i) => {
    const activity = id === active ? focus.cell.activity : null;
    const view = told(task, focus, id, activity);
    const status =
      id === active
        ? 'active'
        : at >= 0 && i > at
          ? 'waiting'
          : view.figure === '' || (id === 'order' && !isOrdered)
            ? 'waiting'
            : 'done';
    const share = activity === null || activity.items === 0 ? null : activity.done / activity.items;
    return { id, status, share, ...view };
  });
}
