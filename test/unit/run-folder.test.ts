import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PickedFiles } from '../../src/core/source.ts';
import { describeFiles } from '../../src/core/source.ts';
import { foldEvents } from '../../src/method/state.ts';
import { readFactors } from '../../src/formats/peft-factors.ts';
import { openPicked } from '../../src/store/runs/open-picked.ts';
import type { Opened } from '../../src/store/runs/read-folder.ts';
import { conduct } from '../../tools/experiment/conduct.ts';
import { FILE, conductOptions, fakeLab as fakeRunner, freshFolder, inputsOf } from './experiment-fakes.ts';
import { fakeTask } from './fake-ports.ts';
import { changed, goodRunFile } from './run-files.ts';
import { fakeLab } from './store-fakes.ts';

type Files = Record<string, Uint8Array>;

function filesBelow(folder: string): Files {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    found.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path).replaceAll('\\', '/'), new Uint8Array(readFileSync(path))] as const;
    }),
  );
}
async function wrote(file: unknown): Promise<Files> {
  const folder = freshFolder();
  await conduct(conductOptions(folder, fakeRunner(), { inputs: inputsOf(file) }));
  return filesBelow(folder);
}

const picked = (files: Files): PickedFiles => ({
  ...{ kind: 'files', label: 'out' },
  files: Object.entries(files).map(([path, bytes]) => ({
    path,
    file: new File([new Uint8Array(bytes)], path),
  })),
});
const zipped = (files: Files, below = ''): PickedFiles => {
  const moved = Object.fromEntries(Object.entries(files).map(([path, bytes]) => [below + path, bytes]));
  return describeFiles([new File([new Uint8Array(zipSync(moved))], 'out.zip')]);
};
const open = (given: PickedFiles, bundled = false): Promise<Opened> =>
  openPicked(given, {
    peft: { factors: readFactors },
    tasks: {
      cards: bundled
        ? [
            {
              definition: fakeTask().definition,
              sizes: { pool: 0, prompts: 0, validation: 0, probe: 0, test: 0 },
              origin: 'bundled',
            },
          ]
        : [],
      read: () => Promise.resolve(fakeTask()),
    },
  });
const refusal = async (given: PickedFiles): Promise<string> => {
  const thrown: unknown = await open(given).catch((cause: unknown) => cause);
  expect(thrown).toMatchObject({ code: 'import-refused' });
  return thrown instanceof Error ? thrown.message : '';
};
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const LOG = 'state/colours/soft+/1.jsonl';
const WEIGHTS = 'adapters/colours/soft+/1/1/adapter_model.safetensors';

let whole: Files;
beforeAll(async () => {
  whole = await wrote(FILE);
});

