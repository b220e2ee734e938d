/**
 * @file Names of fields and the rule for putting a labelled item into text. Field names are drawn at random in the
 * corpus, so that they tell nothing of what is asked; the pairs of the shipped tasks never occur there.
 */
import type { Draw } from './draw.ts';

const INPUT_FIELDS =
  'Review Note Text Line Remark Message Comment Sentence Entry Post Report Story Item Letter Quote Passage Saying Memo Phrase Input'.split(
    ' ',
  );
const OUTPUT_FIELDS =
  'Label Kind Class Tag Group Type Mark Sort Mood Answer Result Sign Code Verdict Key Rating Reply Output Theme Field'.split(
    ' ',
  );

export interface Fields {
  readonly input: string;
  readonly output: string;
}

/** Pairs kept for tasks, development and confirmation alike. */
export const RESERVED_PAIRS: readonly Fields[] = [
  { input: 'Review', output: 'Mood' },
  { input: 'Note', output: 'Theme' },
  { input: 'Line', output: 'Kind' },
  { input: 'Comment', output: 'Verdict' },
  { input: 'Message', output: 'Reply' },
  { input: 'Input', output: 'Answer' },
  { input: 'Item', output: 'Code' },
  { input: 'Report', output: 'Field' },
  { input: 'Story', output: 'Group' },
  { input: 'Passage', output: 'Tag' },
];

export function drawFields(draw: Draw): Fields {
  for (;;) {
    const input = draw.pick(INPUT_FIELDS);
    const output = draw.pick(OUTPUT_FIELDS);
    if (!RESERVED_PAIRS.some((pair) => pair.input === input && pair.output === output))
      return { input, output };
  }
}

/** What stands before the completion; the completion is a space, the answer and STOP. */
export const promptText = (fields: Fields, input: string): string =>
  `${fields.input}: ${input}\n${fields.output}:`;
export const STOP = '\n';
