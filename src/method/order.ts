/**
 * @file Order across rounds and within one: two switches that are not confused (METHOD "SOFT+"). Perplexity only
 * ranks; it correlates with length, so every part tells its mean length too.
 */
import { LabError } from '../core/errors.ts';
import type { Ranked, Sample } from '../words/events.ts';
import type { Knobs } from '../words/knobs.ts';
import { mean } from '../metrics/metric.ts';
import { normaliseLabel } from '../metrics/metrics.ts';
import { deriveKey } from '../core/random.ts';

type Order = Knobs['acrossRounds'];

/** Of an answer without a token to measure: it ranks behind all others, and is no figure. */
export const UNKNOWN_PERPLEXITY = Number.MAX_VALUE;

/** Whether the prompts stand in their order before the first of them is labelled. */
export const isRankedFirst = ({ acrossRounds }: Knobs): boolean => acrossRounds !== 'random';

interface Placed {
  readonly id: string;
  /** null: unknown, always last. */
  readonly perplexity: number | null;
}

const byId = (a: Placed, b: Placed): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Items in the order asked for, equals by id; `random` is the order given. */
function ordered<T extends Placed>(items: readonly T[], order: Order): readonly T[] {
  if (order === 'random') return items;
  const sign = order === 'easy-first' ? 1 : -1;
  return items.toSorted((a, b) => {
    if (a.perplexity === null || b.perplexity === null) {
      return Number(a.perplexity === null) - Number(b.perplexity === null) || byId(a, b);
    }
    return sign * (a.perplexity - b.perplexity) || byId(a, b);
  });
}

/** The ranked ids dealt so that every beginning of the result has each label in its share of the whole, as far as
 * counts go: the next seat is the label's that is furthest behind. Equals are served in an order drawn by the seed.
 * Answers given once have no share to keep and count as one label, so that free texts fall back to the plain ranking. */
function dealt(ranked: readonly string[], labelOf: (id: string) => string, seed: number): readonly string[] {
  const grouped = new Map<string, string[]>();
  for (const id of ranked) grouped.set(labelOf(id), [...(grouped.get(labelOf(id)) ?? []), id]);
  const once = [...grouped.values()].flatMap((ids) => (ids.length === 1 ? ids : []));
  const groups = [...grouped].filter(([, ids]) => ids.length > 1);
  const tickets = new Map(groups.map(([label]) => [label, deriveKey(seed, 'balanced', label)]));
  const queues = groups
    .toSorted(([a], [b]) => (tickets.get(a) ?? 0) - (tickets.get(b) ?? 0) || (a < b ? -1 : 1))
    .map(([, ids]) => ids);
  if (once.length > 0) queues.push(once);
  const taken = queues.map(() => 0);
  return ranked.map((_, seat) => {
    const behind = queues.map((ids, i) => {
      const count = taken[i] ?? 0;
      return count < ids.length ? (ids.length * (seat + 1)) / ranked.length - count : -Infinity;
    });
    const next = behind.indexOf(Math.max(...behind));
    const id = queues[next]?.[taken[next] ?? 0];
    if (id === undefined) throw new LabError('internal', 'The balanced parts ran out of prompts.');
    taken[next] = (taken[next] ?? 0) + 1;
    return id;
  });
}

/**
 * T parts of `promptsPerRound` ids each. The first T x promptsPerRound of `rowIds` are placed, whatever the order, so
 * that arms of one seed use the same prompts; what is beyond them stays reserve, and where there are fewer the last
 * parts are short. Rows that the ranking does not know come last; perplexities that are equal stand by id.
 * `balanced` ranks within each predicted label (the ranking's own answers) and needs the ranking.
 * @throws LabError `invalid-request` where the order asks for a ranking and there is none.
 */
export function rankedParts(
  rowIds: readonly string[],
  ranking: readonly Ranked[] | null,
  knobs: Knobs,
  seed: number,
): readonly (readonly string[])[] {
  const { acrossRounds, balanced, rounds, promptsPerRound } = knobs;
  if (ranking === null && (acrossRounds !== 'random' || balanced)) {
    const asked = balanced ? 'Balanced parts' : `The order "${acrossRounds}"`;
    throw new LabError('invalid-request', `${asked} needs a ranking of the prompts, and there is none.`);
  }
  const known = new Map((ranking ?? []).map((ranked) => [ranked.id, ranked]));
  const placed = rowIds
    .slice(0, rounds * promptsPerRound)
    .map((id) => ({ id, perplexity: known.get(id)?.perplexity ?? null }));
  const ranked = ordered(placed, acrossRounds).map(({ id }) => id);
  const line = balanced ? dealt(ranked, (id) => normaliseLabel(known.get(id)?.answer ?? ''), seed) : ranked;
  return Array.from({ length: rounds }, (_, t) => line.slice(t * promptsPerRound, (t + 1) * promptsPerRound));
}

/** Samples in the order in which an epoch shows them; those without a perplexity (gold) last. */
export const orderedWithin = (samples: readonly Sample[], knobs: Knobs): readonly Sample[] =>
  ordered(samples, knobs.withinRound);

export interface Bucket {
  readonly count: number;
  /** Means over the part's ranked prompts; null where none is ranked. Of perplexities those that were measured. */
  readonly perplexity: number | null;
  /** Of the answers, with their stop. */
  readonly tokens: number | null;
}

/** Mean perplexity and answer length of each part, so that an order by difficulty that is one by length shows. */
export function bucketAccount(
  ranking: readonly Ranked[],
  parts: readonly (readonly string[])[],
): readonly Bucket[] {
  const known = new Map(ranking.map((ranked) => [ranked.id, ranked]));
  return parts.map((ids) => {
    const ranked = ids.flatMap((id) => known.get(id) ?? []);
    const over = (of: (item: Ranked) => number): number | null =>
      ranked.length === 0 ? null : mean(ranked.map(of));
    const measured = ranked.flatMap(({ perplexity }) => (perplexity < UNKNOWN_PERPLEXITY ? perplexity : []));
    return {
      count: ids.length,
      perplexity: measured.length === 0 ? null : mean(measured),
      tokens: over(({ tokens }) => tokens),
    };
  });
}
