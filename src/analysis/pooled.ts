/**
 * @file Claims over several models and tasks: one number for each, the mean over the cells (a model with a task), written
 * down before the runs. An arm, a round and a way of asking against another, on the same test items.
 */
import type { Infer } from '../core/shape.ts';
import { array, count, object, optional, text, told, word } from '../core/shape.ts';
import { deriveKey } from '../core/random.ts';
import type { OverCells, ScoresBySeed } from '../metrics/statistics.ts';
import { bootstrapOverCells, holm } from '../metrics/statistics.ts';
import { MODES } from '../words/events.ts';
import type { ClaimVerdict } from './paired.ts';
import { LEAST, LEVEL } from './paired.ts';

const MOST = 100;
const asked = object({ arm: text, round: told(count, '0 is the base.'), mode: word(MODES) });
export type AskedSide = Infer<typeof asked>;

export const pooledClaims = object({
  title: text,
  folders: told(array(text, MOST), 'What the runs left; one model each.'),
  claims: array(object({ id: text, says: text, higher: asked, than: asked }), MOST),
  untrained: optional(
    told(
      object({
        student: asked,
        draws: told(
          array(text, MOST),
          'Where the base was asked under many draws of demonstrations, which vote.',
        ),
      }),
      'What a student is held against beside the claims: ways of asking its base that train nothing.',
    ),
  ),
});
export type PooledClaims = Infer<typeof pooledClaims>;
export type PooledClaim = PooledClaims['claims'][number];
export type Untrained = NonNullable<PooledClaims['untrained']>;

/** A model with a task. */
export interface PooledCell {
  readonly model: string;
  readonly task: string;
  /** Of the weights and of the task's rows, joined: what tells it from others of the same names. */
  readonly digests: string;
  /** Whether each test item was right, by seed; empty where it never was asked so. */
  readonly scores: (side: AskedSide) => ScoresBySeed;
}

export type PooledVerdict = ClaimVerdict | 'not run';

export interface PooledLine {
  readonly claim: PooledClaim;
  /** null where no cell has both sides. */
  readonly over: OverCells | null;
  /** Corrected over all claims, those that were not run among them. */
  readonly p: number | null;
  readonly verdict: PooledVerdict;
  /** Each cell's own, by nobody claimed. */
  readonly cells: readonly { readonly cell: PooledCell; readonly own: OverCells }[];
}

/** Not significant is not refuted: only an interval within ±0.03 says that there is little. */
function verdictOf(over: OverCells | null, p: number | null): PooledVerdict {
  if (over === null || p === null) return 'not run';
  if (p < LEVEL) return over.mean > 0 ? 'shown' : 'shown the other way';
  return -LEAST <= over.low && over.high <= LEAST ? 'smaller than 0.03' : 'undecided';
}

export function pooledLines(
  claims: readonly PooledClaim[],
  cells: readonly PooledCell[],
): readonly PooledLine[] {
  const pairOf = ({ higher, than }: PooledClaim, { scores }: PooledCell) =>
    [scores(higher), scores(than)] as const;
  const found = claims.map((claim) => {
    const options = { key: deriveKey('pooled', claim.id) };
    const own = cells.flatMap((cell) => {
      const over = bootstrapOverCells([pairOf(claim, cell)], options);
      return over === null ? [] : [{ cell, own: over }];
    });
    return {
      claim,
      over: bootstrapOverCells(
        cells.map((cell) => pairOf(claim, cell)),
        options,
      ),
      cells: own,
    };
  });
  // A claim that was not run counts as one that failed: leaving it out would make the others easier.
  const corrected = holm(found.map(({ over }) => over?.p ?? 1));
  return found.map((one, i) => {
    const p = one.over === null ? null : (corrected[i] ?? 1);
    return { ...one, p, verdict: verdictOf(one.over, p) };
  });
}
