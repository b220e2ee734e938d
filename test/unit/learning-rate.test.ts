/** @file What the learning rate "auto" comes to: the measured models' own, and between them a line in logarithms. */
import { describe, expect, test } from 'vitest';
import { ofToday } from '../../src/store/runs/run-shape.ts';
import { DEFAULT_SETUP, armsOf } from '../../src/store/setup/setup.ts';
import { setupFromHash } from '../../src/store/setup/setup-url.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import { learningRateFor, learningRateWords } from '../../src/words/learning-rate.ts';
import { armOf, withRate } from '../../src/words/plan.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

describe('by the size of the model', () => {
  test("nano's is 0.004, by the parameters that its checkpoint has", async () => {
    const { parameters } = await openCheckpoint(nodeSource('public/models/nano'));
    expect(learningRateFor(parameters)).toEqual({ rate: 0.004, why: 'measured on nano' });
  });

  test('the measured models have their own', () => {
    expect(learningRateFor(134_515_008).why).toBe('measured on SmolLM2-135M-Instruct');
    expect(learningRateFor(268_098_176).why).toBe('measured on Gemma 3 270M');
  });

  test('between two, log of the rate over log of the size, and said to be not measured', () => {
    const [small, large] = [learningRateFor(1_053_824), learningRateFor(134_515_008)];
    const middle = learningRateFor(Math.round(Math.sqrt(1_053_824 * 134_515_008)));
    expect(middle.rate).toBeCloseTo(Math.sqrt(small.rate * large.rate), 5);
    expect(middle.why).toBe('not measured: between nano and SmolLM2-135M-Instruct');
  });

  test('beyond them, that of the nearest', () => {
    expect(learningRateFor(1)).toMatchObject({ rate: 0.004 });
    expect(learningRateFor(7e9)).toMatchObject({ rate: learningRateFor(268_098_176).rate });
    expect(learningRateWords(learningRateFor(1))).toContain('not measured: that of nano');
  });
});

describe('"auto"', () => {
  const file = { model: 'nano', tasks: ['topic-4'], seeds: [1] };
  const arms = (learningRate: unknown) => [{ name: 'a', method: 'soft', learningRate }];

  test('in an experiment: "auto" or a number, unsaid it is auto, and the number stands in its place', async () => {
    const read = (set: unknown) => parseExperiment({ ...file, arms: arms(set) }).arms;
    expect(withRate(read('auto'), 0.002)[0]?.knobs.learningRate).toBe(0.002);
    expect(withRate(read(0.01), 0.002)[0]?.knobs.learningRate).toBe(0.01);
    expect(armOf('a', 'soft').knobs.learningRate).toBe('auto');
    for (const wrong of ['fast', 0, null]) {
      await expectLabError(() => read(wrong), 'invalid-request', 'learningRate', 'or "auto"');
    }
  });

  test('in a link: of before, the number; of today, auto', () => {
    const rateOf = (hash: string) => armsOf(setupFromHash(hash).setup)[0]?.knobs.learningRate;
    expect(rateOf('v=1&model=hub:a/b')).toBe(0.004);
    expect(rateOf('v=2&model=hub:a/b')).toBe('auto');
    expect(rateOf('v=1&learningRate=0.001')).toBe(0.001);
    expect(rateOf('v=2&learningRate=auto')).toBe('auto');
  });

  test('a run of before goes on as it ran; one of today says its number', () => {
    const setup = { ...DEFAULT_SETUP, model: { kind: 'hub', name: 'a/b' } } as const;
    const model = { name: 'a/b', sha256: '', device: '' };
    const ofTodays = { ...model, learningRate: 0.002 };
    const rateOf = (run: Parameters<typeof ofToday>[0]) => armsOf(ofToday(run).setup)[0]?.knobs.learningRate;
    expect(rateOf({ setup, model })).toBe(0.004);
    expect(rateOf({ setup: { ...setup, shared: { learningRate: 0.001 } }, model })).toBe(0.001);
    expect(rateOf({ setup, model: ofTodays })).toBe('auto');
    expect(rateOf({ setup, setupVersion: 2, model: ofTodays })).toBe('auto');
    expect(rateOf({ setup: DEFAULT_SETUP, model })).toBe(0.004);
  });
});
