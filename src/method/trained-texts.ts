/**
 * @file What a round was trained on, as text: for studies that go on with another trainer. The words of prompt and
 * completion are those of TRL's datasets: of plain text, which joined is the trained text, byte for byte; of a chat, the
 * turns before the answer and the assistant's turn, from which the model's own template makes the trained text.
 */
import { examplesOf, lessonsOf } from './learn.ts';
import type { ChatMessage } from '../words/chat.ts';
import { wholeText } from './prompt-text.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';

export interface TrainedText {
  /** As the student saw it: preamble and demonstrations where the template has them. */
  readonly prompt: string | readonly ChatMessage[];
  /** Leading space, answer, stop; or the assistant's turn. */
  readonly completion: string | readonly ChatMessage[];
}

/** Tokens back into text; the worker's tokenizer. */
export type Decode = (rows: readonly (readonly number[])[]) => Promise<readonly string[]>;

/** In the order of the examples; what the tokenizer itself puts before a text is left out, since every trainer's
 * tokenizer does so again. With token dropout the texts are those of every epoch, without the hidden tokens. */
export async function trainedTexts(
  run: RunContext,
  state: RunState,
  round: number,
  decode: Decode,
): Promise<TrainedText[]> {
  const lessons = lessonsOf(run, state, round);
  const { taught } = await examplesOf(run, lessons, round);
  const prefix = (await run.ports.prefixIds()).length;
  // Words of hidden tokens are known of the tokens alone.
  const left =
    run.plan.arm.knobs.tokenDropout > 0
      ? await decode(taught.map(({ prompt }) => prompt.ids.slice(prefix)))
      : taught.map(({ prompt }) => wholeText(prompt.parts));
  return taught.map(({ prompt: { messages }, completion }, i) => {
    if (messages === null) return { prompt: left[i] ?? '', completion: completion.text };
    // A chat has one text for each lesson, since it has no token dropout.
    return { prompt: messages, completion: [{ role: 'assistant', content: lessons[i]?.answer ?? '' }] };
  });
}
