import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Phase } from '../../src/words/events.ts';
import { chromiumLab } from '../../tools/experiment/chromium-lab.ts';
import { ComputedFiles } from '../../tools/experiment/computed.ts';
import { conduct } from '../../tools/experiment/conduct.ts';
import type { Inputs } from '../../tools/experiment/inputs.ts';
import { readExperiment, readInputs } from '../../tools/experiment/inputs.ts';
import type { OpenLab } from '../../tools/experiment/lab-page.ts';
import { checked, like } from '../../src/core/shape.ts';
import { builtSite } from '../../tools/experiment/site.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUTS = ['results.jsonl', 'predictions.jsonl', 'samples.jsonl'];
const SFT = 'sft/topic-4/soft+/1/2.jsonl';

const FILE = {
  ...{ model: `${ROOT}test/fixtures/models/tiny`, tasks: ['topic-4'], seeds: [1] },
  shared: {
    ...{ rounds: 2, promptsPerRound: 8, epochs: 2, poolSize: 12, start: 'previous' },
    ...{ testItems: 12, fewShotItems: 6, validationItems: 6, probeItems: 6 },
  },
  arms: [
    { name: 'soft+', method: 'soft+' },
    { name: 'frozen', method: 'frozen-teacher' },
  ],
};

/** In place of a probe in every life. */
const MEASURED = {
  rates: { prefillTokensPerSecond: 1000, decodeTokensPerSecond: 100, trainTokensPerSecond: 100 },
  lengths: {},
};

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'experiment-')), 'out');
let inputs: Inputs;
let site: string;

/** Real browsers; each is killed in the first moment of `phase` in `round` that it comes to. */
function mortalLab(
  deaths: { readonly phase: Phase; readonly round: number }[],
  computed: ComputedFiles | null,
): OpenLab {
  let browser: Browser | null = null;
  const open = chromiumLab({
    ...{ site, model: inputs.modelFolder, backend: 'wasm', allowSoftware: false, isHeaded: false },
    computed,
    onLaunched: (launched) => {
      browser = launched;
    },
  });
  return async () => {
    const lab = await open();
    return {
      ...{ opened: lab.opened, close: () => lab.close(), measure: () => Promise.resolve(MEASURED) },
      run: (plan, history, listener) =>
        lab.run(plan, history, {
          ...listener,
          onEvent: (event, wasComputed) => listener.onEvent(event, wasComputed),
          onProgress: ({ phase, round }) => {
            const [next] = deaths;
            if (next?.phase !== phase || next.round !== round) return;
            deaths.shift();
            void browser?.close();
          },
        }),
    };
  };
}

async function run(folder: string, openLab: OpenLab, more: { isResumed?: boolean; restarts?: number } = {}) {
  const report = { line: () => undefined, status: () => undefined };
  const { signal } = new AbortController();
  const options = { inputs, folder, isResumed: false, openLab, signal, report, restarts: 0, ...more };
  return conduct(options);
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

const isRecord = (
  value: unknown,
): value is { readonly status: string; readonly devices: readonly unknown[] } =>
  typeof value === 'object' && value !== null && 'status' in value && 'devices' in value;
const readRecord = (folder: string) =>
  checked(like(isRecord, 'a record'), JSON.parse(read(folder, 'run.json')), 'run.json', 'internal');

describe('an experiment in the browser', () => {
  let expected: string;
  beforeAll(async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'experiment-')), 'file.json');
    writeFileSync(file, JSON.stringify(FILE));
    inputs = await readInputs(await readExperiment(file), { file, standing: ROOT });
    // What the command itself builds and serves.
    site = await builtSite();
    expected = fresh();
    // Everything computed anew: what is used again must not show.
    expect(await run(expected, mortalLab([], null))).toBe(0);
  });

  it('whose browser is killed in each kind of phase and which is resumed ends with the same bytes', async () => {
    const folder = fresh();
    const computed = new ComputedFiles(folder);
    const deaths = [
      { phase: 'rank', round: 0 },
      { phase: 'evaluate', round: 0 },
      { phase: 'label', round: 1 },
      { phase: 'train', round: 1 },
    ] as const;
    for (const [i, death] of deaths.entries()) {
      const work = run(folder, mortalLab([death], computed), { isResumed: i > 0 });
      await expect(work, death.phase).rejects.toMatchObject({ code: 'worker-died' });
    }
    // The last one is killed too, and replaced without being asked for.
    const last: { phase: Phase; round: number }[] = [{ phase: 'label', round: 2 }];
    expect(await run(folder, mortalLab(last, computed), { isResumed: true, restarts: 1 })).toBe(0);
    expect(last).toEqual([]);
    expect(readdirSync(folder)).not.toContain('computed');
    for (const name of [...OUTPUTS, SFT]) expect(read(folder, name), name).toBe(read(expected, name));
    const { status, devices } = readRecord(folder);
    expect(status).toBe('finished');
    expect(devices).toHaveLength(deaths.length + 2);
  });

  it('writes adapters as PEFT does and the trained texts as prompt and completion', () => {
    const config: unknown = JSON.parse(read(expected, 'adapters/topic-4/frozen/1/2/adapter_config.json'));
    expect(config).toMatchObject({ peft_type: 'LORA', r: 8, target_modules: expect.anything() as unknown });
    const rows = read(expected, SFT).trimEnd().split('\n');
    expect(rows).toHaveLength(8);
    for (const row of rows) {
      expect(JSON.parse(row)).toEqual({
        prompt: expect.stringMatching(/^Note: .*\nTheme:$/) as unknown,
        completion: expect.stringMatching(/^ .*\n$/) as unknown,
      });
    }
  });

  it('measures the device and the rows before it begins', async () => {
    const lab = await chromiumLab({
      ...{ site, model: inputs.modelFolder, backend: 'wasm', allowSoftware: false, isHeaded: false },
      computed: null,
    })();
    const { rates, lengths } = await lab.measure(inputs.tasks.map(({ task }) => task));
    await lab.close();
    expect(Math.min(...Object.values<number>({ ...rates }))).toBeGreaterThan(0);
    expect(lengths['topic-4']).toMatchObject({ prefix: 0 });
    expect(lengths['topic-4']?.prompt).toBeGreaterThan(lengths['topic-4']?.answer ?? Infinity);
  });

  it('is refused on a GPU that is not there, by what to take instead', async () => {
    const openLab = chromiumLab({
      ...{ site, model: inputs.modelFolder, backend: 'webgpu', allowSoftware: false, isHeaded: false },
      computed: null,
    });
    const isReal = await openLab().then(
      async (lab) => {
        await lab.close();
        return !lab.opened.inference.isSoftware;
      },
      (thrown: unknown) => {
        expect(thrown).toMatchObject({ code: 'webgpu-unavailable' });
        return null;
      },
    );
    expect(isReal).not.toBe(false);
  });
});