describe('the folder that the runner wrote', () => {
  it('is one run of the page, with its arms and seeds, every event and every adapter', async () => {
    const { runs, told } = await open(picked(whole));
    expect(told).toEqual([]);
    const [run] = runs;
    expect(runs.length).toBe(1);
    expect(run?.status).toBe('done');
    expect(run?.setup.arms.map(({ name }) => name)).toEqual(['soft+', 'frozen']);
    expect(run?.setup.seeds).toEqual([1, 2]);
    // run.json has every knob; what an arm sets is what its method would have otherwise.
    for (const { knobs } of run?.setup.arms ?? []) expect(knobs).toEqual(FILE.shared);
    expect([...(run?.events.keys() ?? [])]).toEqual(['soft+/1', 'soft+/2', 'frozen/1', 'frozen/2']);
    const events = run?.events.get('soft+/1') ?? [];
    expect(events.length).toBe(text(whole[LOG]).trimEnd().split('\n').length - 1);
    const adapters = events.flatMap((event) => (event.type === 'trained' ? [event.adapter] : []));
    expect(adapters.length).toBe(2);
    for (const { pairs, absent } of adapters) {
      expect(absent).toBeUndefined();
      expect(pairs.size).toBeGreaterThan(0);
    }
    expect(foldEvents(events).rounds.length).toBe(3);
  });

  it('is the same as a zip, of its files or of the folder, also beside what a Mac puts there', async () => {
    const { runs } = await open(picked(whole));
    for (const zip of [
      zipped(whole),
      zipped(whole, 'my results/'),
      zipped({ ...whole, '__MACOSX/._run.json': strToU8('x') }),
    ]) {
      const again = await open(zip);
      expect(again.runs.map(({ events }) => events)).toEqual(runs.map(({ events }) => events));
    }
  });

  it('opens in Compare through the store, and is written to the disk', async () => {
    const { lab, state } = fakeLab();
    await lab.open('');
    await lab.actions.importRun(picked(whole));
    expect(state().faults).toEqual([]);
    expect(state().runs.map(({ status, isImported }) => ({ status, isImported }))).toEqual([
      { status: 'done', isImported: true },
    ]);
    expect(Object.keys(state().runs[0]?.scores ?? {}).sort()).toEqual([
      'frozen/1',
      'frozen/2',
      'soft+/1',
      'soft+/2',
    ]);
  });

  it('of more arms than a page shows becomes several runs', async () => {
    const file = {
      ...FILE,
      seeds: [1],
      arms: [{ name: 'soft', method: 'soft' }],
      grid: { learningRate: Array.from({ length: 13 }, (_, i) => 0.001 * (i + 1)) },
    };
    const { runs } = await open(picked(await wrote(file)));
    expect(runs.map(({ events }) => events.size)).toEqual([12, 1]);
  });

  it('that was stopped in its middle is opened as far as it goes, a torn line left out, and what is missing told', async () => {
    const { 'state/colours/frozen/2.jsonl': last, ...rest } = whole;
    expect(last).toBeDefined();
    const torn = { ...rest, [LOG]: whole[LOG]?.subarray(0, -20) ?? new Uint8Array() };
    const { runs, told } = await open(picked(torn));
    expect(runs[0]?.status).toBe('stopped');
    expect(runs[0]?.events.get('soft+/1')?.at(-1)?.type).not.toBe('ended');
    expect(told).toEqual(['colours: 1 run has not begun.']);
  });

  it('without its adapters is opened, and tells that they are named only', async () => {
    const { [WEIGHTS]: left, ...rest } = whole;
    expect(left).toBeDefined();
    const { runs, told } = await open(picked(rest));
    expect(told).toEqual(['1 adapter is named only: its file is not there.']);
    const trained = runs[0]?.events.get('soft+/1')?.find(({ type }) => type === 'trained');
    expect(trained?.type === 'trained' ? trained.adapter.absent : null).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that the Python twin wrote is opened, with its device', async () => {
    const parsed: unknown = JSON.parse(text(whole['run.json']));
    const device = { device: 'cpu', description: 'x86_64', dtype: 'float32', processes: 1, threads: 1 };
    const twins = changed(parsed, ['devices'], [{ since: '2026-11-27T10:46:38+00:00', ...device }]);
    const { runs } = await open(picked({ ...whole, 'run.json': strToU8(JSON.stringify(twins)) }));
    expect(runs[0]?.model.device).toBe('PyTorch, cpu (x86_64)');
    expect(runs[0]?.createdAt).toBe(Date.parse('2026-11-27T10:46:38Z'));
  });

  it('of before tasks were written is opened with the task of that name, where its rows are the same', async () => {
    const { 'tasks/colours.json': rows, ...rest } = whole;
    expect(rows).toBeDefined();
    expect((await open(picked(rest), true)).runs.length).toBe(1);
    expect(await refusal(picked(rest))).toMatch(/rows of task colours.*--resume/);
  });
});

describe('what is no such folder', () => {
  const withJson = (path: string, at: readonly string[], to: unknown): PickedFiles => {
    const parsed: unknown = JSON.parse(text(whole[path]));
    return picked({ ...whole, [path]: strToU8(JSON.stringify(changed(parsed, at, to))) });
  };

  it.each([
    [
      'an adapter of another run',
      () =>
        picked({
          ...whole,
          [WEIGHTS]: (whole[WEIGHTS] ?? new Uint8Array()).map((byte, i, all) =>
            i === all.length - 1 ? byte ^ 1 : byte,
          ),
        }),
      /not the adapter/,
    ],
    ['other rows', () => withJson('tasks/colours.json', ['splits', 'pool'], []), /not those that it ran on/],
    [
      'an event that is none',
      () => picked({ ...whole, [LOG]: strToU8(`${text(whole[LOG])}{"type":"rewarded"}\n`) }),
      /line \d+: type: expected one of/,
    ],
    [
      'a method of tomorrow',
      () => withJson('run.json', ['config', 'arms'], { later: { method: 'rl' } }),
      /method/,
    ],
    [
      'a knob of tomorrow',
      () => withJson('run.json', ['config', 'arms'], { later: { method: 'soft', depth: 3 } }),
      /depth/,
    ],
    [
      'run.json without its configuration',
      () => withJson('run.json', ['config'], undefined),
      /run\.json: config: missing/,
    ],
    [
      'two experiments',
      () =>
        picked({
          ...whole,
          ...Object.fromEntries(Object.entries(whole).map(([path, bytes]) => [`b/${path}`, bytes])),
        }),
      /2 experiments.*one by one/,
    ],
    [
      'files of something else',
      () => picked({ 'a.txt': strToU8('a'), 'b.txt': strToU8('b') }),
      /no run and no experiment/,
    ],
  ])('%s is refused, and named', async (_what, given, words) => {
    expect(await refusal(given())).toMatch(words);
  });

  it('several exported files are opened together, and a stranger among them is told', async () => {
    const one = new File([await goodRunFile()], 'one.bootlace.zip');
    const two = new File([await goodRunFile('vote')], 'two.bootlace.zip');
    const { runs, told } = await open(describeFiles([one, two, new File(['x'], 'notes.txt')]));
    expect(runs.length).toBe(2);
    expect(told).toEqual(['notes.txt is no run’s file.']);
  });
});
