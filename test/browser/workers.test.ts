import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOFTWARE_WEBGPU, WASM_ONE_THREAD, WASM_THREADS } from './devices.ts';
import type { OpenedPage } from './pages.ts';
import { openHarness } from './pages.ts';

describe.each([WASM_THREADS, WASM_ONE_THREAD, SOFTWARE_WEBGPU])('the workers on $name', (device) => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openHarness(device.open);
  });
  afterAll(() => opened.close());

  it('greet the page and have no device before a model is loaded', async () => {
    const devices = await opened.page.evaluate(() =>
      Promise.all([window.lab.inference.deviceInfo(), window.lab.training.deviceInfo()]),
    );
    expect(devices).toEqual([null, null]);
  });

  it('load the same files and name their device', async () => {
    const infos = await opened.page.evaluate((backend) => {
      const { inference, training, tinyCheckpoint } = window.lab;
      const request = { source: tinyCheckpoint(), backend };
      return Promise.all([inference.load(request), training.load(request)]);
    }, device.backend);
    for (const info of infos) {
      expect(info.device.backend).toBe(device.backend);
      expect(info.device.description).not.toBe('');
      expect(info.device.isSoftware).toBe(device.backend === 'webgpu');
      if (device.open.isolated === false) expect(info.device.threads).toBe(1);
      expect(info.parameters).toBe(106_944);
    }
    if (device === WASM_THREADS) expect(infos[0].device.threads).toBeGreaterThan(1);
  });

  it('compute the same logits', async () => {
    const difference = await opened.page.evaluate(async () => {
      const { inference, training, randomIds, largestDifference } = window.lab;
      const rows = [randomIds(40, 1), randomIds(7, 2), randomIds(1, 3)];
      return largestDifference(
        await inference.logits({ adapter: null, rows }),
        await training.logits({ adapter: null, rows }),
      );
    });
    expect(difference).toBeLessThan(1e-4);
  });

  it('fail a load with a typed error, hold no model after it, and load the next', async () => {
    const outcomes = await opened.page.evaluate(async (backend) => {
      const { inference, training, tinyCheckpoint, outcome } = window.lab;
      const good = tinyCheckpoint();
      if (good.kind !== 'memory') return [];
      const files = new Map(good.files);
      files.set('model.safetensors', files.get('model.safetensors')?.slice(0, 5000) ?? new Uint8Array());
      const bad = { source: { ...good, files }, backend } as const;
      const failed = [await outcome(inference.load(bad)), await outcome(training.load(bad))];
      const one = { adapter: null, rows: [[1]] };
      const empty = [await outcome(inference.logits(one)), await outcome(training.logits(one))];
      const next = { source: good, backend };
      const again = [await outcome(inference.load(next)), await outcome(training.load(next))];
      return [...failed, ...empty, ...again];
    }, device.backend);
    expect(outcomes).toEqual([
      ...['model-integrity', 'model-integrity'],
      ...['invalid-request', 'invalid-request'],
      ...['answered', 'answered'],
    ]);
  });

  it('were not replaced and complained of nothing', async () => {
    expect(await opened.page.evaluate(() => window.lab.told)).toEqual([]);
    expect(opened.complaints).toEqual([]);
    expect(opened.strayRequests).toEqual([]);
  });

  it.runIf(device === SOFTWARE_WEBGPU)(
    'notice both that their GPU device is lost; they are replaced, load their model again and say so',
    async () => {
      const { page } = opened;
      await opened.crashGpu();
      const outcomes = await page.evaluate(async () => {
        const { inference, training, randomIds, outcome } = window.lab;
        const rows = [randomIds(5, 1)];
        const isBack = (outcomes: readonly string[]) => outcomes.every((code) => code === 'answered');
        for (;;) {
          const seen = [
            await outcome(inference.logits({ adapter: null, rows })),
            await outcome(training.logits({ adapter: null, rows })),
          ];
          if (isBack(seen) && window.lab.told.length === 2) return window.lab.told.toSorted();
        }
      });
      expect(outcomes).toEqual([
        'inference replaced: device-lost, model loaded again',
        'training replaced: device-lost, model loaded again',
      ]);
    },
  );
});

describe('a page and a worker of two builds', () => {
  it('refuse each other by protocol-mismatch', async () => {
    const opened = await openHarness();
    const codes = await opened.page.evaluate(() => {
      const { inference, training } = window.lab.connect({ version: 'another build' });
      return Promise.all([window.lab.outcome(inference.started), window.lab.outcome(training.started)]);
    });
    await opened.close();
    expect(codes).toEqual(['protocol-mismatch', 'protocol-mismatch']);
  });
});

describe('a worker that is ended under the page', () => {
  it('is replaced with its model loaded again, answers with the same adapter, and the page is told', async () => {
    const opened = await openHarness();
    const seen = await opened.page.evaluate(async () => {
      const { inference, engines, tinyCheckpoint, randomIds, largestDifference, told } = window.lab;
      await inference.load({ source: tinyCheckpoint(), backend: 'wasm' });
      const rows = [randomIds(12, 5)];
      const adapter = window.lab.randomAdapter(4, 1, 0.3);
      const before = await inference.logits({ adapter, rows });
      engines.inference.supervisor.restart('Memory is freed by a new worker.');
      const after = await inference.logits({ adapter, rows });
      return { told, difference: largestDifference(before, after) };
    });
    await opened.close();
    expect(seen).toEqual({ told: ['inference replaced: worker-died, model loaded again'], difference: 0 });
  });
});
