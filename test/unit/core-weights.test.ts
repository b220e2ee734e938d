/** @file A model's name that says how its matrices are held. */
import { expect, test } from 'vitest';
import { nameWithWeights, namedWeights } from '../../src/core/weights.ts';

test.each([
  ['nano', 'nano', 'float32'],
  ['nano@q8', 'nano', 'q8'],
  ['../models/own@q4', '../models/own', 'q4'],
  ['a@b@float16', 'a@b', 'float16'],
  ['me@home', 'me@home', 'float32'],
  ['@q8', '@q8', 'float32'],
] as const)('%s', (text, name, weights) => {
  expect(namedWeights(text)).toEqual({ name, weights });
  expect(nameWithWeights({ name, weights })).toBe(text);
});
