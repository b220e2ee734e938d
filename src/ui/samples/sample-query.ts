/** @file Which rows are shown and in which order, and the rows as a file. */
import type { Verdict } from '../../words/events.ts';
import { csv } from '../charts/download.ts';
import type { Said, SampleRow, SetId } from './sample-rows.ts';

export const SORTS = ['order', 'input', 'answer', 'flips', 'perplexity', 'verdict', 'arm'] as const;
export type SortKey = (typeof SORTS)[number];

export interface Query {
  readonly set: SetId;
  /** null: all. */
  readonly arm: string | null;
  readonly seed: number | null;
  readonly round: number | null;
  /** `dropped`: whatever the reason. */
  readonly verdict: Verdict | 'dropped' | null;
  /** Only while the key is shown. */
  readonly isRight: boolean | null;
  readonly isFlipped: boolean;
  readonly text: string;
  readonly sort: SortKey;
  readonly isDescending: boolean;
}

/** The answer that a row is judged by: of the round asked for, else the latest; null where it has none there. */
export function shownOf({ answers }: SampleRow, round: number | null): Said | null {
  return round === null
    ? (answers.at(-1) ?? null)
    : (answers.find((answer) => answer.round === round) ?? null);
}

function holds(row: SampleRow, query: Query, isKeyShown: boolean): boolean {
  const { arm, seed, round, verdict, isRight, isFlipped } = query;
  const shown = shownOf(row, round);
  if (shown === null || (arm !== null && row.arm !== arm) || (seed !== null && row.seed !== seed))
    return false;
  if (verdict !== null && (verdict === 'dropped' ? shown.verdict === 'kept' : shown.verdict !== verdict))
    return false;
  if (isKeyShown && isRight !== null && shown.isRight !== isRight) return false;
  if (isFlipped && (round === null ? row.flips === 0 : !shown.isFlip)) return false;
  const wanted = query.text.trim().toLowerCase();
  if (wanted === '') return true;
  const texts = [row.input, ...row.answers.map(({ answer }) => answer), ...(isKeyShown ? [row.key] : [])];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Ascending; rows without the figure come last in either direction. */
function comparison({ sort, round, isDescending }: Query): (a: SampleRow, b: SampleRow) => number {
  const sign = isDescending ? -1 : 1;
  switch (sort) {
    case 'order':
      return () => 0;
    case 'input':
      return (a, b) => sign * byText(a.input, b.input);
    case 'answer':
      return (a, b) => sign * byText(shownOf(a, round)?.answer ?? '', shownOf(b, round)?.answer ?? '');
    case 'flips':
      return (a, b) => sign * (a.flips - b.flips);
    case 'verdict':
      return (a, b) => sign * byText(shownOf(a, round)?.verdict ?? '', shownOf(b, round)?.verdict ?? '');
    case 'arm':
      return (a, b) => sign * (byText(a.arm, b.arm) || a.seed - b.seed);
    case 'perplexity':
      return (a, b) => {
        const x = shownOf(a, round)?.perplexity ?? null;
        const y = shownOf(b, round)?.perplexity ?? null;
        if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
        return sign * (x - y);
      };
  }
}

/** The rows asked for, in order; equal ones as they were labelled. */
export function select(rows: readonly SampleRow[], query: Query, isKeyShown: boolean): readonly SampleRow[] {
  const found = rows.filter((row) => holds(row, query, isKeyShown));
  if (query.sort === 'order') return query.isDescending ? found.toReversed() : found;
  return found.toSorted(comparison(query));
}

const COLUMNS = [
  ...['set', 'arm', 'seed', 'round', 'id', 'input', 'answer', 'said', 'tokens', 'perplexity', 'verdict'],
  ...['flipped', 'demonstrations'],
];

/** A line for each answer of these rows; the key only where it is shown. */
export function samplesCsv(rows: readonly SampleRow[], set: SetId, isKeyShown: boolean): string {
  const lines = rows.flatMap((row) =>
    row.answers.map((answer): Record<string, string | number | null> => ({
      ...{ set, arm: row.arm, seed: row.seed, round: answer.round, id: row.rowId, input: row.input },
      ...{ answer: answer.answer, said: answer.said, tokens: answer.ids.length || null },
      ...{ perplexity: answer.perplexity, verdict: answer.verdict, flipped: answer.isFlip ? 1 : 0 },
      demonstrations: answer.demonstrations?.join(' ') ?? null,
      ...{ key: row.key, right: answer.isRight === null ? null : Number(answer.isRight) },
    })),
  );
  return csv(isKeyShown ? [...COLUMNS, 'key', 'right'] : COLUMNS, lines);
}

/** Rounds in which the answer stayed the same, as one. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly answer: string;
  readonly isRight: boolean | null;
}

/** Answers by round as stretches: a border between two is a flip. */
export function stretchesOf({ answers }: Pick<SampleRow, 'answers'>): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const { round, answer, isRight, isFlip } of answers) {
    const last = stretches.at(-1);
    if (last === undefined || isFlip) stretches.push({ from: round, to: round, answer, isRight });
    else stretches[stretches.length - 1] = { ...last, to: round };
  }
  return stretches;
}
