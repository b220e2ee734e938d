/** @file A model that is too large for the device is asked about before anything of it is loaded. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Need } from '../../src/core/memory-need.ts';
import { LabError } from '../../src/core/errors.ts';
import type { ModelShelf } from '../../src/store/runs/vault.ts';
import type { FakeLab } from './store-fakes.ts';
import { SMALL, fakeLab } from './store-fakes.ts';

const GIB = 2 ** 30;
const NEEDS: readonly Need[] = [
  { weights: 'float32', labelling: 5 * GIB, training: 6 * GIB },
  { weights: 'float16', labelling: 5 * GIB, training: 4 * GIB },
  { weights: 'q8', labelling: 1.5 * GIB, training: 2 * GIB },
  { weights: 'q4', labelling: 1 * GIB, training: 1.5 * GIB },
];
const LARGE = { kind: 'url', url: 'large' } as const;

let fake: FakeLab;
const open = async (more: Parameters<typeof fakeLab>[1] = {}) => {
  fake = fakeLab(undefined, { memoryNeeds: () => Promise.resolve(() => NEEDS), ...more });
  await fake.lab.open(SMALL);
  fake.services.log.length = 0;
};
const loads = () => fake.services.log.filter((line) => line.startsWith('load'));

describe('a model that wasm cannot hold', () => {
  beforeEach(() => open());

  it('is not loaded: what it needs is told, and the one of before stands', async () => {
    await fake.lab.actions.loadFiles(LARGE, 'large');
    expect(fake.state().unfit).toMatchObject({ ref: { kind: 'picked', name: 'large' } });
    expect(fake.state().unfit?.needs()).toEqual(NEEDS);
    expect(fake.state()).toMatchObject({ model: { status: 'ready', ref: { name: 'nano' } }, faults: [] });
    expect(loads()).toEqual([]);
    expect(
      fake
        .state()
        .notices.map(({ text }) => text)
        .join(),
    ).toMatch(/^large is too large/);
  });

  it('is loaded in the type that is chosen, under a name that says so', async () => {
    await fake.lab.actions.loadFiles(LARGE, 'large');
    await fake.lab.actions.loadUnfit('q8');
    expect(fake.state()).toMatchObject({
      unfit: null,
      model: { status: 'ready', ref: { name: 'large@q8' } },
    });
    expect(fake.state().setup.hash).toContain('large%40q8');
  });

  it('is tried as it is where somebody insists', async () => {
    await fake.lab.actions.loadFiles(LARGE, 'large');
    await fake.lab.actions.loadUnfit('float32');
    expect(fake.state()).toMatchObject({ unfit: null, model: { status: 'ready', ref: { name: 'large' } } });
  });

  it('goes when it is declined, or another one is asked for', async () => {
    await fake.lab.actions.loadFiles(LARGE, 'large');
    await fake.lab.actions.loadUnfit(null);
    expect(fake.state()).toMatchObject({ unfit: null, model: { ref: { name: 'nano' } } });
    await fake.lab.actions.loadFiles(LARGE, 'large');
    await fake.lab.actions.loadBundled();
    expect(fake.state().unfit?.ref.name).toBe('large'); // The bundled one stands already: nothing was decided.
    await fake.lab.actions.loadFiles(LARGE, 'large@q4');
    expect(fake.state()).toMatchObject({ unfit: null, model: { ref: { name: 'large@q4' } } });
  });
});

describe('what a model needs', () => {
  it('stands with the model that is loaded', async () => {
    await open();
    expect(fake.state().model.needs?.()).toEqual(NEEDS);
  });

  it('is told of a model of the Hub before it is fetched', async () => {
    const asked: unknown[] = [];
    const shelf: ModelShelf = {
      kept: () => Promise.resolve([]),
      ask: () => Promise.resolve(123),
      remote: (name) => ({ kind: 'url', url: `https://hub.test/${name}/` }),
      fetch: () => Promise.reject(new LabError('internal', 'Nothing is fetched here.')),
      open: () => Promise.resolve(null),
      remove: () => Promise.resolve(),
    };
    await open({
      shelf,
      memoryNeeds: (source) => {
        asked.push(source);
        return Promise.resolve(() => NEEDS);
      },
    });
    await fake.lab.actions.askHub('somebody/large');
    expect(fake.state().hub).toMatchObject({ status: 'found', bytes: 123 });
    expect(fake.state().hub?.needs?.()).toEqual(NEEDS);
    expect(asked.at(-1)).toEqual({ kind: 'url', url: 'https://hub.test/somebody/large/' });
  });

  it('that cannot be told stops no load: the load says what is wrong', async () => {
    await open({ memoryNeeds: () => Promise.reject(new LabError('model-integrity', 'No config.json.')) });
    await fake.lab.actions.loadFiles(LARGE, 'large');
    expect(fake.state()).toMatchObject({ unfit: null, model: { status: 'ready', needs: null } });
  });
});
