/**
 * @file Counter-based random numbers: a draw is a pure function of a key and a counter, so it depends neither on
 * batch size nor on what was drawn before, and needs no state to checkpoint beyond the counter itself.
 *
 * The mixer is the 32-bit "lowbias32" finaliser (Chris Wellons' hash-prospector), chosen because it is exact in
 * u32 arithmetic: the WGSL kernels compute the same bits as this file.
 */

/** One round of avalanche over 32 bits; the same function stands in WGSL in runtimes/tfjs/kernels. */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A 32-bit key from any parts, order-sensitive: numbers by value, strings by their UTF-16 units. */
export function deriveKey(...parts: readonly (number | string)[]): number {
  let key = 0x9e3779b9;
  for (const part of parts) {
    if (typeof part === 'number') {
      // Both halves of the double's safe-integer range, so that 1 and 2**32 + 1 differ.
      key = mix32(key ^ (part >>> 0));
      key = mix32((key + Math.floor(part / 0x100000000)) >>> 0);
    } else {
      for (let i = 0; i < part.length; i++) key = mix32((key + part.charCodeAt(i)) >>> 0);
      key = mix32(key ^ part.length ^ 0x5bd1e995);
    }
  }
  return key;
}

/** 32 random bits for (key, counter). */
export function bitsAt(key: number, counter: number): number {
  return mix32(mix32(counter >>> 0) ^ key);
}

/** Uniform in [0, 1) with 24 random bits, exact in float32, for (key, counter). */
export function uniformAt(key: number, counter: number): number {
  return (bitsAt(key, counter) >>> 8) / 0x1000000;
}

/** Standard normal for (key, counter) by Box-Muller; uses counters 2c and 2c + 1. */
export function normalAt(key: number, counter: number): number {
  const u = 1 - uniformAt(key, 2 * counter);
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * uniformAt(key, 2 * counter + 1));
}

/** Integer in [0, n), n <= 2**24. */
export function integerAt(key: number, counter: number, n: number): number {
  return Math.floor(uniformAt(key, counter) * n);
}

/** The items in a new array, in the order that `key` decides (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], key: number): T[] {
  const out = items.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const j = integerAt(key, i, i + 1);
    const held = out[i] as T;
    out[i] = out[j] as T;
    out[j] = held;
  }
  return out;
}
