/**
 * @file What is said to a chat model: a prompt as turns. `turns`: each demonstration is a user's turn, the task's prompt,
 * and the assistant's, the bare answer. `one-turn`: the text that a base model goes on from is one user's turn. Either
 * way the assistant's next turn is the answer, without the leading space that stands behind a base model's prompt, and
 * ended by the template's end-of-turn token. The system message stands before every prompt, shown demonstrations or not.
 */
import { LabError } from '../core/errors.ts';
import type { AnswerFrame, ChatMessage, WrittenChat } from '../words/chat.ts';
import type { Knobs } from '../words/knobs.ts';
import type { Arm } from '../words/plan.ts';

export type ChatKnobs = Pick<Knobs, 'chat' | 'system'>;

/** A demonstration in words. */
export interface Shot {
  readonly id: string;
  readonly prompt: string;
  /** As an assistant says it. */
  readonly answer: string;
  /** As it stands in one text: behind a space, with what ends it. */
  readonly completion: string;
}

/** The words of a prompt. */
export interface Asked {
  readonly preamble: string;
  readonly shots: readonly Shot[];
  readonly prompt: string;
}

const user = (content: string): ChatMessage => ({ role: 'user', content });

export function conversation({ chat, system }: ChatKnobs, { preamble, shots, prompt }: Asked): ChatMessage[] {
  const before: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
  if (chat === 'one-turn') {
    const shown = shots.map((shot) => shot.prompt + shot.completion).join('');
    return [...before, user(preamble + shown + prompt)];
  }
  const turns = shots.flatMap((shot, i): ChatMessage[] => [
    user((i === 0 ? preamble : '') + shot.prompt),
    { role: 'assistant', content: shot.answer },
  ]);
  return [...before, ...turns, user((shots.length === 0 ? preamble : '') + prompt)];
}

/** Writes conversations as the loaded model's template does. */
export interface ChatPort {
  /** @param isOpen the last turn goes on, instead of the assistant's beginning
   * @throws LabError `invalid-request` for a model without a template, or with the template's own words */
  write(
    conversations: readonly (readonly ChatMessage[])[],
    isOpen?: boolean,
  ): Promise<readonly WrittenChat[]>;
  /** @throws LabError as write */
  frame(): Promise<AnswerFrame>;
}

/** A conversation where no model is there to write it: its roles in brackets. */
export function inWords(messages: readonly ChatMessage[], isOpen = false): WrittenChat {
  const turns = messages.map(({ role, content }) => `[${role}]\n${content}`).join('\n');
  return { text: isOpen ? turns : `${turns}\n[assistant]\n`, ids: [] };
}

/** Without a model, no text has tokens. */
export const WORDS_ALONE: ChatPort = {
  write: (conversations, isOpen) =>
    Promise.resolve(conversations.map((messages) => inWords(messages, isOpen))),
  frame: () => Promise.resolve({ before: '', after: '', endIds: [] }),
};

/** Knobs that do not go together. @throws LabError `invalid-request` naming them */
export function checkChat({ name, knobs: { chat, system, tokenDropout } }: Arm): void {
  if (chat === 'off' && system !== '') {
    throw new LabError('invalid-request', `Arm "${name}" has a system message, and its chat is off.`, {
      remedy: 'Set chat to turns or one-turn; a base model is told things in the preamble.',
    });
  }
  if (chat !== 'off' && tokenDropout > 0) {
    throw new LabError(
      'invalid-request',
      `Arm "${name}" has token dropout ${tokenDropout}, which a chat has no place for: its turns are tokenised whole, so none of the input's tokens can be taken out alone.`,
      { remedy: 'Set tokenDropout to 0, or chat to off.' },
    );
  }
}
