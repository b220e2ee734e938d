/** @file Byte-level BPE (the scheme of GPT-2) as the Hub's tokenizer.json: any text encodes. */

export interface EndOfText {
  readonly id: number;
  readonly content: string;
}

/** What makes a token a special one, in tokenizer.json's words. */
export const SPECIAL_TOKEN = {
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
} as const;

/** GPT-2's printable stand-in for each byte: printable Latin-1 stands for itself, the rest for code points from 256 on. */
export function byteAlphabet(): readonly string[] {
  const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

/** @param vocab token -> id, all bytes of the alphabet among them
 * @param merges "left right" each, first learnt first */
export function byteLevelTokenizer(
  vocab: ReadonlyMap<string, number>,
  merges: readonly string[],
  endOfText: EndOfText,
): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ ...endOfText, ...SPECIAL_TOKEN }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
}
