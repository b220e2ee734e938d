/**
 * @file Training of a byte-level BPE tokenizer (the scheme of GPT-2), written as the Hub's tokenizer.json. Encoding is
 * transformers.js' business: this file only learns the merges.
 */
import { LabError } from '../../src/core/errors.ts';
import { byteAlphabet, byteLevelTokenizer, SPECIAL_TOKEN } from '../../src/formats/byte-level.ts';

/** GPT-2's split of text into words, as the ByteLevel pre-tokenizer applies it. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

const END_OF_TEXT = '<|endoftext|>';

export class WordCounts {
  readonly counts = new Map<string, number>();

  add(text: string): void {
    for (const [word] of text.matchAll(WORDS)) this.counts.set(word, (this.counts.get(word) ?? 0) + 1);
  }
}

interface Word {
  symbols: string[];
  readonly count: number;
}

/** Learns merges until the vocabulary (end-of-text, 256 bytes, merges) has `vocabSize` entries. */
export function trainBpe(
  words: ReadonlyMap<string, number>,
  vocabSize: number,
): { vocab: Map<string, number>; merges: string[] } {
  const alphabet = byteAlphabet();
  const bytes = new TextEncoder();
  const list: Word[] = [...words]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, count]) => ({
      symbols: Array.from(bytes.encode(word), (byte) => alphabet[byte] ?? ''),
      count,
    }));
  const vocab = new Map<string, number>([[END_OF_TEXT, 0]]);
  for (const symbol of alphabet) vocab.set(symbol, vocab.size);
  const merges: string[] = [];
  while (vocab.size < vocabSize) {
    const best = mostFrequentPair(list);
    if (best === undefined)
      throw new LabError('invalid-request', `The text has too few words for ${vocabSize} tokens.`);
    const [left, right] = best;
    merges.push(`${left} ${right}`);
    vocab.set(left + right, vocab.size);
    for (const word of list) merge(word, left, right);
  }
  return { vocab, merges };
}

function mostFrequentPair(words: readonly Word[]): readonly [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 1; i < symbols.length; i++) {
      const pair = `${symbols[i - 1] ?? ''} ${symbols[i] ?? ''}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let most = 0;
  for (const [pair, count] of counts) {
    // Ties go to the pair that sorts first, so that the order of counting does not matter.
    if (count > most || (count === most && best !== undefined && pair < best)) {
      best = pair;
      most = count;
    }
  }
  if (best === undefined) return undefined;
  const [left = '', right = ''] = best.split(' ');
  return [left, right];
}

function merge(word: Word, left: string, right: string): void {
  const { symbols } = word;
  if (symbols.length < 2 || !symbols.includes(left)) return;
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else merged.push(symbols[i] ?? '');
  }
  word.symbols = merged;
}

/** The two files that make the tokenizer loadable on the Hub and in transformers.js. */
export function tokenizerFiles(
  bpe: ReturnType<typeof trainBpe>,
  contextLength: number,
): Record<string, unknown> {
  return {
    'tokenizer.json': byteLevelTokenizer(bpe.vocab, bpe.merges, { id: 0, content: END_OF_TEXT }),
    'tokenizer_config.json': {
      added_tokens_decoder: { '0': { content: END_OF_TEXT, ...SPECIAL_TOKEN } },
      add_prefix_space: false,
      bos_token: END_OF_TEXT,
      eos_token: END_OF_TEXT,
      unk_token: END_OF_TEXT,
      clean_up_tokenization_spaces: false,
      model_max_length: contextLength,
      tokenizer_class: 'GPT2Tokenizer',
    },
  };
}
