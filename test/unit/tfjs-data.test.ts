/** @file What goes into a step: order of examples, batches, learning rates, and what is refused. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fault } from '../../src/core/shape.ts';
import { TRAIN_DEFAULTS, trainConfig, type TrainConfig } from '../../src/words/engine.ts';
import { checkExamples, logitsBatch, trainBatch } from '../../src/runtimes/tfjs/batch.ts';
import { DataOrder } from '../../src/runtimes/tfjs/data-order.ts';
import { dropoutMask } from '../../src/runtimes/tfjs/dropout.ts';
import { learningRateAt } from '../../src/runtimes/tfjs/schedule.ts';

const LIMITS = { vocabSize: 50, maxPositions: 40 };

describe('the order of examples', () => {
  const shuffledBy = (seed: number, batchSize: number) => ({ shuffle: true, seed, batchSize });
  const epochOf = (order: DataOrder<number>, epoch: number) => {
    const per = order.batchesPerEpoch;
    return Array.from({ length: per }, (_, i) => order.batch(epoch * per + i));
  };

  test('every epoch holds every example once, in batches of the size asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        (count, size, seed) => {
          const examples = Array.from({ length: count }, (_, i) => i);
          const batches = epochOf(new DataOrder(examples, (x) => x % 7, shuffledBy(seed, size)), 2);
          expect(batches.flat().sort((a, b) => a - b)).toEqual(examples);
          const short = batches.filter((batch) => batch.length !== size);
          expect(short.map((batch) => batch.length)).toEqual(count % size === 0 ? [] : [count % size]);
        },
      ),
    );
  });

  test('it depends on seed and epoch alone, not on what was asked before', () => {
    const examples = Array.from({ length: 30 }, (_, i) => i);
    const make = (seed: number) => new DataOrder(examples, () => 1, shuffledBy(seed, 4));
    const walked = make(1);
    for (let i = 0; i < 11; i++) walked.batch(i);
    expect(walked.batch(11)).toEqual(make(1).batch(11));
    expect(epochOf(make(1), 0)).not.toEqual(epochOf(make(1), 1));
    expect(epochOf(make(1), 0)).not.toEqual(epochOf(make(2), 0));
  });

  test('a batch holds examples of like length', () => {
    const lengths = Array.from({ length: 64 }, (_, i) => 1 + ((i * 37) % 64));
    const order = new DataOrder(lengths, (length) => length, shuffledBy(5, 8));
    const spread = (batches: readonly (readonly number[])[]) =>
      batches.reduce((sum, batch) => sum + Math.max(...batch) - Math.min(...batch), 0);
    const inOrder = Array.from({ length: 8 }, (_, i) => lengths.slice(8 * i, 8 * i + 8));
    expect(spread(epochOf(order, 0))).toBeLessThan(spread(inOrder) / 4);
  });

  test('without shuffling every epoch shows the examples as they were given, whatever their lengths', () => {
    const lengths = [9, 1, 8, 2, 7, 3, 6];
    const order = new DataOrder(lengths, (length) => length, { shuffle: false, seed: 5, batchSize: 3 });
    const inOrder = [[9, 1, 8], [2, 7, 3], [6]];
    expect(epochOf(order, 0)).toEqual(inOrder);
    expect(epochOf(order, 2)).toEqual(inOrder);
  });
});

describe('a batch', () => {
  test('is padded on the right; the rows that predict a completion token are wanted', () => {
    const batch = trainBatch(
      [
        { promptIds: [7, 8], completionIds: [9, 10] },
        { promptIds: [], completionIds: [1, 2, 3] },
      ],
      LIMITS,
    );
    expect([batch.size, batch.length, batch.tokens, batch.wanted]).toEqual([2, 16, 7, 4]);
    expect([...batch.ids.subarray(0, 5), ...batch.ids.subarray(16, 21)]).toEqual([
      7, 8, 9, 10, 0, 1, 2, 3, 0, 0,
    ]);
    // Of the empty prompt's completion the first token has no prediction.
    expect([...batch.rows.subarray(0, 4)]).toEqual([1, 2, 16, 17]);
    expect([...batch.targets.subarray(0, 6)]).toEqual([9, 10, 2, 3, -1, -1]);
  });

  test('never grows past the positions that the model has', () => {
    const row = Array.from({ length: 39 }, () => 1);
    expect(logitsBatch([row], LIMITS).length).toBe(40);
  });

  test.each([
    ['invalid-request', [{ promptIds: [1], completionIds: [] }]],
    ['invalid-request', [{ promptIds: [], completionIds: [4] }]],
    ['invalid-request', [{ promptIds: [1], completionIds: [50] }]],
    ['invalid-request', [{ promptIds: [1.5], completionIds: [3] }]],
    ['invalid-request', []],
    ['context-overflow', [{ promptIds: Array.from({ length: 40 }, () => 1), completionIds: [2] }]],
  ] as const)('is refused with %s: %j', (code, examples) => {
    expect(() => {
      checkExamples(examples, LIMITS);
    }).toThrow(expect.objectContaining({ code }));
  });
});

describe('learning rates are those of get_scheduler in transformers', () => {
  const rates = (lrSchedulerType: TrainConfig['lrSchedulerType'], warmupRatio: number, maxSteps: number) =>
    Array.from({ length: maxSteps }, (_, done) =>
      learningRateAt({ learningRate: 1, lrSchedulerType, warmupRatio, maxSteps }, done),
    );

  const expectClose = (got: readonly number[], want: readonly number[]) => {
    expect(got).toHaveLength(want.length);
    for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 12);
  };

  test('linear with two steps of warm-up', () => {
    expectClose(rates('linear', 0.25, 8), [0, 0.5, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]);
  });

  test('cosine without warm-up', () => {
    expectClose(rates('cosine', 0, 4), [1, 0.8535533905932737, 0.5, 0.1464466094067262]);
  });

  test('constant, with and without warm-up', () => {
    expect(rates('constant', 0, 3)).toEqual([1, 1, 1]);
    // Half of five steps is rounded up.
    expectClose(rates('constant', 0.5, 5), [0, 1 / 3, 2 / 3, 1, 1]);
  });
});

test.each([
  ['learningRate', NaN],
  ['warmupRatio', 1.5],
  ['adamBeta2', 1],
  ['adamEpsilon', 0],
  ['maxGradNorm', -1],
  ['batchSize', 0],
  ['gradientAccumulationSteps', 1.5],
  ['maxSteps', 0],
  ['seed', 0.5],
] as const)('a configuration with %s = %d is refused by name', (field, value) => {
  expect(fault(trainConfig, { ...TRAIN_DEFAULTS, [field]: value })).toMatch(
    new RegExp(`^${field}: expected .*, found ${value}$`),
  );
  expect(fault(trainConfig, TRAIN_DEFAULTS)).toBeNull();
});

test('dropout drops the stated share and keeps the mean', () => {
  const mask = dropoutMask(99, 0.3, 100_000);
  const dropped = mask.filter((x) => x === 0).length / mask.length;
  const mean = mask.reduce((sum, x) => sum + x, 0) / mask.length;
  expect(dropped).toBeCloseTo(0.3, 2);
  expect(mean).toBeCloseTo(1, 2);
});
