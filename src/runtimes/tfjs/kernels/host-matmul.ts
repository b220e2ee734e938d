/**
 * @file Plain matrix products over typed arrays: what the linear kernel's shaders and XNNPACK calls are tested
 * against. Sums run in float64 or over short float32 rows; nothing here is meant to be fast beyond good locality.
 */
import type { Values } from './kernel.ts';

/** out (m, n) += scale * a (m, k) * b^T, with b (n, k) starting at bOffset. */
export function addProductTransposed(
  out: Float32Array,
  a: Values,
  b: Values,
  [m, k, n]: readonly [m: number, k: number, n: number],
  bOffset = 0,
  scale = 1,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      const ai = i * k;
      const bj = bOffset + j * k;
      for (let l = 0; l < k; l++) sum += a[ai + l] * b[bj + l];
      out[i * n + j] += scale * sum;
    }
  }
}

/** out (m, n) += scale * a (m, k) * b, with b (k, n) starting at bOffset. */
export function addProduct(
  out: Float32Array,
  a: Values,
  b: Values,
  [m, k, n]: readonly [m: number, k: number, n: number],
  bOffset = 0,
  scale = 1,
): void {
  for (let i = 0; i < m; i++) {
    const row = i * n;
    for (let l = 0; l < k; l++) {
      const factor = scale * a[i * k + l];
      if (factor === 0) continue;
      const bl = bOffset + l * n;
      for (let j = 0; j < n; j++) out[row + j] += factor * b[bl + j];
    }
  }
}

/** out (p, q), at outOffset, += scale * a^T b with a (m, p) and b (m, q). */
export function addOuter(
  out: Values,
  outOffset: number,
  a: Values,
  b: Values,
  [m, p, q]: readonly [m: number, p: number, q: number],
  scale = 1,
): void {
  for (let l = 0; l < m; l++) {
    for (let i = 0; i < p; i++) {
      const factor = scale * a[l * p + i];
      if (factor === 0) continue;
      const row = outOffset + i * q;
      for (let j = 0; j < q; j++) out[row + j] += factor * b[l * q + j];
    }
  }
}
