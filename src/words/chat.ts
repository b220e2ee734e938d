/** @file The words in which a chat model is spoken to: turns, and what its template makes of them. */
import type { Infer } from '../core/shape.ts';
import { counts, nullable, object, text, word } from '../core/shape.ts';

export const chatMessage = object({ role: word(['system', 'user', 'assistant']), content: text });
export type ChatMessage = Infer<typeof chatMessage>;

/** A conversation as the model's template writes it, with the tokens that it writes itself, e.g. <|im_start|>. */
export const writtenChat = object({ text, ids: counts });
export type WrittenChat = Infer<typeof writtenChat>;

/** What the template puts around an answer. */
export const answerFrame = object({
  /** Before it: nothing after "assistant\n", a space where the template writes one. */
  before: text,
  /** Behind it, to the token that ends the turn, e.g. <|im_end|>; null where the template has no such token. */
  after: nullable(text),
  /** That token; [] for none. */
  endIds: counts,
});
export type AnswerFrame = Infer<typeof answerFrame>;
