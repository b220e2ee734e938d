/**
 * @file What a round was trained on, as text: for studies that go on with another trainer. The words of prompt and
 * completion are those of TRL's datasets; joined they are the trained text, byte for byte.
 */
import { examplesOf, lessonsOf } from './learn.ts';
import { wholeText } from './prompt-text.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';

export interface TrainedText {
  /** As the student saw it: preamble and demonstrations where the template has them. */
  readonly prompt: string;
  /** Leading space, answer, stop. */
  readonly completion: string;
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
  const { taught } = await examplesOf(run, lessonsOf(run, state, round), round);
  const prefix = (await run.ports.prefixIds()).length;
  // Words of hidden tokens are known of the tokens alone.
  const left =
    run.plan.arm.knobs.tokenDropout > 0
      ? await decode(taught.map(({ prompt }) => prompt.ids.slice(prefix)))
      : taught.map(({ prompt }) => wholeText(prompt.parts));
  return taught.map(({ completion }, i) => ({ prompt: left[i] ?? '', completion: completion.text }));
}
