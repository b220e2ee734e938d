/**
 * @file The corpus as rows of token ids: every row opens with a document and is cut at the row's length, so the model
 * meets prompts as they will be given. Ids come from transformers.js with the tokenizer.json that ships.
 */
import type { PreTrainedTokenizer } from '@huggingface/transformers';
import { corpusDocument } from '../world/corpus.ts';
import type { Document } from '../world/corpus.ts';

/**
 * Encodes with a cache over chunks. A chunk opens at a space or newline, where the ByteLevel pre-tokenizer always
 * splits single-spaced text, so encoding chunk by chunk gives the ids of the whole.
 */
export class ChunkEncoder {
  private readonly cache = new Map<string, readonly number[]>();

  constructor(private readonly tokenizer: PreTrainedTokenizer) {}

  encode(text: string): number[] {
    return text.split(/(?=[ \n])|(?<=\n)/).flatMap((chunk) => {
      let ids = this.cache.get(chunk);
      if (ids === undefined) {
        ids = this.tokenizer.encode(chunk, { add_special_tokens: false });
        this.cache.set(chunk, ids);
      }
      return ids;
    });
  }
}

export interface Rows {
  /** rows x length token ids. */
  readonly ids: Uint16Array;
  /** rows x length loss weights of the same tokens. */
  readonly weights: Uint8Array;
}

/** Id of end-of-text, which fills a row whose document is too short. */
const END = 0;

export function encodeRows(encoder: ChunkEncoder, seed: number, rows: number, length: number): Rows {
  const ids = new Uint16Array(rows * length).fill(END);
  const weights = new Uint8Array(rows * length);
  for (let row = 0; row < rows; row++) {
    fillRow(encoder, corpusDocument(seed, row), ids, weights, row * length, length);
  }
  return { ids, weights };
}

function fillRow(
  encoder: ChunkEncoder,
  document: Document,
  ids: Uint16Array,
  weights: Uint8Array,
  start: number,
  length: number,
): void {
  let at = 0;
  for (const piece of document.pieces) {
    for (const id of encoder.encode(piece.text)) {
      if (at === length) return;
      ids[start + at] = id;
      weights[start + at] = piece.weight;
      at++;
    }
  }
  // One end-of-text is learnt; padding behind it weighs nothing.
  if (at < length) weights[start + at] = 1;
}
