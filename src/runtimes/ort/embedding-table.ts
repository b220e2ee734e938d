/**
 * @file The table of token embeddings on wasm: it is looked up in outside the session, which is fed the rows. In the session a table
 * that is the head's matrix too would stand twice, as it is and packed; here it takes 16 bits a value where these say the same.
 */
import { bf16ToF32, f16ToF32, roundToBf16, roundToF16 } from '../../formats/half.ts';

type Values = Float32Array<ArrayBuffer>;

interface Half {
  readonly narrow: (value: number) => number;
  readonly widen: (halves: Uint16Array, out: Float32Array, at?: number) => void;
}

const HALVES: readonly Half[] = [
  { narrow: roundToBf16, widen: bf16ToF32 },
  { narrow: roundToF16, widen: f16ToF32 },
];
/** Values that are compared at a time. */
const AT_ONCE = 4096;

/** The values in 16 bits; null if one of them is lost. */
function exactly({ narrow, widen }: Half, values: Values): Uint16Array | null {
  const halves = new Uint16Array(values.length);
  const wide = new Float32Array(AT_ONCE);
  for (let from = 0; from < values.length; from += AT_ONCE) {
    const some = values.subarray(from, from + AT_ONCE);
    const own = halves.subarray(from, from + some.length);
    for (let i = 0; i < some.length; i++) own[i] = narrow(some[i] ?? 0);
    widen(own, wide);
    if (!some.every((value, i) => Object.is(value, wide[i]))) return null;
  }
  return halves;
}

export class EmbeddingTable {
  readonly #columns: number;
  /** Writes a row of the table into `out` from `at` on. */
  readonly #copy: (row: number, out: Values, at: number) => void;
  readonly byteLength: number;

  /** @param values (V, columns), row-major; kept, not copied, where 16 bits do not do */
  constructor(values: Values, columns: number) {
    this.#columns = columns;
    for (const half of HALVES) {
      const halves = exactly(half, values);
      if (halves === null) continue;
      this.byteLength = halves.byteLength;
      this.#copy = (row, out, at) => {
        half.widen(halves.subarray(row * columns, (row + 1) * columns), out, at);
      };
      return;
    }
    this.byteLength = values.byteLength;
    this.#copy = (row, out, at) => {
      out.set(values.subarray(row * columns, (row + 1) * columns), at);
    };
  }

  /** (N, columns): the embeddings of N token ids. */
  rows(ids: ArrayLike<number | bigint>): Values {
    const out = new Float32Array(ids.length * this.#columns);
    for (let i = 0; i < ids.length; i++) this.#copy(Number(ids[i]), out, i * this.#columns);
    return out;
  }
}
