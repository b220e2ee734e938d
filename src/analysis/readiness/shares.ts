/** @file What a sample of answers comes to: its shares with their uncertainty, in figures and in words. */
import { formatScore, formatShare } from '../../core/figures.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import { shareInterval } from '../../metrics/share-interval.ts';
import type { Mode } from '../../words/events.ts';
import type { SampleAnswer } from './ask-rows.ts';

export interface Shares {
  readonly items: number;
  /** Answers that are a label or a choice; null where the task has none. */
  readonly labels: number | null;
  readonly right: number;
  /** Of the likeliest label instead; null where it was not asked. */
  readonly constrained: number | null;
  readonly tooLong: number;
  /** The commonest answer, and how many gave it. */
  readonly commonest: string;
  readonly same: number;
}

const count = <T>(all: readonly T[], is: (one: T) => boolean): number => all.filter(is).length;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The commonest text, compared as labels are. */
export function commonestOf(texts: readonly string[]): readonly [text: string, times: number] {
  const times = new Map<string, number>();
  for (const text of texts) times.set(normaliseLabel(text), (times.get(normaliseLabel(text)) ?? 0) + 1);
  return [...times].reduce<readonly [string, number]>(
    (best, one) => (one[1] > best[1] ? one : best),
    ['', 0],
  );
}

export function sharesOf(answers: readonly SampleAnswer[]): Shares {
  const items = answers.length;
  const of = (number: number) => (items === 0 ? 0 : number / items);
  const [commonest, same] = commonestOf(answers.map(({ answer }) => answer));
  const isLabelled = answers.some(({ isLabel }) => isLabel !== null);
  const scored = answers.flatMap(({ constrained }) => constrained ?? []);
  return {
    ...{ items, commonest, same: of(same), right: of(sum(answers.map(({ right }) => right))) },
    labels: isLabelled ? of(count(answers, ({ isLabel }) => isLabel === true)) : null,
    constrained: scored.length === 0 ? null : sum(scored) / scored.length,
    tooLong: of(count(answers, ({ isFinished }) => !isFinished)),
  };
}

/** "0.75 right on 16 rows (0.51 to 0.90)" */
export function rightWords(right: number, items: number): string {
  const { low, high } = shareInterval(right, items);
  return `${formatScore(right)} right on ${items} rows (${formatScore(low)} to ${formatScore(high)})`;
}

/** As a person reads it, in page and command. */
export function sharesWords(
  mode: Mode,
  { items, labels, right, constrained, tooLong, same }: Shares,
): string {
  const parts = [
    rightWords(right, items),
    ...(labels === null ? [] : [`${formatShare(labels)} labels`]),
    ...(constrained === null ? [] : [`${formatScore(constrained)} by the likeliest label`]),
    `${formatShare(same)} the same`,
    `${formatShare(tooLong)} too long`,
  ];
  return `${mode}: ${parts.join(', ')}`;
}
