/**
 * @file The words of a prompt and the order in which they stand, said once: of texts, which are shown, and of texts with
 * their tokens, which are sent. The demonstrations stand answered before the prompt, the preamble before them all.
 */
import type { Knobs } from '../words/knobs.ts';
import type { Task, TaskDefinition, TaskRow } from '../words/task.ts';
import type { ChatMessage, WrittenChat } from '../words/chat.ts';
import type { PromptParts, Words } from '../words/prompt-parts.ts';
import type { Asked, Shot } from './chat.ts';
import { conversation, inWords } from './chat.ts';

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

export const shotOf = (wording: Wording, { id, input, output }: TaskRow): Shot => ({
  ...{ id, prompt: promptText(wording, input), answer: output },
  completion: completionText(wording, output),
});

/** A written conversation in the parts of its prompt: a demonstration ends with its answer, and what the template writes
 * stands before what it leads to. All is one part where the template writes other words than it was given. */
export function partsOfChat(
  { text: written, ids }: WrittenChat,
  system: string,
  { preamble, shots }: Asked,
): PromptParts {
  let at = 0;
  const lost: string[] = [];
  /** From where the last part ended to where these words begin, and the words. Templates may trim them. */
  const next = (words: string) => {
    const begin = written.indexOf(words.trim(), at);
    if (begin < 0) lost.push(words);
    const before = { text: written.slice(at, begin) };
    at = begin + words.trim().length;
    return { before, own: { text: written.slice(begin, at) } };
  };
  const head = [system, preamble].filter((words) => words !== '').map(next);
  const demonstrations = shots.map(({ id, prompt, answer }) => {
    const asked = next(prompt);
    const { before, own } = next(answer);
    return { id, prompt: { text: asked.before.text + asked.own.text + before.text }, completion: own };
  });
  // No template writes nothing.
  const known: Pick<PromptParts, 'isInWords'> = ids.length === 0 ? { isInWords: true } : {};
  if (lost.length > 0) return { preamble: null, demonstrations: [], prompt: { text: written }, ...known };
  const said = head.map(({ before, own }) => before.text + own.text).join('');
  const parts = { demonstrations, prompt: { text: written.slice(at) }, ...known };
  return { preamble: said === '' ? null : { text: said }, ...parts };
}

/** Of plain text, which stands as it is sent. */
const partsInWords = ({ preamble, shots, prompt }: Asked): PromptParts => ({
  preamble: preamble === '' ? null : { text: preamble },
  demonstrations: shots.map((shot) => ({
    ...{ id: shot.id, prompt: { text: shot.prompt }, completion: { text: shot.completion } },
  })),
  prompt: { text: prompt },
});

/** Those that are still there, in the order of the names. */
function rowsNamed(rows: readonly TaskRow[], ids: readonly string[]): readonly TaskRow[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

type Telling = Pick<Knobs, 'chat' | 'system' | 'preamble'>;

/** A prompt whose demonstrations are known, in words alone: no model need be there.
 * @param demonstrations ids of the pool's rows, null for a prompt that stands alone, without preamble
 * @returns the turns of a chat beside it; null for plain text */
export function promptInWords(
  { definition, splits }: Task,
  input: string,
  demonstrations: readonly string[] | null,
  { preamble, ...knobs }: Telling,
): { readonly parts: PromptParts; readonly messages: readonly ChatMessage[] | null } {
  const asked: Asked = {
    preamble: demonstrations === null ? '' : preamble,
    shots: rowsNamed(splits.pool, demonstrations ?? []).map((row) => shotOf(definition, row)),
    prompt: promptText(definition, input),
  };
  if (knobs.chat !== 'off') {
    const messages = conversation(knobs, asked);
    return { messages, parts: partsOfChat(inWords(messages), knobs.system, asked) };
  }
  return { parts: partsInWords(asked), messages: null };
}

/** What is asked of ISARA's teacher for a new question: the rows after which it stands, as pairs or as questions alone, which
 * in a chat are lines of one turn. */
export function questionAsked(
  wording: Wording,
  near: readonly TaskRow[],
  { isaraShows, chat }: Pick<Knobs, 'isaraShows' | 'chat'>,
): { readonly asked: Asked; readonly chat: Knobs['chat'] } {
  const prompt = cueText(wording);
  const arePairs = isaraShows === 'pairs';
  const line = ({ id, input }: TaskRow): Shot => ({
    ...{ id, prompt, answer: input, completion: questionText(input) },
  });
  const shots = near.map((row) => (arePairs ? shotOf(wording, row) : line(row)));
  return { asked: { preamble: '', shots, prompt }, chat: arePairs || chat === 'off' ? chat : 'one-turn' };
}

/** The prompt of a question that is written after these rows of the pool, in words alone. */
export function questionInWords(
  { definition, splits }: Task,
  after: readonly string[],
  knobs: Pick<Knobs, 'isaraShows' | 'chat' | 'system'>,
): PromptParts {
  const { asked, chat } = questionAsked(definition, rowsNamed(splits.pool, after), knobs);
  if (chat === 'off') return partsInWords(asked);
  const { system } = knobs;
  return partsOfChat(inWords(conversation({ chat, system }, asked), true), system, asked);
}

/** Whether a text ends like a prompt of the task, with or without demonstrations before it: it holds the template's words
 * around the input, the last of them at its end. A space typed behind them changes nothing of that. */
export function isPromptOf(wording: Pick<Wording, 'template'>, text: string): boolean {
  const [before, after] = aroundInput(wording);
  const asked = text.trimEnd();
  const tail = after.trim();
  return asked.endsWith(tail) && asked.slice(0, asked.length - tail.length).includes(before.trim());
}
