/** @file What a cell says in a role: one text, several, labels, or the turns of a conversation. */
import { isJsonObject } from '../json.ts';
import type { Cell } from './table.ts';

const scalar = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).trim()
    : '';

/** The first field of an object that holds text, of these names. */
export function field(value: unknown, ...names: readonly string[]): string {
  if (!isJsonObject(value)) return '';
  for (const name of names) {
    const text = scalar(value[name]);
    if (text !== '') return text;
  }
  return '';
}

const isList = (cell: unknown): cell is readonly unknown[] => Array.isArray(cell);

/** A cell as one text: of a list its first entry (words are joined); '' where there is none. */
export function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  if (typeof cell === 'string') return cell.trim();
  if (!isList(cell)) return '';
  const [first] = cell;
  const isWords = cell.length > 3 && cell.every((word) => typeof word === 'string' && !/\s/.test(word));
  if (isWords) return cell.join(' ');
  return isJsonObject(first) ? field(first, 'text', 'value', 'content', 'answer') : scalar(first);
}

/** A cell's texts; a plain text is split at `separator`. */
export function cellTexts(cell: Cell | undefined, separator: RegExp): readonly string[] {
  const parts = typeof cell === 'string' ? cell.split(separator) : isList(cell) ? cell : [];
  return parts.flatMap((part) => {
    const text = isJsonObject(part) ? field(part, 'text', 'value', 'content', 'answer') : scalar(part);
    return text === '' ? [] : [text];
  });
}

/** The labels that a cell lists, as tools for labelling write them: a list, {choices: [...]}, objects with a label. */
export function cellLabels(cell: Cell | undefined): readonly string[] {
  if (cell === undefined) return [];
  if (typeof cell === 'string') return cell.trim() === '' ? [] : [cell.trim()];
  const list: unknown = isJsonObject(cell) ? cell.choices : cell;
  if (!isList(list)) return [];
  return list.flatMap((each) => {
    const text = isJsonObject(each) ? field(each, 'label', 'name', 'text', 'value') : scalar(each);
    return text === '' ? [] : [text];
  });
}

export interface Turn {
  readonly speaker: 'system' | 'user' | 'assistant';
  readonly text: string;
}

const SPEAKERS: Readonly<Record<string, Turn['speaker']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  prompter: 'user',
  customer: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  bot: 'assistant',
  model: 'assistant',
  chatgpt: 'assistant',
  agent: 'assistant',
};

/** Content as text, or as a list of parts with text. */
function contentOf(turn: unknown): string {
  const plain = field(turn, 'content', 'value', 'text', 'message');
  if (plain !== '' || !isJsonObject(turn)) return plain;
  const parts = isList(turn.content) ? turn.content : [];
  return parts
    .map((part) => field(part, 'text'))
    .filter(Boolean)
    .join(' ');
}

function transcript(text: string): readonly Turn[] | null {
  if (!/^\s*(Human|User):/.test(text) || !/\n\s*(Assistant|AI|Bot):/.test(text)) return null;
  const parts = text.trim().split(/(?:^|\n)\s*(Human|User|Assistant|AI|Bot):\s*/);
  const turns: Turn[] = [];
  for (let i = 1; i + 1 < parts.length; i += 2) {
    const speaker = parts[i] === 'Human' || parts[i] === 'User' ? 'user' : 'assistant';
    turns.push({ speaker, text: (parts[i + 1] ?? '').trim() });
  }
  return turns;
}

/** The turns of a conversation, or null for a cell that is none: {role, content}, {from, value}, Human: and Assistant:. */
export function turnsOf(cell: Cell | undefined): readonly Turn[] | null {
  if (typeof cell === 'string') return transcript(cell);
  if (!isList(cell) || cell.length === 0) return null;
  const turns: Turn[] = [];
  for (const each of cell) {
    const speaker = SPEAKERS[field(each, 'role', 'from', 'speaker').toLowerCase()];
    // Tools speak too; what they say is no answer.
    if (speaker === undefined && field(each, 'role', 'from', 'speaker') === '') return null;
    if (speaker !== undefined) turns.push({ speaker, text: contentOf(each) });
  }
  return turns;
}

const NAMES = { system: 'System', user: 'User', assistant: 'Assistant' } as const;

/** What was said, as an input: one question as it is, more with who says what. The system's turn is left out. */
export function spoken(turns: readonly Turn[]): string {
  const said = turns.filter(({ speaker, text }) => speaker !== 'system' && text !== '');
  const [only, second] = said;
  if (only !== undefined && second === undefined) return only.text;
  return said.map(({ speaker, text }) => `${NAMES[speaker]}: ${text}`).join(' ');
}

export interface Exchange {
  readonly question: string;
  readonly answer: string;
}

/** The first question of a user with the answer after it. */
export function firstExchange(turns: readonly Turn[]): Exchange {
  const asked = turns.findIndex(({ speaker }) => speaker === 'user');
  const next = turns.findIndex(({ speaker }, i) => i > asked && speaker === 'assistant');
  return { question: turns[asked]?.text ?? '', answer: asked < 0 ? '' : (turns[next]?.text ?? '') };
}

/** The last answer with all that was said before it; without one all is the question. */
export function lastExchange(turns: readonly Turn[]): Exchange {
  const last = turns.at(-1);
  if (last?.speaker !== 'assistant') return { question: spoken(turns), answer: '' };
  return { question: spoken(turns.slice(0, -1)), answer: last.text };
}
