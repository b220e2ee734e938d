/**
 * @file How long a step that is under way will still take, by what was predicted and by what it has shown so far. An
 * estimate must never stand still at a small number while nothing finishes: where a step overruns its prediction, or
 * has been silent for long, what is left grows with the time that it has taken. Nor may it jump: rows that are answered
 * together end together, so the first answers of many come when nearly all of the time of them all is over.
 */

export interface StepUnderWay {
  /** Units of cost (work.ts) of all of it: what it counts up to, and what is scored behind that. */
  readonly total: number;
  /** Of one item. */
  readonly each: number;
  /** That it counts up to: answers, optimizer steps, predictions. */
  readonly items: number;
  /** Items that are worked on together. */
  readonly together: number;
  readonly done: number;
  /** Milliseconds since it began, pauses left out. */
  readonly elapsed: number;
  /** `elapsed` when the last item came; 0 before the first. */
  readonly lastAt: number;
  /** Milliseconds a unit by what was known before; null: nothing. */
  readonly rate: number | null;
  /** Units that this rests on; 0: it is a prediction. */
  readonly restsOn: number;
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

/** Units that `lastAt` was spent on: of the batch that the last item came of, all. */
function unitsShown({ each, items, together, done }: StepUnderWay): number {
  return each * Math.min(Math.max(items, done), Math.ceil(done / together) * together);
}

/** Milliseconds a unit by all that is known: what was known before counts as the units that it rests on, a prediction as
 * one batch; what is waited for has taken as long as it has until now. */
export function rateShown(step: StepUnderWay): number | null {
  const { total, each, items, together, elapsed, lastAt, rate, restsOn } = step;
  const shown = unitsShown(step);
  if (rate === null && shown === 0) return null;
  const batch = each * Math.min(together, items);
  const before = rate === null ? 0 : Math.max(batch, restsOn);
  const spent = (rate ?? 0) * before;
  const known = before + shown > 0 ? (spent + lastAt) / (before + shown) : (rate ?? 0);
  const waitedFor = shown < each * items ? Math.min(batch, each * items - shown) : total - each * items;
  return waitedFor > 0 ? Math.max(known, (spent + elapsed) / (before + shown + waitedFor)) : known;
}

export function stepLeft(step: StepUnderWay): StepLeft {
  const { total, elapsed, lastAt, rate } = step;
  const isLate = rate !== null && elapsed > LATE * rate * total;
  const shown = rateShown(step);
  if (shown === null) return { milliseconds: null, isLate };
  const silent = elapsed - lastAt;
  const left = shown * Math.max(0, total - unitsShown(step)) - silent;
  return { milliseconds: Math.max(left, SILENT_SHARE * silent), isLate };
}
