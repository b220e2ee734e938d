/** @file Half-precision numbers: all 65,536 of each type, and rounding against a definition by nearest values. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16, roundToBf16, roundToF16 } from '../../src/formats/half.ts';

const ALL = Uint16Array.from({ length: 0x10000 }, (_, i) => i);

/** The value of sign, exponent and fraction bits by IEEE 754's definition. */
function byDefinition(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const top = 2 ** exponentBits - 1;
  const exponent = (bits >> fractionBits) & top;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === top) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

describe.each([
  { type: 'F16', widen: f16ToF32, narrow: f32ToF16, round: roundToF16, exponentBits: 5, fractionBits: 10 },
  { type: 'BF16', widen: bf16ToF32, narrow: f32ToBf16, round: roundToBf16, exponentBits: 8, fractionBits: 7 },
])('$type', ({ widen, narrow, round, exponentBits, fractionBits }) => {
  const values = new Float32Array(0x10000);
  widen(ALL, values);
  const isNan = (bits: number) => Number.isNaN(values[bits] ?? 0);

  test('every value widens exactly', () => {
    const expected = Float32Array.from(ALL, (bits) => byDefinition(bits, exponentBits, fractionBits));
    expect(values.every((value, bits) => Object.is(value, expected[bits]))).toBe(true);
  });

  test('every value comes back; a NaN stays a NaN', () => {
    const back = narrow(values);
    const wrong = ALL.filter((bits) => (isNan(bits) ? !isNan(back[bits] ?? 0) : back[bits] !== bits));
    expect([...wrong]).toEqual([]);
  });

  test('a value between two goes to the nearer, a tie to the even one', () => {
    const infinity = (2 ** exponentBits - 1) << fractionBits;
    for (let bits = 0; bits < infinity; bits++) {
      const low = values[bits] ?? 0;
      // Beyond the last finite value stands the next power of two in place of infinity.
      const high = bits + 1 === infinity ? 2 * low - (values[bits - 1] ?? 0) : (values[bits + 1] ?? 0);
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      // Neighbours of the middle in float32, where float32 has them.
      const eps = Math.abs(middle) * 2 ** -23;
      const found = [middle, Math.fround(middle - eps), Math.fround(middle + eps)].map(round);
      expect(found[0]).toBe(even);
      if (Math.fround(middle - eps) < middle) expect(found[1]).toBe(bits);
      if (Math.fround(middle + eps) > middle) expect(found[2]).toBe(bits + 1);
      expect(round(-middle)).toBe(even | 0x8000);
    }
  });

  test('rounding never changes the order', () => {
    const float = fc.float({ noNaN: true });
    fc.assert(
      fc.property(float, float, (a, b) => {
        const [x, y] = [a, b].map((value) => values[round(value)] ?? 0);
        return a <= b === (x ?? 0) <= (y ?? 0) || x === y;
      }),
    );
  });
});

test('values are written from the index given', () => {
  const out = new Float32Array(4);
  f16ToF32(Uint16Array.of(0x3c00), out, 1);
  bf16ToF32(Uint16Array.of(0x3f80), out.subarray(2), 1);
  expect([...out]).toEqual([0, 1, 0, 1]);
});
