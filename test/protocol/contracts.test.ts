/** @file What the workers' contracts refuse, and how they say it. */
import { describe, expect, it } from 'vitest';
import { fault } from '../../src/core/shape.ts';
import { inferenceMethods } from '../../src/protocol/inference.ts';
import { trainingMethods } from '../../src/protocol/training.ts';
import { clientFrame, serverFrame } from '../../src/protocol/wire.ts';
import { GREEDY, TRAIN_DEFAULTS } from '../../src/words/engine.ts';

const config = { r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0, targetModules: 'all-linear' };
const factors = { a: new Float32Array(2), b: new Float32Array(2) };
const adapter = { config, pairs: new Map([['q', factors]]) };

describe('a training', () => {
  const { params, event } = trainingMethods.train.spec;
  const request = {
    start: { config, seed: 0 },
    examples: [{ promptIds: [1], completionIds: [2] }],
    config: TRAIN_DEFAULTS,
    resumeFrom: null,
  };

  it.each([
    [{}, null],
    [{ start: adapter }, null],
    [{ start: { config, pairs: new Map(), absent: 'hash' } }, null],
    [{ start: null }, 'start: expected an object, found null'],
    [{ start: { config } }, 'start.seed: missing'],
    [
      { start: { config, pairs: new Map([['q', { ...factors, b: [1] }]]) } },
      'start.pairs["q"].b: expected a Float32Array, found an array',
    ],
    [
      { examples: [{ promptIds: [1], completionIds: [0.5] }] },
      'examples[0].completionIds[0]: expected a whole number >= 0, found 0.5',
    ],
    // What a step would report of it is refused as soon as it is asked for.
    [
      { config: { ...TRAIN_DEFAULTS, learningRate: 2 } },
      'config.learningRate: expected a number from 0 to 1, found 2',
    ],
    [{ resumeFrom: { version: 2 } }, 'resumeFrom.version: expected 1, found 2'],
  ])('asked for with %o: %s', (change, expected) => {
    expect(fault(params, { ...request, ...change })).toBe(expected);
  });

  it('tells steps whose loss is no number, and where it stopped', () => {
    const step = { type: 'step', step: 1, maxSteps: 2, loss: NaN, gradNorm: Infinity, learningRate: 0.1 };
    expect(fault(event, { ...step, tokens: 3 })).toBeNull();
    expect(fault(event, { ...step, tokens: 3, step: 3 })).toBe('step: 3 of 2');
    expect(fault(event, { type: 'stopped' })).toBe('state: missing');
    expect(fault(event, { type: 'ended' })).toBe('type: expected one of step, stopped, found "ended"');
  });
});

it('a generation names the row and the token that is none', () => {
  const { params, event } = inferenceMethods.generate.spec;
  const rows = [
    { key: 'a', ids: [1, 2] },
    { key: 'b', ids: [1, -2] },
  ];
  const request = { adapter: null, rows, config: GREEDY, batchSize: 1 };
  expect(fault(params, request)).toBe('rows[1].ids[1]: expected a whole number >= 0, found -2');
  const completion = { key: 'a', ids: [1], logprobs: [-Infinity], text: '', finishReason: 'length' };
  expect(fault(event, { type: 'completion', completion })).toBeNull();
  expect(fault(event, { type: 'completion', completion: { ...completion, finishReason: 'bored' } })).toBe(
    'completion.finishReason: expected one of eos, stop-string, length, found "bored"',
  );
});

it('a frame carries anything, but carries it', () => {
  const request = { kind: 'request', id: 1, method: 'load' };
  expect(fault(clientFrame, request)).toBe('params: missing');
  expect(fault(clientFrame, { ...request, params: undefined })).toBeNull();
  expect(fault(clientFrame, { ...request, params: null, adapter: undefined })).toBe(
    'adapter: expected text, found undefined',
  );
  const error = { code: 'bad-luck', what: 'x', remedy: 'y' };
  expect(fault(serverFrame, { kind: 'error', id: 1, error })).toBe(
    'error.code: expected one of the lab\'s error codes, found "bad-luck"',
  );
});
