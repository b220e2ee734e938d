/** @file The end of a round: what validation says, whether to stop, and which adapter is the best. Test is not looked at. */
import type { EndReason, LoopEvent } from '../words/events.ts';
import { isKept } from './ask.ts';
import { noveltyOf } from './isara.ts';
import { mean } from '../metrics/metric.ts';
import { LEAST_PAIRS, pairedItems } from '../metrics/statistics.ts';
import { itemValues } from '../metrics/summarise.ts';
import { roundIn, trainedRounds } from './agenda.ts';
import type { RunContext } from './run-context.ts';
import type { RoundState, RunState } from './state.ts';
import { roundOf } from './state.ts';

/** The stopping metric by validation item, in the items' order. */
function validationScores(run: RunContext, round: RoundState): ReadonlyMap<string, number> {
  const evaluation = round.evaluations.find(
    ({ split, mode }) => split === 'validation' && mode === 'zero-shot',
  );
  const rows = new Map(run.items.validation.map(({ row }) => [row.id, row]));
  const { task, arm } = run.plan;
  return evaluation === undefined
    ? new Map()
    : itemValues(arm.knobs.stopMetric, task.definition, rows, evaluation);
}

/** Whether `now` is below `best`, item by item, by more than one standard error of the paired difference; never of
 * fewer than LEAST_PAIRS items. */
export function hasFallen(best: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  const fall = pairedItems(best, now);
  return fall !== null && fall.mean > fall.standardError;
}

/** The round with the best validation, the earliest of equals; without validation the last. */
export function bestRound(rounds: readonly RoundState[]): number {
  const judged = rounds.flatMap(({ round, end }) =>
    typeof end?.validation === 'number' ? [{ round, validation: end.validation }] : [],
  );
  if (judged.length === 0) return rounds.at(-1)?.round ?? 0;
  return judged.reduce((best, next) => (next.validation > best.validation ? next : best)).round;
}

/** What early stopping cannot do and why, as a sentence; null where it can. */
function obstacle({ plan }: RunContext, judged: number): string | null {
  const { earlyStopping, stopMetric } = plan.arm.knobs;
  if (!earlyStopping || judged >= LEAST_PAIRS) return null;
  return `Early stopping decides nothing here: ${judged} validation items can be judged by ${stopMetric}, and fewer than ${LEAST_PAIRS} say nothing. All rounds run, and the last one counts as the best.`;
}

/** Closes a round with its validation score and the falls in a row, measured against the best round so far. Of fewer
 * than LEAST_PAIRS items that can be judged there is no validation score: they would choose a round by luck. */
export function* closeRound(run: RunContext, state: RunState, round: number): Generator<LoopEvent> {
  const { end } = roundOf(state, round);
  if (end !== null) return;
  const now = validationScores(run, roundOf(state, round));
  const earlier = state.rounds.filter((candidate) => candidate.round < round);
  const best = validationScores(run, roundOf(state, bestRound(earlier)));
  const isFall = round > 0 && hasFallen(best, now);
  const falls = isFall ? (earlier.at(-1)?.end?.falls ?? 0) + 1 : 0;
  const text = round === 0 ? obstacle(run, now.size) : null;
  if (text !== null) yield { type: 'notice', round, text };
  const rows = round === 0 ? run.rowsLeftOut : [];
  const tooLong = rows.length === 0 ? {} : { tooLong: { positions: run.ports.model.maxPositions, rows } };
  const validation = now.size < LEAST_PAIRS ? null : mean([...now.values()]);
  yield { type: 'round-ended', round, validation, falls, ...tooLong };
}

/** Why the run ends after `round`, or null. */
export function reasonToEnd(run: RunContext, state: RunState, round: number): EndReason | null {
  const { knobs } = run.plan.arm;
  const { samples, adapter, end } = roundOf(state, round);
  const isStale =
    roundIn(run.agenda, round).label?.endsByNovelty === true &&
    noveltyOf(samples, knobs.promptsPerRound) < knobs.isaraNovelty;
  if (round > 0 && adapter === null) return isStale ? 'nothing-novel' : 'nothing-kept';
  if (round === (trainedRounds(run.agenda).at(-1) ?? 0)) return 'all-rounds';
  if (knobs.earlyStopping && (end?.falls ?? 0) >= knobs.patience) return 'validation-fell';
  const isShort = samples.filter(isKept).length < knobs.promptsPerRound;
  return isShort && isStale ? 'nothing-novel' : null;
}
