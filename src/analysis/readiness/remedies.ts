/** @file What helps: each remedy can be applied as it stands, by a press in the page or an option of the command. */
import { isScoredDecoding } from '../../method/agenda.ts';
import { formatScore } from '../../core/figures.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { Knobs } from '../../words/knobs.ts';
import type { Plan } from '../../words/plan.ts';
import type { SampleAnswer } from './ask-rows.ts';
import type { Shares } from './shares.ts';
import { commonestOf } from './shares.ts';

export type Remedy =
  | { readonly kind: 'knobs'; readonly words: string; readonly set: Partial<Knobs> }
  | {
      readonly kind: 'labels';
      readonly words: string;
      readonly names: Readonly<Record<string, string>>;
      /** The model says each of them; otherwise they are to be thought about. */
      readonly isSaid?: true;
    }
  | { readonly kind: 'template'; readonly words: string; readonly template: string }
  /** Asks the prompt doctor. */
  | { readonly kind: 'templates'; readonly words: string }
  /** Asks more rows. */
  | { readonly kind: 'rows'; readonly words: string; readonly rows: number }
  | { readonly kind: 'model'; readonly words: string };

const MOST_DEMONSTRATIONS = 8;
/** Characters of what may be a label's name. */
const LONGEST_WORD = 30;

export const MODEL: Remedy = { kind: 'model', words: 'Load a larger model' };
export const TEMPLATES: Remedy = { kind: 'templates', words: 'Try other templates' };

/** Four times as many. */
export const moreRows = (items: number): Remedy => ({
  ...{ kind: 'rows', words: `Ask ${4 * items} rows`, rows: 4 * items },
});

/** @param least what guessing gives, within its noise */
export function constraining(
  { task, arm }: Plan,
  { constrained, right }: Shares,
  least: number,
): readonly Remedy[] {
  if (task.definition.labels.length === 0 || isScoredDecoding(arm.knobs.decoding)) return [];
  // Where it was tried and gains nothing, or no more than guessing, it is no remedy.
  if (constrained !== null && constrained <= Math.max(right, least)) return [];
  const gain = constrained === null ? '' : `: ${formatScore(constrained)} right here`;
  return [{ kind: 'knobs', words: `Take the likeliest label${gain}`, set: { decoding: 'constrained' } }];
}

/** More demonstrations where there are few, fewer where there are many. */
export function anotherK({ task, arm }: Plan): readonly Remedy[] {
  const k = arm.knobs.demonstrations || task.definition.k;
  const demonstrations = k < MOST_DEMONSTRATIONS ? Math.min(2 * k, MOST_DEMONSTRATIONS) : Math.ceil(k / 2);
  return demonstrations === k
    ? []
    : [{ kind: 'knobs', words: `Show ${demonstrations} demonstrations`, set: { demonstrations } }];
}

/** What the model says most of each label's rows; the label itself where it says nothing short and whole. */
function saidOf(
  labels: readonly string[],
  answers: readonly SampleAnswer[],
): readonly { readonly word: string; readonly share: number }[] {
  return labels.map((label) => {
    const said = answers.filter(({ key, isFinished }) => key === label && isFinished);
    const [word, times] = commonestOf(said.map(({ answer }) => answer));
    const isName = word !== '' && word.length <= LONGEST_WORD && !word.includes('\n');
    return isName ? { word, share: times / said.length } : { word: label, share: 0 };
  });
}

/** What the model says instead of each label, where it says one thing of most rows of a label and another of each. */
export function wordsFor(
  labels: readonly string[],
  answers: readonly SampleAnswer[],
): Readonly<Record<string, string>> | null {
  const own = new Set(labels.map(normaliseLabel));
  const said = saidOf(labels, answers);
  const known = said.flatMap(({ word, share }) => (share > 0.5 ? [word] : []));
  if (known.length < labels.length || new Set(known).size < labels.length) return null;
  if (known.every((name) => own.has(name))) return null;
  return Object.fromEntries(labels.map((label, i) => [label, known[i] ?? label]));
}

/** A name for each label to begin with: what the model says of it, unless it says that more of another. */
function suggested(
  labels: readonly string[],
  answers: readonly SampleAnswer[],
): Readonly<Record<string, string>> {
  const said = saidOf(labels, answers);
  const names = new Map<string, string>();
  const taken = new Set(labels.map(normaliseLabel));
  for (const [i, { word }] of [...said.entries()].sort(([, a], [, b]) => b.share - a.share)) {
    const label = labels[i] ?? '';
    names.set(label, taken.has(word) ? label : word);
    taken.add(word);
  }
  return Object.fromEntries(labels.map((label) => [label, names.get(label) ?? label]));
}

export function renaming({ task }: Plan, answers: readonly SampleAnswer[]): readonly Remedy[] {
  const { labels } = task.definition;
  if (labels.length === 0) return [];
  const names = wordsFor(labels, answers);
  if (names === null)
    return [{ kind: 'labels', words: 'Give the labels other names', names: suggested(labels, answers) }];
  const pairs = Object.entries(names).map(([label, name]) => `${label} as ${name}`);
  return [
    { kind: 'labels', words: `Name the labels as the model does: ${pairs.join(', ')}`, names, isSaid: true },
  ];
}
