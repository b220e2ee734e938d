/**
 * @file A model's chat template, from where transformers reads it: chat_template.jinja, before tokenizer_config.json's own
 * (one, or a list of named ones of which `default` is taken); then chat_template.json, which older processors left.
 * transformers.js renders it. Two things are held still, so that a run depends on its setup and seed alone: a template
 * that writes today's date writes DAY, and one that can think first is told not to (`enable_thinking`), since what is
 * read is the answer.
 */
import { LabError } from '../core/errors.ts';
import type { JsonObject } from '../models/architecture.ts';
import type { AnswerFrame, ChatMessage } from '../words/chat.ts';
import type { FileSource } from './file-source.ts';
import { decodeUtf8, isJsonObject, readJsonIfAny } from './json.ts';

export const TEMPLATE_FILE = 'chat_template.jinja';
export const OLD_TEMPLATE_FILE = 'chat_template.json';

/** 26 July 2024, a Friday: Llama's own date where it knows none. */
const DAY: Readonly<Record<string, string>> = {
  ...{ '%d': '26', '%m': '07', '%Y': '2024', '%y': '24', '%b': 'Jul', '%B': 'July', '%a': 'Fri' },
  ...{ '%A': 'Friday', '%j': '208', '%H': '00', '%I': '12', '%M': '00', '%S': '00', '%p': 'AM', '%%': '%' },
};
const dayAs = (format: string): string => format.replace(/%./g, (part) => DAY[part] ?? part);
/** Goes before every template. The expression behind it keeps a template's own first line break. */
const HOLD_DAY = "{% set strftime_now = lab_day %}{{ '' }}";

/** What marks the end of an open turn, as in transformers. */
const OPEN_END = 'CONTINUE_FINAL_MESSAGE_TAG ';
const SPECIMEN = 'SPECIMEN-OF-AN-ANSWER';

const MOST_BYTES = 2 ** 20;
const CODE = 'tokenizer-integrity';

async function readFile(source: FileSource, size: number): Promise<string> {
  const where = `${TEMPLATE_FILE} in ${source.label}`;
  if (size > MOST_BYTES)
    throw new LabError(CODE, `${where} has ${size} bytes, expected a template of at most ${MOST_BYTES}.`);
  try {
    return decodeUtf8(await source.read(TEMPLATE_FILE, 0, size));
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw new LabError(CODE, `${where} is no text in UTF-8.`, { cause });
  }
}

/** The template of a folder as it stands there, of whatever kind; null for none.
 * @param config tokenizer_config.json */
export async function readChatTemplate(source: FileSource, config: JsonObject): Promise<unknown> {
  const size = await source.size(TEMPLATE_FILE);
  if (size !== null) return readFile(source, size);
  if (config.chat_template != null) return config.chat_template;
  return (await readJsonIfAny(source, OLD_TEMPLATE_FILE, CODE))?.chat_template ?? null;
}

const isThere = (found: unknown): boolean => found != null && found !== '';

export const hasChatTemplate = async (source: FileSource): Promise<boolean> =>
  isThere(await readChatTemplate(source, (await readJsonIfAny(source, 'tokenizer_config.json', CODE)) ?? {}));

export const noTemplate = (label: string): LabError =>
  new LabError(
    'invalid-request',
    `${label} has no chat template: it is a base model, which is given plain text.`,
    {
      remedy: `Set chat to off, or choose an instruct model: its tokenizer_config.json or ${TEMPLATE_FILE} holds one.`,
    },
  );

/** Renders a template. */
export type Render = (
  template: string,
  messages: readonly ChatMessage[],
  variables: Readonly<Record<string, unknown>>,
) => string;

export interface ChatTemplate {
  /** Ends where the assistant speaks; or, open, where the last turn goes on (transformers' continue_final_message).
   * @throws LabError `invalid-request` with the template's own words, e.g. for roles that do not alternate. */
  readonly write: (messages: readonly ChatMessage[], isOpen: boolean) => string;
  /** @throws LabError as write */
  readonly frame: () => AnswerFrame;
}

/** @throws LabError `tokenizer-integrity` where the folder names templates and none of them is the default */
function defaultOf(found: unknown, label: string): string {
  if (typeof found === 'string') return found;
  const named = (Array.isArray(found) ? found : []).filter(isJsonObject);
  const template = named.find(({ name }) => name === 'default')?.template;
  if (typeof template === 'string') return template;
  const names = named.map(({ name }) => String(name)).join(', ') || 'none';
  throw new LabError(CODE, `${label} has chat templates without one that is named default: ${names}.`, {
    remedy: `Put the one to use into ${TEMPLATE_FILE} beside the model.`,
  });
}

/** @param found readChatTemplate's
 * @param added contents and ids of the added tokens, among which the end of a turn is looked for
 * @returns null for none */
export function chatTemplate(
  found: unknown,
  label: string,
  added: ReadonlyMap<string, number>,
  render: Render,
): ChatTemplate | null {
  if (!isThere(found)) return null;
  const rendered = (messages: readonly ChatMessage[], isAnswered: boolean): string => {
    const template = HOLD_DAY + defaultOf(found, label);
    try {
      return render(template, messages, {
        ...{ add_generation_prompt: !isAnswered, enable_thinking: false, lab_day: dayAs },
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LabError(
        'invalid-request',
        `The chat template of ${label} refuses: ${why.replace(/\.$/, '')}.`,
        {
          remedy:
            'Where it takes no system message, leave that empty; where turns do not suit it, set chat to one-turn or off.',
          cause,
        },
      );
    }
  };
  const lost = () =>
    new LabError('invalid-request', `The chat template of ${label} leaves the last turn out.`);
  return {
    write: (messages, isOpen) => {
      const last = messages.at(-1);
      if (!isOpen || last === undefined) return rendered(messages, false);
      const whole = rendered([...messages.slice(0, -1), { ...last, content: last.content + OPEN_END }], true);
      const at = whole.lastIndexOf(OPEN_END.trim());
      if (at < 0) throw lost();
      return whole.startsWith(OPEN_END, at) ? whole.slice(0, at) : whole.slice(0, at).trimEnd();
    },
    frame: () => {
      const asked: readonly ChatMessage[] = [{ role: 'user', content: 'Q' }];
      const open = rendered(asked, false);
      const whole = rendered([...asked, { role: 'assistant', content: SPECIMEN }], true);
      const at = whole.lastIndexOf(SPECIMEN);
      if (at < 0) throw lost();
      // Words that the template writes before an answer are no part of it.
      const between = whole.startsWith(open) ? whole.slice(open.length, at) : '';
      const behind = whole.slice(at + SPECIMEN.length);
      const token = behind.trimStart();
      const end = [...added.keys()]
        .filter((content) => content !== '' && token.startsWith(content))
        .reduce((longest, content) => (content.length > longest.length ? content : longest), '');
      const id = added.get(end);
      const before = between.trim() === '' ? between : '';
      if (id === undefined) return { before, after: null, endIds: [] };
      return { before, after: behind.slice(0, behind.length - token.length) + end, endIds: [id] };
    },
  };
}
