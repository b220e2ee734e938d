/**
 * @file The words of a prompt and the order in which they stand, said once: of texts, which are shown, and of texts with
 * their tokens, which are sent. The demonstrations stand answered before the prompt, the preamble before them all.
 */
import type { Task, TaskDefinition, TaskRow } from '../words/task.ts';

type Wording = Pick<TaskDefinition, 'template' | 'stop'>;

/** The template's words before the input and behind it. */
export function aroundInput({
  template,
}: Pick<Wording, 'template'>): readonly [before: string, after: string] {
  const [before = '', after = ''] = template.split('{input}');
  return [before, after];
}

/** The text of a prompt without demonstrations. A function, so that "$&" in an input is text. */
const promptText = ({ template }: Wording, input: string): string => template.replace('{input}', () => input);

/** What follows a prompt: a leading space, the answer, the stop string. */
export const completionText = ({ stop }: Wording, answer: string): string => ` ${answer}${stop}`;

/** The cue after which a model writes an input of its own: the template's words before it. */
export const cueText = (wording: Wording): string => aroundInput(wording)[0].trimEnd();

/** Ends a question that a model writes. */
export const QUESTION_END = '\n';
/** What follows the cue: a leading space, the question, its end. */
export const questionText = (question: string): string => ` ${question}${QUESTION_END}`;

/** A stretch of a prompt that is tokenized by itself. */
export interface Words {
  readonly text: string;
}

export interface PromptParts<W extends Words = Words> {
  /** null: none. */
  readonly preamble: W | null;
  readonly demonstrations: readonly { readonly id: string; readonly prompt: W; readonly completion: W }[];
  readonly prompt: W;
}

/** As the model reads them. */
export const inOrder = <W extends Words>({
  preamble,
  demonstrations,
  prompt,
}: PromptParts<W>): readonly W[] => [
  ...(preamble === null ? [] : [preamble]),
  ...demonstrations.flatMap((shown) => [shown.prompt, shown.completion]),
  prompt,
];

export const wholeText = (parts: PromptParts): string =>
  inOrder(parts)
    .map(({ text }) => text)
    .join('');

/** A row as a prompt shows it: what the model reads and what it should write. */
export const rowText = (wording: Wording, { input, output }: Pick<TaskRow, 'input' | 'output'>) => ({
  prompt: { text: promptText(wording, input) },
  completion: { text: completionText(wording, output) },
});

/** A prompt whose demonstrations are known, in words alone: no model need be there.
 * @param demonstrations ids of the pool's rows, null for a prompt that stands alone, without preamble */
export function partsInWords(
  { definition, splits }: Task,
  input: string,
  demonstrations: readonly string[] | null,
  preamble: string,
): PromptParts {
  const pool = new Map(splits.pool.map((row) => [row.id, row]));
  return {
    preamble: demonstrations === null || preamble === '' ? null : { text: preamble },
    demonstrations: (demonstrations ?? []).flatMap((id) => {
      const row = pool.get(id);
      return row === undefined ? [] : [{ id, ...rowText(definition, row) }];
    }),
    prompt: { text: promptText(definition, input) },
  };
}

/** Whether a text ends like a prompt of the task, with or without demonstrations before it: it holds the template's words
 * around the input, the last of them at its end. A space typed behind them changes nothing of that. */
export function isPromptOf(wording: Pick<Wording, 'template'>, text: string): boolean {
  const [before, after] = aroundInput(wording);
  const asked = text.trimEnd();
  const tail = after.trim();
  return asked.endsWith(tail) && asked.slice(0, asked.length - tail.length).includes(before.trim());
}
