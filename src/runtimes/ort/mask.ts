/**
 * @file The mask that composed attention adds to its scores. A query sees what its row has in the cache and the new
 * tokens up to itself, and with a sliding window only the last `window` of these, itself included. In a row that
 * branches, a branch's token sees the common prefix and its own branch.
 */

/** A row whose tokens are a common prefix and then several continuations of it, one behind the other. */
export interface Branches {
  /** Tokens of the common prefix. */
  readonly prefix: number;
  /** Where each continuation begins, ascending; some may be empty. */
  readonly starts: readonly number[];
}

export interface MaskShape {
  /** Tokens that each row has in the cache. */
  readonly pastLengths: readonly number[];
  /** Tokens for which the cache has room. */
  readonly capacity: number;
  /** New tokens of each row, padding included. */
  readonly length: number;
  readonly window: number | undefined;
  readonly branches?: readonly (Branches | undefined)[] | undefined;
}

export interface Mask {
  readonly values: Float32Array<ArrayBuffer>;
  /** (B, 1, 1, T, S) with S = capacity + T; B is 1 where one mask serves all rows, as in a prefill. */
  readonly dims: readonly [number, 1, 1, number, number];
}

/** Far below any score, finite in float16 too: exp gives exactly 0 beside any score that is seen. */
const HIDDEN = -60000;

export function attentionMask(shape: MaskShape): Mask {
  const { pastLengths, capacity, length, window = Infinity, branches } = shape;
  const isCommon = new Set(pastLengths).size === 1 && branches?.every((b) => b === undefined) !== false;
  const rows = isCommon ? pastLengths.slice(0, 1) : pastLengths;
  const span = capacity + length;
  const values = new Float32Array(rows.length * length * span).fill(HIDDEN);
  for (const [b, past] of rows.entries()) {
    const own = branches?.[b];
    for (let t = 0; t < length; t++) {
      const row = (b * length + t) * span;
      const show = (from: number, to: number, first: number) => {
        values.fill(0, row + Math.max(from, first), row + to);
      };
      const start = branchStart(own, t);
      const prefix = Math.min(own?.prefix ?? 0, start);
      // The window in tokens of the past, of the prefix and of the branch, which starts behind the prefix.
      const reach = past + prefix + t - start - window + 1;
      show(0, past, reach);
      show(capacity, capacity + prefix, capacity + reach - past);
      show(capacity + start, capacity + t + 1, capacity + start + reach - past - prefix);
    }
  }
  return { values, dims: [rows.length, 1, 1, length, span] };
}

/** The position of a row's token t among those it sees, the cache left out. */
export function positionInRow(branches: Branches | undefined, t: number): number {
  const start = branchStart(branches, t);
  return Math.min(branches?.prefix ?? 0, start) + t - start;
}

/** Where the branch of token t begins; 0 in the prefix. */
function branchStart(branches: Branches | undefined, t: number): number {
  return branches?.starts.findLast((start) => start <= t) ?? 0;
}
