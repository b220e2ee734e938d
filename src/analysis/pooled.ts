/**
 * @file Claims over several models and tasks: one number for each, the mean over the cells (a model with a task), written
 * down before the runs. An arm, a round and a way of asking against another, on the same test items.
 */
import type { Infer } from '../core/shape.ts';
import { array, count, nullable, object, optional, text, told, word } from '../core/shape.ts';
import { deriveKey } from '../core/random.ts';
import { mean } from '../metrics/metric.ts';
import type { OverCells, ScoresBySeed } from '../metrics/statistics.ts';
import { bootstrapOverCells, holm } from '../metrics/statistics.ts';
import { EVALUATED_SPLITS, MODES } from '../words/events.ts';
import { METRIC_NAMES } from './metrics.ts';
import type { ClaimVerdict } from './paired.ts';
import { ENOUGH_ALIKE, LEAST, LEVEL } from './paired.ts';
import type { Foretold, RankCorrelation } from './pooled-rank.ts';
import { rankCorrelation } from './pooled-rank.ts';

const MOST = 100;
const asked = object({ arm: text, round: told(count, '0 is the base.'), mode: word(MODES) });
export type AskedSide = Infer<typeof asked>;

const figure = object({
  ...{ split: word(EVALUATED_SPLITS), mode: nullable(word(MODES)), metric: word(METRIC_NAMES) },
  ...{ round: count, less: told(count, 'The round whose value is taken from it.') },
});
export type RisingFigure = Infer<typeof figure>;

const foretelling = object({
  ...{ id: text, says: text },
  arms: told(array(text, MOST), 'Whose runs are points.'),
  ...{ before: told(figure, 'What foretells.'), after: told(figure, 'What is foretold.') },
});
export type Foretelling = Infer<typeof foretelling>;

