/** Anything changed in a run's file, or in what the disk kept of a run: it opens and every view draws it, or it is refused
 * and nothing of it stays. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { describeFiles } from '../../src/core/source.ts';
import { oddRuns } from '../browser/odd-runs.ts';
import { drawViews } from './draw-views.ts';
import type { Opened } from './run-files.ts';
import { changed, goodRunFile, placesOf, putTogether, takeApart } from './run-files.ts';
import { fakeTask } from './fake-ports.ts';
import type { FakeLab } from './store-fakes.ts';
import { fakeLab } from './store-fakes.ts';

/** Hundreds of files, each drawn twice in seven views. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

vi.mock('../../src/ui/kit/use-media.ts', () => ({ useMedia: () => false }));

/** What may stand in any place. */
const HOSTILE: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 1, 2, 3, 20, 1e8, 1e16, 1e308, -1e300, -0],
  ...[{ $number: 'NaN' }, { $number: 'Infinity' }, { $number: '-Infinity' }, { $number: 'x' }],
  ...[
    '',
    'x',
    '\ud800',
    'x'.repeat(300),
    'x'.repeat(150_000),
    '<script>window.hacked = 1</script>',
    '{input}',
  ],
  ...['javascript:window.hacked = 1', '__proto__', 'constructor', '../..', '\u202e\u0000\n', '1e308'],
  ...[
    [],
    {},
    [null],
    [[]],
    { constructor: null },
    JSON.parse('{"__proto__": {"x": 1}}') as unknown,
    Array(3000).fill(1),
  ],
];
const CHANGES: readonly unknown[] = [
  ...HOSTILE,
  undefined,
  // Twice, in another order, with more.
  (value: unknown) => (Array.isArray(value) ? (value as unknown[]).concat(value) : value),
  (value: unknown) => (Array.isArray(value) ? value.toReversed() : value),
  (value: unknown) => (Array.isArray(value) ? value.slice(1) : value),
  (value: unknown) => (typeof value === 'number' ? value + 1 : value),
  (value: unknown) => (typeof value === 'object' ? { ...value, constructor: null } : value),
];

let good: Uint8Array<ArrayBuffer>;
let parts: Opened;
beforeAll(async () => {
  good = await goodRunFile(
    'soft%2B',
    '&rounds=1&promptsPerRound=4&testItems=4&fewShotItems=2&validationItems=3&probeItems=2',
  );
  parts = takeApart(good);
});

const isEmpty = ({ state, vault }: FakeLab): boolean =>
  state().runs.length === 0 && state().run === null && vault.stored.size === 0 && vault.told.size === 0;

/** Opens the file; whether it was taken. What is not, is refused by a fault of its own and leaves nothing. */
async function take(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const fake = fakeLab();
  const { actions } = fake.lab;
  await actions.importRun(describeFiles([new File([bytes], 'hostile.bootlace.zip')]));
  const { faults } = fake.state();
  if (fake.state().run === null) {
    expect(faults.map(({ code }) => code)).toEqual(['import-refused']);
    expect(faults[0]?.what).toMatch(/^hostile.bootlace.zip is no run of this lab/);
    expect(isEmpty(fake)).toBe(true);
    return false;
  }
  expect(faults).toEqual([]);
  const id = fake.state().runs[0]?.id ?? '';
  // At its beginning, at its end, opened from the disk, laid over.
  drawViews(fake.state(), actions);
  actions.setReplay({ isPlaying: false, position: 1e9 });
  await actions.openRun(id);
  await actions.addOverlay(id);
  expect(fake.state().faults).toEqual([]);
  expect(fake.state().run?.kind).toBe('stored');
  drawViews(fake.state(), actions);
  await actions.deleteRun(id);
  expect(isEmpty(fake)).toBe(true);
  return true;
}

it('the file itself opens', async () => {
  expect(await take(good)).toBe(true);
});

it.each([0, 1, 2, 3, 4, 5, 6, 7])(
  'as odd as a file may be (%d), opens into what every view draws',
  async (i) => {
    const odd = oddRuns(fakeTask());
    expect(odd).toHaveLength(8);
    expect(await take(odd[i]?.bytes ?? new Uint8Array())).toBe(true);
  },
);

it('with a place of its JSON changed, opens into what every view can draw or is refused', async () => {
  const places = Object.entries(parts.json).flatMap(([file, value]) =>
    placesOf(value).map((path) => ({ file, path })),
  );
  let taken = 0;
  let all = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...places), fc.constantFrom(...CHANGES)), {
        minLength: 1,
        maxLength: 2,
      }),
      async (changes) => {
        const json = changes.reduce(
          (before, [{ file, path }, to]) => ({ ...before, [file]: changed(before[file], path, to) ?? null }),
          parts.json,
        );
        all++;
        if (await take(putTogether({ ...parts, json }))) taken++;
      },
    ),
    { numRuns: 80 },
  );
  // Neither all refused nor all taken, or nothing was tried.
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(all);
});

