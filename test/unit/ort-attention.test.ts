/** @file Masks, padded heads and sliding windows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attentionMask, positionInRow } from '../../src/runtimes/ort/mask.ts';
import { headLayout } from '../../src/runtimes/ort/head-layout.ts';
import { complete, TOY_CONFIG, toyModel, toyPrompts, VOCABULARY } from './ort-toy.ts';

describe('the mask', () => {
  test('shows a query the past of its row and the new tokens up to itself, within its window', () => {
    const shapes = fc.record({
      pastLengths: fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
      capacity: fc.integer({ min: 6, max: 8 }),
      length: fc.integer({ min: 1, max: 5 }),
      window: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(shapes, (shape) => {
        const { pastLengths, capacity, length, window = Infinity } = shape;
        const { values, dims } = attentionMask(shape);
        const [rows, , , , span] = dims;
        expect(values).toHaveLength(rows * length * span);
        for (const [b, past] of pastLengths.entries()) {
          for (let t = 0; t < length; t++) {
            for (let key = 0; key < span; key++) {
              const position = key < capacity ? key : past + key - capacity;
              const exists = key < capacity ? key < past : true;
              const visible = exists && position <= past + t && past + t - position < window;
              const value = values[((rows === 1 ? 0 : b) * length + t) * span + key];
              expect(value === 0).toBe(visible);
            }
          }
        }
      }),
    );
  });
});

describe('the mask of a row that branches', () => {
  test('shows a token the prefix and its own branch, within its window', () => {
    const shapes = fc.record({
      prefix: fc.nat(4),
      sizes: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
      window: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(shapes, ({ prefix, sizes, window }) => {
        const starts = sizes.map((_, i) => prefix + sizes.slice(0, i).reduce((a, b) => a + b, 0));
        const length = Math.max(1, prefix + sizes.reduce((a, b) => a + b, 0));
        // Each token's branch and position by plain enumeration.
        const places = [
          ...Array.from({ length: prefix }, (_, t) => ({ branch: -1, position: t })),
          ...sizes.flatMap((size, branch) =>
            Array.from({ length: size }, (_, t) => ({ branch, position: prefix + t })),
          ),
        ];
        const branches = { prefix, starts };
        const shape = { pastLengths: [0, 0], capacity: 0, length, window, branches: [branches, undefined] };
        const { values, dims } = attentionMask(shape);
        expect(dims).toEqual([2, 1, 1, length, length]);
        for (const [t, query] of places.entries()) {
          expect(positionInRow(branches, t)).toBe(query.position);
          for (const [s, key] of places.entries()) {
            const isSeen = key.branch === -1 || key.branch === query.branch;
            const distance = query.position - key.position;
            const visible = isSeen && distance >= 0 && distance < (window ?? Infinity) && s <= t;
            expect(values[t * length + s] === 0).toBe(visible);
          }
        }
      }),
    );
  });
});

describe('a padded head', () => {
  test('has a place for each channel, and a size that the operator takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(64), (pairs, rest) => {
        const layout = headLayout(2 * pairs + rest, 2 * pairs);
        expect(new Set(layout.places).size).toBe(layout.headDim);
        expect(Math.max(...layout.places)).toBeLessThan(layout.size);
        expect(layout.size % 16).toBe(0);
        expect(layout.rotaryHalf % 8).toBe(0);
        for (let i = 0; i < pairs; i++) {
          // Partners of a rotation stand one rotary half apart.
          expect((layout.places[pairs + i] ?? NaN) - (layout.places[i] ?? NaN)).toBe(layout.rotaryHalf);
        }
      }),
    );
  });

  test('is none where the size is right already', () => {
    expect(headLayout(64, 64)).toMatchObject({ size: 64, rotaryHalf: 32 });
    expect(headLayout(64)).toMatchObject({ size: 64, rotaryHalf: 0 });
    expect(headLayout(10)).toMatchObject({ size: 16 });
  });
});

describe('a sliding window', () => {
  const window = 5;
  const config = {
    ...TOY_CONFIG,
    model_type: 'qwen2',
    num_hidden_layers: 1,
    use_sliding_window: true,
    sliding_window: window,
    max_window_layers: 0,
  };

  test('hides exactly the tokens before it', async () => {
    const model = await toyModel(config);
    const ids = Array.from({ length: 12 }, (_, i) => (i * 37) % VOCABULARY);
    const last = async (row: readonly number[]) => {
      const [logits] = await model.logits([row]);
      return logits?.slice(-VOCABULARY) ?? new Float32Array();
    };
    const base = await last(ids);
    const changedAt = (position: number) => ids.map((id, i) => (i === position ? (id + 1) % VOCABULARY : id));
    expect(await last(changedAt(11 - window))).toEqual(base);
    expect(await last(changedAt(12 - window))).not.toEqual(base);
    await model.release();
  });

  test('is the same token by token as in one pass', async () => {
    const model = await toyModel({ ...config, num_hidden_layers: 2, max_window_layers: 1 });
    const prompts = toyPrompts(6);
    const completions = await complete(model, prompts, { maxNewTokens: 20 });
    const scores = await model.score(
      prompts.map(({ key, ids }) => ({ promptIds: ids, completionIds: completions.get(key)?.ids ?? [] })),
    );
    for (const [i, { key }] of prompts.entries()) {
      for (const [t, logprob] of (completions.get(key)?.logprobs ?? []).entries()) {
        expect(Math.abs(logprob - (scores[i]?.logprobs[t] ?? NaN))).toBeLessThan(1e-4);
      }
    }
    await model.release();
  });
});
