import { describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { InferenceService } from '../../src/protocol/inference.ts';
import type { TrainingService } from '../../src/protocol/training.ts';
import type { LoadRequest, ModelInfo } from '../../src/protocol/words.ts';
import { adviseOnDevices, adviseOnOrigin } from '../../src/store/advice.ts';
import { createLab } from '../../src/store/lab.ts';
import type { Surroundings } from '../../src/store/lab-state.ts';

const HERE: Surroundings = {
  isSecure: true,
  isIsolated: true,
  hasWebgpu: true,
  origin: 'http://localhost:1',
};

function info(backend: 'webgpu' | 'wasm'): ModelInfo {
  const device = {
    backend,
    description: `a ${backend} device`,
    threads: 1,
    isSoftware: false,
    hasShaderF16: false,
  };
  return {
    ...{ device, label: 'fake', modelType: 'llama', parameters: 10, weightBytes: 40, dtype: 'F32' },
    ...{ vocabSize: 8, maxPositions: 16, hasTokenizer: true, eosTokenIds: [], loadMs: 1, passedOver: [] },
  };
}

const ADAPTER: Adapter = {
  config: { r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
  pairs: new Map([['m', { a: new Float32Array(2), b: new Float32Array(3) }]]),
};

/** Engines in plain functions; `log` keeps what was asked of them. */
function engines(
  changes: { inference?: Partial<InferenceService>; training?: Partial<TrainingService> } = {},
) {
  const log: string[] = [];
  const note = <T>(what: string, value: T): Promise<T> => {
    log.push(what);
    return Promise.resolve(value);
  };
  const onDevice = ({ backend }: LoadRequest) => info(backend === 'auto' ? 'webgpu' : 'wasm');
  const inference: InferenceService = {
    load: (request) => note(`inference load ${request.backend}`, onDevice(request)),
    unload: () => note('inference unload', undefined),
    setAdapter: ({ adapter }) => note(`setAdapter ${adapter === null ? 'null' : 'trained'}`, { swapMs: 1 }),
    encode: ({ texts }) => Promise.resolve(texts.map((text) => Array.from(text, () => 1))),
    encodeChat: () => Promise.resolve(null),
    decode: (rows) => Promise.resolve(rows.map(() => '')),
    async *generate() {
      await Promise.resolve();
      yield { type: 'token', key: 'prompt', id: 1, logprob: -1, text: 'hm' };
      const completion = {
        key: 'prompt',
        ids: [1],
        logprobs: [-1],
        text: 'hm',
        finishReason: 'length',
      } as const;
      yield { type: 'completion', completion };
    },
    score: (rows) =>
      Promise.resolve(
        rows.map(({ completionIds }) => ({ logprobs: completionIds.map(() => -Math.log(4)), entropies: [] })),
      ),
    embed: () => Promise.resolve([]),
    logits: () => Promise.resolve([Float32Array.of(1, 2)]),
    deviceInfo: () => Promise.resolve(null),
    ...changes.inference,
  };
  const unused = () => Promise.reject(new Error('not asked for here'));
  const training: TrainingService = {
    load: (request) => note(`training load ${request.backend}`, onDevice(request)),
    unload: () => note('training unload', undefined),
    initAdapter: () => note('initAdapter', undefined),
    setAdapter: unused,
    exportAdapter: unused,
    async *train({ config }) {
      for (let step = 1; step <= 3; step++) {
        await Promise.resolve();
        yield {
          ...{ type: 'step', step, maxSteps: config.maxSteps, loss: 1 / step },
          ...{ gradNorm: 1, learningRate: 1, tokens: 1 },
        };
      }
      return ADAPTER;
    },
    exportCheckpoint: unused,
    lossAndGradients: unused,
    logits: () => Promise.resolve([Float32Array.of(1, 2)]),
    selfTest: unused,
    deviceInfo: () => Promise.resolve(null),
    memory: unused,
    ...changes.training,
  };
  const ports = { inference, training, now: () => 0, newAbort: () => new AbortController() };
  return { lab: createLab(ports, HERE), log };
}

const SOURCE = { kind: 'memory', label: 'fake', files: new Map() } as const;

describe('loading into both runtimes', () => {
  it('stays on the GPU where their logits agree', async () => {
    const { lab, log } = engines();
    await lab.load(SOURCE);
    expect(lab.store.getState().model).toMatchObject({ logitDifference: 0 });
    expect(log).toEqual(['inference load auto', 'training load auto']);
  });

  it('goes to wasm where a GPU makes them differ, and says why', async () => {
    let onGpu = true;
    const { lab } = engines({
      inference: {
        load: (request) => {
          onGpu = request.backend === 'auto';
          return Promise.resolve(info(onGpu ? 'webgpu' : 'wasm'));
        },
        logits: () => Promise.resolve([Float32Array.of(1, onGpu ? 3 : 2)]),
      },
    });
    await lab.load(SOURCE);
    const { model, fault } = lab.store.getState();
    expect(fault).toBeNull();
    expect(model?.inference.device.backend).toBe('wasm');
    expect(model?.inference.passedOver.join()).toContain('a webgpu device');
  });

  it.each([
    ['other numbers', Float32Array.of(1, 3)],
    ['NaN', Float32Array.of(1, NaN)],
    ['too few', Float32Array.of(1)],
  ])('refuses runtimes that disagree on wasm too: %s', async (_name, theirs) => {
    const { lab, log } = engines({ training: { logits: () => Promise.resolve([theirs]) } });
    await lab.load(SOURCE);
    expect(lab.store.getState()).toMatchObject({ model: null, fault: { code: 'self-test-failed' } });
    expect(log.slice(-2)).toEqual(['inference unload', 'training unload']);
  });

  it('leaves neither loaded where one fails, and shows that one’s error', async () => {
    const failure = new LabError('out-of-memory', 'No memory for 10 GB.');
    const { lab, log } = engines({ training: { load: () => Promise.reject(failure) } });
    await lab.load(SOURCE);
    expect(lab.store.getState()).toMatchObject({
      model: null,
      activity: 'idle',
      fault: { what: failure.what },
    });
    expect(log).toContain('inference unload');
  });
});

describe('the walk', () => {
  it('asks: answer and perplexity of the sentence, the base without an adapter', async () => {
    const { lab, log } = engines();
    await lab.load(SOURCE);
    await lab.ask();
    expect(lab.store.getState().before).toMatchObject({ text: 'hm', isComplete: true });
    expect(lab.store.getState().before?.perplexity).toBeCloseTo(4);
    expect(log.at(-1)).toBe('setAdapter null');
  });

  it('teaches: losses in order, the adapter handed over, asked again', async () => {
    const { lab, log } = engines();
    await lab.load(SOURCE);
    await lab.teach();
    const { lesson, after } = lab.store.getState();
    expect(lesson?.losses).toEqual([1, 1 / 2, 1 / 3]);
    expect(lesson?.outcome).toMatchObject({ adapterBytes: 20, logitDifference: 0 });
    expect(after?.isComplete).toBe(true);
    expect(log.at(-1)).toBe('setAdapter trained');
  });

  it('ends without a fault when cancelled', async () => {
    const { lab } = engines({
      training: {
        async *train({ config: { maxSteps } }) {
          await Promise.resolve();
          const figures = { loss: 1, gradNorm: 1, learningRate: 1, tokens: 1 };
          yield { type: 'step', step: 1, maxSteps, ...figures };
          throw new LabError('cancelled', 'The request train was cancelled.');
        },
      },
    });
    await lab.load(SOURCE);
    await lab.teach();
    expect(lab.store.getState()).toMatchObject({ activity: 'idle', fault: null, after: null });
  });

  it('asks for words where there are none', async () => {
    const { lab } = engines();
    await lab.load(SOURCE);
    lab.setSentence('');
    await lab.teach();
    expect(lab.store.getState().fault).toMatchObject({
      code: 'invalid-request',
      what: 'The sentence is empty.',
    });
  });
});

describe('advice', () => {
  it('on an insecure origin names nothing but the origin: no other cure helps', () => {
    const lan = { isSecure: false, isIsolated: false, hasWebgpu: false, origin: 'http://192.168.1.20:4173' };
    expect(adviseOnOrigin(lan)?.cures.join()).toContain('http://localhost:4173');
    expect(adviseOnDevices(lan, null)).toEqual([]);
  });

  it('is silent where everything is switched on', () => {
    expect(adviseOnOrigin(HERE)).toBeNull();
    expect(adviseOnDevices(HERE, info('webgpu'))).toEqual([]);
  });

  it('says what is missing: WebGPU, threads', () => {
    const bare = { ...HERE, isIsolated: false, hasWebgpu: false };
    expect(adviseOnDevices(bare, info('wasm')).map(({ title }) => title)).toEqual([
      'No WebGPU',
      'One processor thread',
    ]);
  });
});
