/** @file The names under which published datasets keep inputs, answers and choices. */

/** A name without case, spaces, hyphens and underscores; of a nested field its last part. */
export function plainName(name: string): string {
  return name
    .slice(name.lastIndexOf('.') + 1)
    .toLowerCase()
    .replace(/[\s_-]+/g, '');
}

/** Columns that belong together as one input, in reading order; the first set that is there is taken. */
export const INPUT_PAIRS: readonly (readonly string[])[] = [
  ['instruction', 'input'],
  ['premise', 'hypothesis'],
  ['sentence1', 'sentence2'],
  ['context', 'question'],
  ['passage', 'question'],
];
export const INPUT_NAMES: readonly string[] = [
  ...['input', 'question', 'sentence', 'text', 'prompt', 'instruction', 'query', 'turns', 'message'],
  ...['utterance', 'review', 'content', 'document', 'article', 'tweet', 'title', 'source'],
];
export const OUTPUT_NAMES: readonly string[] = [
  ...['bestanswer', 'output', 'labeltext', 'labelname', 'label', 'answer', 'answers', 'target', 'completion'],
  ...['response', 'sentiment', 'class', 'intent', 'gold', 'reply', 'summary', 'correctanswer', 'answerkey'],
];
export const CHOICES_NAMES: readonly string[] = ['choices', 'options', 'endings', 'candidates'];
export const CORRECT_NAMES: readonly string[] = ['correctanswers', 'correct'];
export const INCORRECT_NAMES: readonly string[] = [
  'incorrectanswers',
  'incorrect',
  'wronganswers',
  'distractors',
];
export const GROUP_NAMES: readonly string[] = ['category', 'subject', 'topic', 'domain'];
export const REFERENCE_NAMES: readonly string[] = ['references'];

const KNOWN = new Set(
  [
    INPUT_NAMES,
    OUTPUT_NAMES,
    CHOICES_NAMES,
    CORRECT_NAMES,
    INCORRECT_NAMES,
    GROUP_NAMES,
    ...INPUT_PAIRS,
  ].flat(),
);

export function isKnownColumn(name: string): boolean {
  return KNOWN.has(plainName(name));
}
