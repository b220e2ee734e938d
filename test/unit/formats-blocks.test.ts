/** @file Blocks of 32 against PyPI's gguf.quants (python/quants.py), to the bit. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { array, checked, finite, object, text } from '../../src/core/shape.ts';
import { dequantised, quantised } from '../../src/formats/blocks.ts';
import { roundToF16 } from '../../src/formats/half.ts';
import { BLOCK, type BlockMatrix } from '../../src/models/held.ts';

const packed = object({ bytes: text, values: array(finite) });
const golden = checked(
  object({ values: array(finite), q8: packed, q4: packed }),
  JSON.parse(readFileSync('test/fixtures/quants/gguf.json', 'utf8')),
  'The fixture',
  'invalid-request',
);
const values = Float32Array.from(golden.values);

/** GGUF's own bytes: a block's scale, then its quants; of q4 the first half of the block in the lower halves of the bytes. */
function ggufBytes({ type, scales, quants }: BlockMatrix): string {
  const hex: string[] = [];
  const byte = (value: number) => hex.push((value & 255).toString(16).padStart(2, '0'));
  for (const [block, scale] of scales.entries()) {
    const half = roundToF16(scale);
    byte(half);
    byte(half >> 8);
    const level = (i: number) => {
      const at = block * BLOCK + i;
      return type === 'q8' ? (quants[at] ?? 0) - 128 : ((quants[at >> 1] ?? 0) >> (4 * (at & 1))) & 15;
    };
    if (type === 'q8') for (let i = 0; i < BLOCK; i++) byte(level(i));
    else for (let i = 0; i < BLOCK / 2; i++) byte(level(i) | (level(i + BLOCK / 2) << 4));
  }
  return hex.join('');
}

test.each(['q8', 'q4'] as const)('%s', (type) => {
  const found = quantised(type, values);
  expect(ggufBytes(found)).toBe(golden[type].bytes);
  // -0 and 0 are one weight.
  expect(Array.from(dequantised(found), (value) => value + 0)).toEqual(
    golden[type].values.map((value) => Math.fround(value) + 0),
  );
});