export const pooledClaims = object({
  title: text,
  folders: told(array(text, MOST), 'What the runs left; one model each.'),
  planned: optional(
    told(
      object({
        ...{ cells: count, seeds: count },
        ended: optional(
          told(
            object({ seeds: count, because: text }),
            'Where the work ended before: with which seeds, and why.',
          ),
        ),
      }),
      'What a verdict waits for: cells that have both sides, and seeds that are whole in all of them. Before, all is undecided.',
    ),
  ),
  beside: optional(told(text, 'What a reader of the verdicts has to know, beneath them.')),
  claims: array(
    object({
      ...{ id: text, says: text, higher: asked, than: asked },
      seeds: optional(told(count, 'Of this claim, where it is not as planned for all.')),
    }),
    MOST,
  ),
  foretelling: optional(
    told(
      foretelling,
      'A claim of another kind: that one figure of a run ranks another; corrected with the rest.',
    ),
  ),
  untrained: optional(
    told(
      object({
        student: asked,
        draws: told(
          array(text, MOST),
          'Where the base was asked under many draws of demonstrations, which vote.',
        ),
        floors: optional(
          told(
            array(text, MOST),
            'Where arms of icl chose among the labels: as they are, calibrated or aligned, by their decoding.',
          ),
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
  /** By which an arm was made; undefined where the cell has none of this name. */
  readonly methodOf: (arm: string) => string | undefined;
  /** Whether each test item was right, by seed; empty where it never was asked so. */
  readonly scores: (side: AskedSide) => ScoresBySeed;
}

export type PooledVerdict = ClaimVerdict | 'not run';

export interface PooledLine {
  readonly claim: PooledClaim;
  /** null where no cell has both sides. */
  readonly over: OverCells | null;
  /** Corrected over all claims, those that were not run among them; null until as much has run as was planned. */
  readonly p: number | null;
  readonly verdict: PooledVerdict;
  /** Each cell's own, by nobody claimed. */
  readonly cells: readonly {
    readonly cell: PooledCell;
    readonly own: OverCells;
    readonly seeds: readonly number[];
  }[];
}

/** Of fewer seeds nobody knows how much they differ. */
const LEAST_SEEDS = 3;
type Planned = NonNullable<PooledClaims['planned']>;
const UNPLANNED: Planned = { cells: 0, seeds: LEAST_SEEDS };
/** What a verdict waits for, of a claim that has its own number too; never fewer than tell how much seeds differ. */
export const neededSeeds = ({ seeds, ended }: Planned, own = seeds): number =>
  Math.max(Math.min(own, ended?.seeds ?? own), LEAST_SEEDS);
const isEnough = ({ cells, leastSeeds }: OverCells, planned: Planned, own?: number): boolean =>
  cells >= planned.cells && leastSeeds >= neededSeeds(planned, own);

/** Not significant is not refuted: only an interval within ±0.03 says that there is little.
 * @param p null while less has run than was planned: whoever looks on the way and stops where it looks well decides nothing */
function verdictOf(over: OverCells | null, p: number | null): PooledVerdict {
  if (over === null) return 'not run';
  if (p === null) return 'undecided';
  if (p < LEVEL) return over.mean > 0 ? 'shown' : 'shown the other way';
  // Ties in few pairs are no narrow interval (paired.ts).
  if (over.low === over.high && over.leastSeeds < ENOUGH_ALIKE) return 'undecided';
  return -LEAST <= over.low && over.high <= LEAST ? 'smaller than 0.03' : 'undecided';
}

/** The seeds that are whole in all cells: on each of a cell's sides. What stopped in the middle of a seed is not told by
 * whichever cell went on; cells without any seed on all sides were not run, and hold nobody back.
 * @param cells the sides of each */
export function wholeSeeds(cells: readonly (readonly ScoresBySeed[])[]): readonly number[] {
  const own = cells
    .map(([first, ...others]) =>
      [...(first?.keys() ?? [])].filter((seed) => others.every((side) => side.has(seed))),
    )
    .filter((seeds) => seeds.length > 0);
  return (own[0] ?? []).filter((seed) => own.every((seeds) => seeds.includes(seed)));
}
export const ofSeeds = (scores: ScoresBySeed, seeds: readonly number[]): ScoresBySeed =>
  new Map([...scores].filter(([seed]) => seeds.includes(seed)));

/** By seed, the mean over the items that both sides have, a less b; seeds in order. */
export function seedDifferences(
  a: ScoresBySeed,
  b: ScoresBySeed,
  seeds: readonly number[],
): readonly (readonly [seed: number, difference: number])[] {
  return seeds
    .toSorted((x, y) => x - y)
    .flatMap((seed) => {
      const others = b.get(seed);
      const pairs = [...(a.get(seed) ?? [])].flatMap(([item, score]) => {
        const other = others?.get(item);
        return other === undefined ? [] : [Number(score) - Number(other)];
      });
      return pairs.length === 0 ? [] : [[seed, mean(pairs)] as const];
    });
}

export interface ForetellingLine {
  /** null of too few runs. */
  readonly found: RankCorrelation | null;
  /** As a line's. */
  readonly p: number | null;
  readonly verdict: Exclude<PooledVerdict, 'smaller than 0.03'>;
}

/** What became of all claims of a file; p is corrected over all of them. */
export interface Pooled {
  readonly lines: readonly PooledLine[];
  /** Of the claim that one figure foretells another; absent where none was made. */
  readonly foretelling?: ForetellingLine;
}

/** Of the claim that one figure foretells another. */
export interface ForetoldRuns {
  /** By cell. */
  readonly runs: readonly (readonly Foretold[])[];
  /** That are whole in all of them. */
  readonly seeds: number;
}

/** @param foretold of that claim, if there is one */
export function pooledVerdicts(
  claims: readonly PooledClaim[],
  cells: readonly PooledCell[],
  foretold?: ForetoldRuns,
  planned: Planned = UNPLANNED,
): Pooled {
  const found = claims.map((claim) => {
    const options = { key: deriveKey('pooled', claim.id) };
    const both = cells.map(({ scores }) => [scores(claim.higher), scores(claim.than)] as const);
    const seeds = wholeSeeds(both);
    const pairs = both.map(([a, b]) => [ofSeeds(a, seeds), ofSeeds(b, seeds)] as const);
    const own = cells.flatMap((cell, i) => {
      const pair = pairs[i];
      const over = pair === undefined ? null : bootstrapOverCells([pair], options, [cell.task]);
      return over === null ? [] : [{ cell, own: over, seeds }];
    });
    // Two models on one task are asked the same items.
    const over = bootstrapOverCells(
      pairs,
      options,
      cells.map(({ task }) => task),
    );
    return { claim, over, cells: own, isEnough: over !== null && isEnough(over, planned, claim.seeds) };
  });
  const ranked =
    foretold === undefined ? undefined : rankCorrelation(foretold.runs, deriveKey('foretelling'));
  const isRanked =
    foretold !== undefined &&
    ranked != null &&
    ranked.cells >= planned.cells &&
    foretold.seeds >= neededSeeds(planned);
  // A claim that was not run as planned counts as one that failed: leaving it out would make the others easier.
  const corrected = holm([
    ...found.map(({ over, isEnough: has }) => (over !== null && has ? over.p : 1)),
    ...(ranked === undefined ? [] : [isRanked ? ranked.p : 1]),
  ]);
  const lines = found.map(({ claim, over, cells: own, isEnough: has }, i) => {
    const p = has ? (corrected[i] ?? 1) : null;
    return { claim, over, cells: own, p, verdict: verdictOf(over, p) };
  });
  if (ranked === undefined) return { lines };
  if (ranked === null) return { lines, foretelling: { found: null, p: null, verdict: 'not run' } };
  if (!isRanked) return { lines, foretelling: { found: ranked, p: null, verdict: 'undecided' } };
  const p = corrected.at(-1) ?? 1;
  const shown = ranked.rho > 0 ? 'shown' : 'shown the other way';
  return { lines, foretelling: { found: ranked, p, verdict: p < LEVEL ? shown : 'undecided' } };
}
