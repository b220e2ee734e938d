/** @file Greedy answers against a reference's: equal, a tie, a departure, and what is missing. */
import { expect, test } from 'vitest';
import type { ReferenceRow } from '../../src/check/reference.ts';
import { checkReference } from '../../src/check/reference.ts';
import type { InferenceSide, TrainingSide } from '../../src/check/sides.ts';

const ROW: ReferenceRow = {
  ...{ prompt: [1, 2], new: [5, 6, 7], logprobs: [-1, -2, -3], leads: [3, 0.0005, 3] },
  logits: { ids: [0, 3], values: [0.5, -1] },
};
const LOGITS = Float32Array.of(9, 9, 9, 9, 0.5, 0, 0, -1);
const never = () => Promise.reject(new Error('not asked for'));

function saying(ids: readonly number[], logprobs: readonly number[], logits = LOGITS, vocabSize = 4) {
  const inference: InferenceSide = {
    ...{
      backend: 'wasm',
      score: never,
      embed: never,
      memory: never,
      logits: () => Promise.resolve([logits]),
    },
    generate: async function* () {
      await Promise.resolve();
      const completion = { key: 'prompt 0', ids, logprobs, text: '', finishReason: 'length' } as const;
      yield { type: 'completion', completion };
    },
  };
  const training: TrainingSide = {
    ...{ backend: 'wasm', lossAndGradients: never, train: never, memory: never },
    logits: () => Promise.resolve([logits]),
  };
  return checkReference(inference, training, [ROW], vocabSize);
}
const failed = async (checks: ReturnType<typeof saying>) =>
  (await checks).checks.filter(({ ok }) => !ok).map(({ name }) => name.replace(/^.*: /, ''));

test('the same answer passes', async () => {
  expect(await failed(saying([5, 6, 7], [-1, -2, -3]))).toEqual([]);
  expect(await saying([5, 6, 7], [-1, -2, -3])).toMatchObject({ checks: { length: 4 }, leftOut: [] });
});

test('another token where the reference hardly decided is a tie, and what follows says nothing', async () => {
  expect(await failed(saying([5, 9, 9], [-1, -9, -9]))).toEqual([]);
});

test.each([
  ['another token where it was sure', [5, 6, 9], [-1, -2, -3], ['greedy ids, parted at 2']],
  ['an answer cut short', [5, 6], [-1, -2], ['greedy ids, parted at 2']],
  ['no answer', [], [], ['greedy ids, parted at 0', 'log-probs']],
  ['another log-probability', [5, 6, 7], [-1, -2.01, -3], ['log-probs']],
  ['a log-probability that is no number', [5, 6, 7], [-1, NaN, -3], ['log-probs']],
])('%s fails', async (_, ids, logprobs, names) => {
  expect(await failed(saying(ids, logprobs))).toEqual(names);
});

test('other logits fail in both runtimes, missing ones too', async () => {
  const off = LOGITS.map((value) => value + 0.01);
  expect(await failed(saying([5, 6, 7], [-1, -2, -3], off))).toEqual(['logits', 'logits']);
  expect(await failed(saying([5, 6, 7], [-1, -2, -3], new Float32Array()))).toEqual(['logits', 'logits']);
});

test('logits that do not fit a tensor of the training runtime are told as not compared', async () => {
  const { checks, leftOut } = await saying([5, 6, 7], [-1, -2, -3], LOGITS, 2 ** 26);
  expect(checks.map(({ runtime }) => runtime)).toEqual(['ort', 'ort', 'ort']);
  expect(leftOut).toEqual([
    expect.stringMatching(/^reference row 0 \(2 tokens\): logits of tfjs \(2 x 67108864/),
  ]);
});
