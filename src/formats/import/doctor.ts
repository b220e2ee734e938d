/** @file What a person should look at before a run: rows that went, labels that are missing, texts with two answers. */
import { plural } from '../../core/plural.ts';
import type { ImportSummary, RejectedRow } from '../../words/importing.ts';
import { REJECT_TITLES } from '../../words/importing.ts';
import type { Task } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';

const LISTED = 5;
const some = (texts: readonly string[]): string =>
  texts.length <= LISTED
    ? texts.join(', ')
    : `${texts.slice(0, LISTED).join(', ')} and ${texts.length - LISTED} more`;

/** Reasons with their counts, the commonest first. */
function reasonCounts(
  rejected: readonly RejectedRow[],
): readonly (readonly [RejectedRow['reason'], number])[] {
  const counts = new Map<RejectedRow['reason'], number>();
  for (const { reason } of rejected) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

export function warningsOf(
  { definition, splits }: Task,
  rejected: readonly RejectedRow[],
  { rowsIn, doubles }: Pick<ImportSummary, 'rowsIn' | 'doubles'>,
): readonly string[] {
  const warnings: string[] = [];
  const [most] = reasonCounts(rejected);
  if (most !== undefined && rejected.length * 2 > rowsIn)
    warnings.push(
      `Most rows go: ${rejected.length} of ${rowsIn} are rejected, ${most[1] === rejected.length ? 'all' : `${most[1]} of them`} because of this: ${REJECT_TITLES[most[0]]}.`,
    );
  const { labels } = definition;
  const used = labels.filter((label) =>
    SPLITS.some((split) => splits[split].some(({ output }) => output === label)),
  );
  if (labels.length > 0 && used.length < 2) warnings.push(`Only one label is left: ${used.join('')}.`);
  for (const split of SPLITS) {
    const own = new Set(splits[split].map(({ output }) => output));
    const lacking = labels.filter((label) => !own.has(label));
    const isAnswered = own.size > 1 || !own.has('');
    if (splits[split].length > 0 && isAnswered && lacking.length > 0)
      warnings.push(`No row of the ${split} shows the label ${some(lacking)}.`);
  }
  if (doubles.contradicting > 0)
    warnings.push(
      `${plural(doubles.contradicting, 'row')} repeat a text with another answer; the first answer is kept.`,
    );
  return warnings;
}

export function doubleNotes({ same, near, crossing }: ImportSummary['doubles']): readonly string[] {
  return [
    ...(same === 0 ? [] : [`${plural(same, 'row')} repeat a text and are left out.`]),
    ...(near === 0
      ? []
      : [`${plural(near, 'text')} differ from another only in punctuation; they stay in one split.`]),
    ...(crossing === 0
      ? []
      : [
          `${plural(crossing, 'row')} stand in two published splits, but for case and punctuation; the held-out one is kept.`,
        ]),
  ];
}

export const spellingNotes = (spellings: ImportSummary['spellings']): readonly string[] =>
  spellings.map(
    ({ label, variants }) =>
      `One label: ${variants.map(({ text, rows }) => `"${text}" (${rows})`).join(', ')}, written ${label}.`,
  );
