import { describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import type { InferenceService } from '../../src/protocol/inference.ts';
import type { ModelInfo } from '../../src/protocol/words.ts';
import { adviseOnDevices, adviseOnOrigin } from '../../src/store/setup/advice.ts';
import type { Surroundings } from '../../src/store/lab-state.ts';
import { loadBoth } from '../../src/store/model/load-both.ts';
import type { LoadBothWatch } from '../../src/store/model/load-both.ts';
import { FAKE_INFO, fakeServices } from './store-fakes.ts';

const HERE: Surroundings = {
  ...{
    isSecure: true,
    isIsolated: true,
    hasSharedMemory: true,
    hasWebgpu: true,
    memoryBytes: null,
    origin: 'http://localhost:1',
  },
};

const info = (backend: 'webgpu' | 'wasm'): ModelInfo => ({
  ...FAKE_INFO,
  device: { ...FAKE_INFO.device, backend, description: `a ${backend} device` },
});

const WEIGHTS = { step: 'weights', backend: 'wasm', done: 1, total: 4 } as const;

const SOURCE = { kind: 'memory', label: 'fake', files: new Map() } as const;

/** Both runtimes; each logs how it was asked, and gives the logits it is told to give. */
function runtimes(ours: (onGpu: boolean) => Float32Array<ArrayBuffer>, theirs = ours) {
  const { inference, training } = fakeServices();
  const log: string[] = [];
  let onGpu = true;
  const note = (what: string): Promise<void> => {
    log.push(what);
    return Promise.resolve();
  };
  const load = async (side: string, backend: string): Promise<ModelInfo> => {
    await note(`${side} load ${backend}`);
    onGpu = backend === 'auto';
    return info(onGpu ? 'webgpu' : 'wasm');
  };
  return {
    log,
    renew: (side: string) => {
      log.push(`renew ${side}`);
    },
    inference: {
      ...inference,
      load: ({ backend }: { backend: string }) => load('inference', backend),
      unload: () => note('inference unload'),
      logits: () => Promise.resolve([ours(onGpu)]),
    },
    training: {
      ...training,
      load: ({ backend }: { backend: string }) => load('training', backend),
      unload: () => note('training unload'),
      logits: () => Promise.resolve([theirs(onGpu)]),
    },
  };
}

const same = () => Float32Array.of(1, 2);
const QUIET: LoadBothWatch = {
  signal: new AbortController().signal,
  delay: () => () => undefined,
  hasThreads: true,
  onProgress: () => undefined,
  onComparing: () => undefined,
  say: () => undefined,
};
const load = (both: Parameters<typeof loadBoth>[0]) =>
  loadBoth(both, { source: SOURCE, backend: 'auto' }, QUIET);

describe('loading into both runtimes', () => {
  it('stays on the GPU where their logits agree', async () => {
    const both = runtimes(same);
    expect(await load(both)).toMatchObject({ logitDifference: 0 });
    expect(both.log).toEqual(['inference load auto', 'training load auto']);
  });

  it('goes to wasm where a GPU makes them differ, and says why', async () => {
    const { inference } = await load(runtimes((onGpu) => Float32Array.of(1, onGpu ? 3 : 2), same));
    expect(inference.device.backend).toBe('wasm');
    expect(inference.passedOver.join()).toContain('a webgpu device');
  });

  it.each([
    ['other numbers', Float32Array.of(1, 3)],
    ['NaN', Float32Array.of(1, NaN)],
    ['too few', Float32Array.of(1)],
  ])('refuses runtimes that disagree on wasm too: %s', async (_name, wrong) => {
    const both = runtimes(same, () => wrong);
    await expect(load(both)).rejects.toMatchObject({ code: 'self-test-failed' });
    expect(both.log.slice(-2)).toEqual(['inference unload', 'training unload']);
  });

  it('leaves neither loaded where one fails, and throws that one’s error', async () => {
    const both = runtimes(same);
    const failure = new LabError('out-of-memory', 'No memory for 10 GB.');
    const training = { ...both.training, load: () => Promise.reject(failure) };
    await expect(load({ ...both, training })).rejects.toBe(failure);
    expect(both.log).toContain('inference unload');
  });

  it('tells what each runtime does, and when both are compared', async () => {
    const both = runtimes(same);
    const told: unknown[] = [];
    const inference: InferenceService = {
      ...both.inference,
      load: async (_request, context) => {
        context?.onEvent?.(WEIGHTS);
        return Promise.resolve(info('wasm'));
      },
    };
    await loadBoth(
      { ...both, inference },
      { source: SOURCE, backend: 'auto' },
      {
        ...QUIET,
        onProgress: (side, progress) => {
          told.push([side, progress]);
        },
        onComparing: () => {
          told.push('compare');
        },
      },
    );
    expect(told).toEqual([['inference', WEIGHTS], 'compare']);
  });
});

const BARE: Surroundings = { ...HERE, isIsolated: false, hasSharedMemory: false, hasWebgpu: false };

describe('advice', () => {
  it('on an insecure origin names nothing but the origin: no other cure helps', () => {
    const lan = { ...BARE, isSecure: false, origin: 'http://192.168.1.20:4173' };
    expect(adviseOnOrigin(lan)?.cures.join()).toContain('http://localhost:4173');
    expect(adviseOnDevices(lan, null)).toEqual([]);
  });

  it('is silent where everything is switched on', () => {
    expect(adviseOnOrigin(HERE)).toBeNull();
    expect(adviseOnDevices(HERE, info('webgpu'))).toEqual([]);
  });

  it('says what is missing: WebGPU, threads', () => {
    expect(adviseOnDevices(BARE, info('wasm')).map(({ title }) => title)).toEqual([
      'No WebGPU',
      'One processor thread',
    ]);
  });

  it('does not blame the host where the browser keeps threads from an isolated page', () => {
    const causes = (here: Surroundings) => adviseOnDevices(here, info('wasm')).map(({ cause }) => cause);
    expect(causes({ ...HERE, hasSharedMemory: false }).join()).toContain('This browser');
    expect(causes({ ...HERE, isIsolated: false, hasSharedMemory: false }).join()).toContain('The host');
  });
});
