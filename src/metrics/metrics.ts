/**
 * @file Scores of one answer against one row's key. Exact match and token F1 are those of SQuAD v1.1's evaluate script
 * (Rajpurkar et al. 2016), ROUGE-L is google-research's rouge_score without stemming (Lin 2004); summarise.ts averages.
 */
import type { KeyedRow, TaskKind } from './item.ts';
import { rightAnswers } from './item.ts';

/** A label as it is compared: without surrounding white space, in lower case. */
export const normaliseLabel = (text: string): string => text.trim().toLowerCase();

// string.punctuation of Python: ASCII alone, so that typographic quotes stay, as in SQuAD's script.
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// Python's \b knows every script's letters and digits; JavaScript's only ASCII's.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** SQuAD's normalize_answer: lower case, no ASCII punctuation, no articles, single spaces. */
export function normaliseSquad(text: string): string {
  return text
    .toLowerCase()
    .replace(PUNCTUATION, '')
    .replace(ARTICLES, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}

/** What stands behind the last mark, as a number where it is one: "so 1,200 eggs. #### $1,200" and "#### 1200" are equal.
 * null: no mark, or nothing behind it. */
export function finalAnswer(text: string, mark: string): string | null {
  const at = text.lastIndexOf(mark);
  const plain =
    at < 0
      ? ''
      : text
          .slice(at + mark.length)
          .replace(/[\s,$£€]+/g, '')
          .replace(/\.$/, '')
          .toLowerCase();
  if (plain === '') return null;
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) ? String(Number(plain)) : plain;
}

/** The task's exact match: a label or choice by normaliseLabel against the output; a generated answer by SQuAD's
 * normalisation against any reference, or where the task has a mark by what stands behind it. False where the row has no key. */
export function isExact(kind: TaskKind, answer: string, row: KeyedRow, answerAfter?: string): boolean {
  if (answerAfter !== undefined) {
    const said = finalAnswer(answer, answerAfter);
    return (
      said !== null && rightAnswers(row).some((reference) => finalAnswer(reference, answerAfter) === said)
    );
  }
  switch (kind) {
    case 'classification':
    case 'multiple-choice':
      return row.output !== '' && normaliseLabel(answer) === normaliseLabel(row.output);
    case 'generation': {
      const said = normaliseSquad(answer);
      return rightAnswers(row).some((reference) => normaliseSquad(reference) === said);
    }
  }
}

/** Whether the answer is one of the labels, whichever. */
export function isValidLabel(labels: readonly string[], answer: string): boolean {
  const said = normaliseLabel(answer);
  return labels.some((label) => normaliseLabel(label) === said);
}

const harmonicMean = (precision: number, recall: number): number =>
  precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);

function overlapF1(said: readonly string[], right: readonly string[]): number {
  const left = new Map<string, number>();
  for (const token of right) left.set(token, (left.get(token) ?? 0) + 1);
  let shared = 0;
  for (const token of said) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    shared += 1;
  }
  return shared === 0 ? 0 : harmonicMean(shared / said.length, shared / right.length);
}

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** SQuAD's F1 over normalised words, as multisets, in [0, 1]; the best over the references, 0 without any. As in
 * SQuAD v1.1, two answers that normalise to nothing share nothing: 0. */
export function tokenF1(answer: string, references: readonly string[]): number {
  const said = words(normaliseSquad(answer));
  return Math.max(0, ...references.map((reference) => overlapF1(said, words(normaliseSquad(reference)))));
}

const latinTokens = (text: string): string[] => words(text.toLowerCase().replace(/[^a-z0-9]+/g, ' '));

/** Scripts that write no spaces give a token per character, others one per word. */
const unicodeTokens = (text: string): string[] =>
  text
    .toLowerCase()
    .match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]\p{M}*|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}])+/gu,
    ) ?? [];

/** rouge_score's tokens of both texts. That tokeniser sees nothing but a-z and 0-9; where a text that is not blank
 * has none of them, both are cut into Unicode words instead, and where that leaves one empty too, at white space. */
function rougeTokens(a: string, b: string): readonly [readonly string[], readonly string[]] {
  const spaced = (text: string): string[] => words(text.toLowerCase().replace(/\s+/g, ' '));
  for (const tokens of [latinTokens, unicodeTokens]) {
    const pair = [tokens(a), tokens(b)] as const;
    if ((pair[0].length > 0 || a.trim() === '') && (pair[1].length > 0 || b.trim() === '')) return pair;
  }
  return [spaced(a), spaced(b)];
}

/** Length of the longest common subsequence, in memory of one row. */
function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  const lengths = new Array<number>(b.length + 1).fill(0);
  for (const token of a) {
    let diagonal = 0;
    for (const [j, other] of b.entries()) {
      const above = lengths[j + 1] ?? 0;
      lengths[j + 1] = token === other ? diagonal + 1 : Math.max(above, lengths[j] ?? 0);
      diagonal = above;
    }
  }
  return lengths[b.length] ?? 0;
}

/** ROUGE-L's F-measure in [0, 1]: harmonic mean of the longest common subsequence over either length. */
export function rougeL(answer: string, reference: string): number {
  const [said, right] = rougeTokens(answer, reference);
  if (said.length === 0 || right.length === 0) return 0;
  const common = commonSubsequence(said, right);
  return harmonicMean(common / said.length, common / right.length);
}

/** The best over the references, 0 without any. */
export const rougeLBest = (answer: string, references: readonly string[]): number =>
  Math.max(0, ...references.map((reference) => rougeL(answer, reference)));
