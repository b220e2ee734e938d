/** @file A prompt in the parts that it is made of, as it is shown: its words, with or without their tokens. */

/** A stretch of a prompt that is tokenized by itself. */
export interface Words {
  readonly text: string;
}

export interface PromptParts<W extends Words = Words> {
  /** null: none. */
  readonly preamble: W | null;
  readonly demonstrations: readonly { readonly id: string; readonly prompt: W; readonly completion: W }[];
  readonly prompt: W;
  /** A conversation without its model: what the template writes itself is not known. */
  readonly isInWords?: true;
}