it('with bytes changed, put in or cut off, is refused or still the same run', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
          cut: fc.constantFrom(0, 1, 1, 1, 2, 50, 10_000),
          put: fc.uint8Array({ maxLength: 4 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      async (edits) => {
        const bytes = edits.reduce((before, { at, cut, put }) => {
          const place = Math.floor(at * before.length);
          return new Uint8Array([...before.subarray(0, place), ...put, ...before.subarray(place + cut)]);
        }, good);
        await take(bytes);
      },
    ),
    { numRuns: 60 },
  );
});

describe('what the disk kept of a run', () => {
  /** A page that finds this on its disk. */
  async function onDisk(damage: (fake: FakeLab, id: string) => void): Promise<FakeLab> {
    const before = fakeLab();
    await before.lab.actions.importRun(describeFiles([new File([good], 'good.zip')]));
    const id = before.state().runs[0]?.id ?? '';
    // Renamed when it is written.
    await before.lab.actions.renameRun(id, 'kept');
    before.lab.actions.reset();
    await before.until(({ run }) => run === null);
    damage(before, id);
    const fake = fakeLab(before.vault);
    await fake.lab.open('');
    return fake;
  }
  /** Listed and drawn, or listed as damaged; saved as it is, and gone when it is removed. */
  async function survives(fake: FakeLab): Promise<'whole' | 'damaged'> {
    const { actions } = fake.lab;
    drawViews(fake.state(), actions);
    const [card] = fake.state().runs;
    if (card !== undefined) await actions.openRun(card.id);
    drawViews(fake.state(), actions);
    const [damaged] = fake.state().damaged;
    const id = fake.state().run?.id ?? damaged?.id ?? 'neither';
    expect(await actions.saveRaw(id)).toMatchObject({ type: 'application/zip' });
    const kind = fake.state().run === null ? 'damaged' : 'whole';
    expect(fake.state().damaged).toHaveLength(kind === 'damaged' ? 1 : 0);
    await actions.deleteRun(id);
    drawViews(fake.state(), actions);
    expect([fake.state().runs, fake.state().damaged, fake.state().run]).toEqual([[], [], null]);
    expect([...fake.vault.stored.keys()]).toEqual([]);
    return kind;
  }

  it('is opened where it is whole', async () => {
    expect(await survives(await onDisk(() => undefined))).toBe('whole');
  });

  it.each<[string, (fake: FakeLab, id: string) => void, RegExp]>([
    [
      'a record whose date is none',
      ({ vault }, id) => {
        const run = vault.stored.get(id);
        if (run !== undefined) vault.stored.set(id, { ...run, createdAt: NaN });
      },
      /createdAt: expected a number/,
    ],
    [
      'events of another cell',
      ({ vault }, id) => {
        vault.told.set(`${id} nobody/3 0`, { type: 'ended', reason: 'all-rounds', bestRound: 0 });
      },
      /nobody\/3/,
    ],
    [
      'an event beyond the end',
      ({ vault }, id) => {
        const [key = ''] = [...vault.told.keys()].filter((own) => own.startsWith(id));
        vault.told.set(key, { type: 'ended', reason: 'all-rounds', bestRound: 0 });
      },
      /after the end/,
    ],
  ])('%s is listed as damaged, saved as it is and removed', async (_, damage, why) => {
    const fake = await onDisk(damage);
    const [card] = fake.state().runs;
    if (card !== undefined) await fake.lab.actions.openRun(card.id);
    expect(fake.state().damaged[0]?.why).toMatch(why);
    expect(fake.state().faults.every(({ code }) => code === 'source-unreadable')).toBe(true);
    expect(await survives(fake)).toBe('damaged');
  });

  it('with a place of its record changed, opens or is listed as damaged', async () => {
    const sample = await onDisk(() => undefined);
    const record: unknown = [...sample.vault.stored.values()][0];
    const places = placesOf(record).filter(([first]) => first !== undefined && first !== 'id');
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.constantFrom(...CHANGES), async (path, to) => {
        const fake = await onDisk(({ vault }, id) => {
          const damaged: unknown = changed(vault.stored.get(id), path, to);
          // The disk has what it has, whatever was promised of it.
          Reflect.apply(vault.stored.set.bind(vault.stored), null, [id, damaged]);
        });
        seen.add(await survives(fake));
      }),
      // One of each kind whatever is drawn.
      {
        numRuns: 20,
        examples: [
          [['name'], 'x'],
          [['createdAt'], 'x'],
        ],
      },
    );
    expect([...seen].sort()).toEqual(['damaged', 'whole']);
  });

  it('with a place of an event changed, opens or is listed as damaged', async () => {
    const sample = await onDisk(() => undefined);
    const [key = '', event] = [...sample.vault.told][1] ?? [];
    const cell = key.slice(key.indexOf(' '));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...placesOf(event)), fc.constantFrom(...CHANGES), async (path, to) => {
        const fake = await onDisk(({ vault }, id) => {
          Reflect.apply(vault.told.set.bind(vault.told), null, [`${id}${cell}`, changed(event, path, to)]);
        });
        await survives(fake);
      }),
      { numRuns: 15 },
    );
  });
});
