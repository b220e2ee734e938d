import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, LabError, REMEDIES, throwIfCancelled, toLabError } from '../../src/core/errors.ts';
import { bitsAt, deriveKey, integerAt, mix32, normalAt, shuffled, uniformAt } from '../../src/core/random.ts';

describe('counter-based random numbers', () => {
  it('mixes to fixed bits, so that seeds keep their meaning across versions', () => {
    expect([mix32(1), mix32(0xdeadbeef), bitsAt(7, 3), deriveKey(1, 'a')]).toMatchInlineSnapshot(`
      [
        1753845952,
        3861431939,
        1783591755,
        218164655,
      ]
    `);
  });

  it('draws depend on key and counter alone', () => {
    const forwards = [0, 1, 2, 3].map((i) => uniformAt(42, i));
    const backwards = [3, 2, 1, 0].map((i) => uniformAt(42, i)).reverse();
    expect(backwards).toEqual(forwards);
  });

  it('is uniform: mean, variance and serial correlation of 100,000 draws', () => {
    const n = 100_000;
    const u = Array.from({ length: n }, (_, i) => uniformAt(deriveKey('uniform'), i));
    const mean = u.reduce((a, b) => a + b, 0) / n;
    const variance = u.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    const serial = u.slice(1).reduce((a, b, i) => a + (b - mean) * ((u[i] ?? 0) - mean), 0) / n / variance;
    // Four standard errors of each statistic.
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / n));
    expect(Math.abs(serial)).toBeLessThan(4 / Math.sqrt(n));
  });

  it('neighbouring keys give unrelated streams', () => {
    const n = 20_000;
    const same = Array.from({ length: n }, (_, i) => (bitsAt(1, i) ^ bitsAt(2, i)) & 1).reduce(
      (a, b) => a + b,
      0,
    );
    expect(Math.abs(same / n - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / n));
  });

  it('normal draws have mean 0 and variance 1', () => {
    const n = 50_000;
    const z = Array.from({ length: n }, (_, i) => normalAt(deriveKey('normal'), i));
    expect(Math.abs(z.reduce((a, b) => a + b, 0) / n)).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(z.reduce((a, b) => a + b * b, 0) / n - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  });

  it('keys differ where any part, its kind or the order differs', () => {
    const keys = [
      deriveKey(1, 2),
      deriveKey(2, 1),
      deriveKey(12),
      deriveKey('1', '2'),
      deriveKey('12'),
      deriveKey('1', '2', ''),
      deriveKey(2 ** 32 + 1),
      deriveKey(1),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('shuffles to a permutation, the same for the same key', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, key) => {
        const order = shuffled(items, key);
        expect([...order].sort()).toEqual([...items].sort());
        expect(shuffled(items, key)).toEqual(order);
      }),
    );
    const counts = [0, 0, 0];
    for (let key = 0; key < 9000; key++) {
      const first = shuffled([0, 1, 2], deriveKey(key))[0] ?? 0;
      counts[first] = (counts[first] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(4 * Math.sqrt(2000));
    expect(integerAt(5, 5, 1)).toBe(0);
  });
});

describe('errors', () => {
  it('every code has a remedy that is a sentence', () => {
    for (const code of ERROR_CODES) expect(REMEDIES[code]).toMatch(/^[A-Z].*\.$/);
  });

  it('shows what happened and then the remedy', () => {
    const error = new LabError('context-overflow', 'The prompt has 9 tokens, the model takes 8.');
    expect(error.message).toBe(`The prompt has 9 tokens, the model takes 8. ${REMEDIES['context-overflow']}`);
  });

  it('keeps a LabError and wraps the rest', () => {
    const error = new LabError('busy', 'Training runs.');
    expect(toLabError(error)).toBe(error);
    expect(toLabError('odd')).toMatchObject({ code: 'internal', what: 'odd.' });
    expect(toLabError(new RangeError('Too big'), 'out-of-memory')).toMatchObject({ code: 'out-of-memory' });
  });

  it('a raised signal is the error cancelled', () => {
    throwIfCancelled({ aborted: false }, 'Training');
    expect(() => {
      throwIfCancelled({ aborted: true }, 'Training');
    }).toThrow(/Training was cancelled/);
  });
});
