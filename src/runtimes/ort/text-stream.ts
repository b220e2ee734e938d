/**
 * @file One completion's text while its tokens arrive. transformers.js' TextStreamer serves one sequence, prints whole
 * words only and knows no stop strings; here text is given out as soon as it is certain: complete UTF-8, and no
 * beginning of a stop string at its end.
 */

/** The part of a tokenizer that streaming needs: text of ids, special tokens left out, no clean-up of spaces. */
export interface IdDecoder {
  decode(ids: readonly number[]): string;
}

const REPLACEMENT = '\uFFFD';

/** Tokens of the prompt that are decoded with the completion's first: a tokenizer of the sentencepiece kind drops the
 * leading space of the very first token it decodes, and a space after the prompt is the completion's own. */
const CONTEXT_TOKENS = 8;

export class TextStream {
  /** All text so far, cut before a stop string. */
  text = '';
  /** Whether a stop string was met. */
  isStopped = false;
  private readonly ids: number[];
  /** Tokens from `windowFrom` on are decoded together; up to `readTo` their text is read already. */
  private windowFrom = 0;
  private readTo: number;
  /** Length of `text` that was given out. */
  private givenOut = 0;

  constructor(
    private readonly decoder: IdDecoder,
    private readonly stopStrings: readonly string[],
    /** What stands before the completion. */
    promptIds: readonly number[] = [],
  ) {
    this.ids = promptIds.slice(-CONTEXT_TOKENS);
    this.readTo = this.ids.length;
  }

  /** Takes a token; the text that became certain with it. */
  push(id: number): string {
    this.ids.push(id);
    const added = this.decodeAdded();
    // An unfinished character, or bytes that never make one: the next tokens tell.
    if (added.endsWith(REPLACEMENT)) return '';
    this.append(added);
    return this.giveOut(this.text.length - this.heldBack());
  }

  /** The rest of the text, when no more tokens come. */
  finish(): string {
    if (!this.isStopped) this.append(this.decodeAdded());
    return this.giveOut(this.text.length);
  }

  /** Text of the tokens not yet read. They are decoded with those read just before, since a token's text may depend
   * on its left neighbour (leading spaces, bytes of one character). */
  private decodeAdded(): string {
    const before = this.decoder.decode(this.ids.slice(this.windowFrom, this.readTo));
    return this.decoder.decode(this.ids.slice(this.windowFrom)).slice(before.length);
  }

  private append(added: string): void {
    // Tokens without text stay in the window, so that it never consists of them alone.
    if (added === '') return;
    this.windowFrom = this.readTo;
    this.readTo = this.ids.length;
    const longest = Math.max(0, ...this.stopStrings.map((stop) => stop.length));
    const searchFrom = Math.max(0, this.text.length - longest + 1);
    this.text += added;
    const found = this.stopStrings.map((stop) => this.text.indexOf(stop, searchFrom)).filter((at) => at >= 0);
    if (found.length === 0) return;
    this.isStopped = true;
    this.text = this.text.slice(0, Math.min(...found));
  }

  /** Length of the longest end of the text that begins a stop string. */
  private heldBack(): number {
    if (this.isStopped) return 0;
    let held = 0;
    for (const stop of this.stopStrings) {
      for (let size = Math.min(stop.length - 1, this.text.length); size > held; size--) {
        if (this.text.endsWith(stop.slice(0, size))) held = size;
      }
    }
    return held;
  }

  private giveOut(to: number): string {
    const out = this.text.slice(this.givenOut, to);
    this.givenOut = Math.max(this.givenOut, to);
    return out;
  }
}
