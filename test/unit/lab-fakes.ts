/** @file Services that answer without a model, and write down what they were asked. */
import type { GenerateEvent } from '../../src/words/engine.ts';
import { LabError, throwIfCancelled } from '../../src/core/errors.ts';
import type { ModelFacts } from '../../src/method/ports.ts';
import type { LabPortsOptions } from '../../src/lab/ports.ts';
import type { TrainEvent } from '../../src/protocol/training.ts';
import type { Adapter, LoraConfig } from '../../src/lora/config.ts';

export const LORA: LoraConfig = {
  ...{ r: 2, loraAlpha: 4, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
};
export const FACTS: ModelFacts = {
  name: 'fake',
  sha256: '00',
  maxPositions: 64,
  eosTokenIds: [0],
  learningRate: 4e-3,
};

export const adapterNamed = (name: string): Adapter => ({
  config: LORA,
  pairs: new Map([[name, { a: new Float32Array(1), b: new Float32Array(1) }]]),
});
const nameOf = (adapter: Adapter | null): string => [...(adapter?.pairs.keys() ?? ['base'])].join();

export interface FakeServices extends Pick<LabPortsOptions, 'inference' | 'training'> {
  /** What was asked, in order, e.g. "generate 3 with a". */
  readonly asked: string[];
  /** Fail the next request of this name. */
  readonly failNext: (request: string) => void;
}

/** An answer tells which adapter gave it: its one log-probability is minus the length of the adapter's name. */
export function fakeServices(): FakeServices {
  const asked: string[] = [];
  let failing = '';
  const note = (request: string, what: string) => {
    asked.push(`${request} ${what}`);
    if (request !== failing) return;
    failing = '';
    throw new LabError('worker-died', `The worker died at ${request}.`);
  };
  const idsOf = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
  return {
    asked,
    failNext: (request) => {
      failing = request;
    },
    inference: {
      encode: async ({ texts, addSpecialTokens }) => {
        await Promise.resolve();
        note('encode', texts.join('|'));
        return texts.map((text) => (addSpecialTokens ? [1, ...idsOf(text), 2] : idsOf(text)));
      },
      encodeChat: ({ conversations, isOpen }) => {
        note('encodeChat', `${conversations.length}${isOpen ? ' open' : ''}`);
        return Promise.resolve(conversations.map(() => ({ text: 'x', ids: [3] })));
      },
      answerFrame: () => Promise.resolve({ before: '', after: null, endIds: [] }),
      async *generate(
        { adapter, rows, batchSize },
        { signal } = {},
      ): AsyncGenerator<GenerateEvent, void, void> {
        note('generate', `${rows.length} with ${nameOf(adapter)}, ${batchSize} together`);
        const logprob = -nameOf(adapter).length;
        try {
          for (const { key, candidates } of rows) {
            await Promise.resolve();
            throwIfCancelled(signal, 'Labelling');
            yield { type: 'token', key, id: 7, logprob, text: 'x' };
            const scores = candidates?.map((own) => ({ logprobs: own.map(() => logprob), entropies: own }));
            const completion = { key, ids: [7], logprobs: [logprob], text: 'x', ...(scores && { scores }) };
            yield { type: 'completion', completion: { ...completion, finishReason: 'length' } };
          }
        } finally {
          asked.push('generate ended');
        }
      },
      score: async ({ adapter, rows }) => {
        note('score', `${rows.length} with ${nameOf(adapter)}`);
        const logprob = -nameOf(adapter).length;
        await Promise.resolve();
        return rows.map(({ completionIds }) => ({
          logprobs: completionIds.map((id) => logprob - id),
          entropies: completionIds.map(() => 0),
        }));
      },
      // A text's state says which of three letters it has.
      embed: async ({ adapter, rows }) => {
        await Promise.resolve();
        note('embed', `${rows.length} with ${nameOf(adapter)}`);
        return rows.map((ids) =>
          Float32Array.from(['a', 'b', 'c'], (letter) => (ids.includes(letter.charCodeAt(0)) ? 1 : 0)),
        );
      },
    },
    training: {
      async *train({ start, config, examples }, { signal } = {}): AsyncGenerator<TrainEvent, Adapter, void> {
        const from = 'pairs' in start ? nameOf(start) : `seed ${start.seed}`;
        note('train', `${from}, ${examples.length} for ${config.maxSteps}`);
        try {
          for (let step = 1; step <= config.maxSteps; step++) {
            await Promise.resolve();
            throwIfCancelled(signal, 'Training');
            const numbers = { loss: 1, gradNorm: 1, learningRate: config.learningRate, tokens: 100 };
            yield { type: 'step', step, maxSteps: config.maxSteps, ...numbers };
          }
          return adapterNamed('trained');
        } finally {
          asked.push('train ended');
        }
      },
    },
  };
}
