/**
 * @file How long a step that is under way will still take, by what was predicted and by what it has shown so far. An
 * estimate must never stand still at a small number while nothing finishes: where a step overruns its prediction, or
 * has been silent for long, what is left grows with the time that it has taken.
 */

export interface StepUnderWay {
  /** That it counts up to: answers, optimizer steps, predictions. */
  readonly items: number;
  readonly done: number;
  /** Milliseconds since it began, pauses left out. */
  readonly elapsed: number;
  /** `elapsed` when the last item came; 0 before the first. */
  readonly lastAt: number;
  /** Milliseconds an item by what was known before; null: nothing. */
  readonly rate: number | null;
}

export interface StepLeft {
  /** null while nothing is known. */
  readonly milliseconds: number | null;
  /** It has taken longer already than all of it was predicted to. */
  readonly isLate: boolean;
}

/** Of the time for which nothing has come, at least so much is still to come. */
const SILENT_SHARE = 0.25;
/** Overruns by less are the prediction's own noise. */
const LATE = 1.2;

/** Milliseconds an item by all that is known: never less than what the step under way has shown. */
export function rateShown({ items, done, elapsed, lastAt, rate }: StepUnderWay): number | null {
  if (rate === null && done === 0) return null;
  const shown = done > 0 ? lastAt / done : 0;
  // All of them take at least as long as it has taken until now.
  return Math.max(rate ?? 0, shown, elapsed / Math.max(1, items, done));
}

export function stepLeft(step: StepUnderWay): StepLeft {
  const { items, done, elapsed, lastAt, rate } = step;
  const predicted = rate === null ? null : rate * items;
  const isLate = predicted !== null && elapsed > LATE * predicted;
  const silent = elapsed - lastAt;
  const least = SILENT_SHARE * silent;
  const byPrediction = predicted === null ? null : predicted - elapsed;
  // Between the items by their own pace; before the first and behind the last (labels are scored then) by the prediction.
  const isBetween = done > 0 && done < items;
  const each = Math.max(lastAt / Math.max(1, done), silent / Math.max(1, items));
  const base = isBetween ? (items - done) * each - silent : byPrediction;
  if (base === null) return { milliseconds: done > 0 ? least : null, isLate };
  return { milliseconds: Math.max(base, least), isLate };
}
