/** @file The end of a round: what validation says, whether to stop, and which adapter is the best. Test is not looked at. */
import type { EndReason, LoopEvent, Prediction } from './events.ts';
import { isKept } from './ask.ts';
import { noveltyOf } from './isara.ts';
import { tokenF1 } from './metrics.ts';
import { isConstrainedRight } from './summarise.ts';
import { methodOf } from './methods.ts';
import { roundNumbers } from './plan.ts';
import type { RunContext } from './run-context.ts';
import type { RoundState, RunState } from './state.ts';
import { roundOf } from './state.ts';
import { rightAnswers } from './task.ts';

/** The stopping metric of each validation item, in the items' order; [] without validation. */
function validationScores(run: RunContext, round: RoundState): number[] {
  const evaluation = round.evaluations.find(
    ({ split, mode }) => split === 'validation' && mode === 'zero-shot',
  );
  const { definition } = run.plan.task;
  const rows = new Map(run.items.validation.map(({ row }) => [row.id, row]));
  const score = (prediction: Prediction): number => {
    const row = rows.get(prediction.id);
    switch (run.plan.arm.knobs.stopMetric) {
      case 'exact_match':
        return Number(prediction.isExact);
      case 'token_f1':
        return row === undefined ? 0 : tokenF1(prediction.answer, rightAnswers(row));
      case 'constrained_accuracy':
        return row === undefined ? 0 : Number(isConstrainedRight(definition, row, prediction));
    }
  };
  return (evaluation?.predictions ?? []).map(score);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whether `now` is below `best` by more than one standard error of the paired difference. */
export function hasFallen(best: readonly number[], now: readonly number[]): boolean {
  const differences = best.map((value, i) => value - (now[i] ?? 0));
  const fall = mean(differences);
  const variance =
    differences.reduce((sum, value) => sum + (value - fall) ** 2, 0) / Math.max(1, differences.length - 1);
  return fall > Math.sqrt(variance / differences.length);
}

/** The round with the best validation, the earliest of equals; without validation the last. */
export function bestRound(rounds: readonly RoundState[]): number {
  const judged = rounds.flatMap(({ round, end }) =>
    typeof end?.validation === 'number' ? [{ round, validation: end.validation }] : [],
  );
  if (judged.length === 0) return rounds.at(-1)?.round ?? 0;
  return judged.reduce((best, next) => (next.validation > best.validation ? next : best)).round;
}

/** Closes a round with its validation score and the falls in a row, measured against the best round so far. */
export function* closeRound(run: RunContext, state: RunState, round: number): Generator<LoopEvent> {
  const { end } = roundOf(state, round);
  if (end !== null) return;
  const now = validationScores(run, roundOf(state, round));
  const earlier = state.rounds.filter((candidate) => candidate.round < round);
  const best = validationScores(run, roundOf(state, bestRound(earlier)));
  const hasBoth = now.length > 0 && best.length > 0 && round > 0;
  const falls = hasBoth && hasFallen(best, now) ? (earlier.at(-1)?.end?.falls ?? 0) + 1 : 0;
  yield { type: 'round-ended', round, validation: now.length === 0 ? null : mean(now), falls };
}

/** Why the run ends after `round`, or null. */
export function reasonToEnd(run: RunContext, state: RunState, round: number): EndReason | null {
  const { knobs, method } = run.plan.arm;
  const { samples, adapter, end } = roundOf(state, round);
  const { inputs } = methodOf(method);
  if (round > 0 && adapter === null)
    return inputs === 'generated' && noveltyOf(samples, knobs.promptsPerRound) < knobs.isaraNovelty
      ? 'nothing-novel'
      : 'nothing-kept';
  if (round === (roundNumbers(run.plan).at(-1) ?? 0)) return 'all-rounds';
  if (knobs.earlyStopping && (end?.falls ?? 0) >= knobs.patience) return 'validation-fell';
  const isShort = samples.filter(isKept).length < knobs.promptsPerRound;
  if (
    round > 0 &&
    inputs === 'generated' &&
    isShort &&
    noveltyOf(samples, knobs.promptsPerRound) < knobs.isaraNovelty
  )
    return 'nothing-novel';
  return null;
}
