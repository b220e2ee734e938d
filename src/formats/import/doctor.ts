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

/** Where the other rows went, for a refusal that stands in the report's place: reasons with their counts, and a row of the
 * commonest. */
export function rejectedWords(rejected: readonly RejectedRow[], rowsIn: number): string {
  const counts = reasonCounts(rejected);
  const example = rejected.find(({ reason }) => reason === counts[0]?.[0]);
  if (example === undefined) return '';
  const reasons = counts.map(([reason, rows]) => `${REJECT_TITLES[reason]} ${rows}`).join(', ');
  const { file, line, detail } = example;
  return ` Of ${plural(rowsIn, 'row')} ${rejected.length} are rejected: ${reasons}; as ${file} line ${line}: ${detail}.`;
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

/** Answers that end in the mark of GSM8K and its like, with what is scored of them where nothing else is said. */
export function markNotes({ definition, splits }: Task): readonly string[] {
  if (definition.kind !== 'generation' || definition.answerAfter !== undefined) return [];
  const answers = SPLITS.flatMap((split) => splits[split]).flatMap(({ output }) => output || []);
  const marked = answers.filter((answer) => / #### ?\S+$/.test(answer)).length;
  return answers.length === 0 || marked * 2 < answers.length
    ? []
    : [
        `${marked} of ${plural(answers.length, 'answer')} end in #### and a final answer: to score that alone, --answer-after '####'.`,
      ];
}

export const spellingNotes = (spellings: ImportSummary['spellings']): readonly string[] =>
  spellings.map(
    ({ label, variants }) =>
      `One label: ${variants.map(({ text, rows }) => `"${text}" (${rows})`).join(', ')}, written ${label}.`,
  );
