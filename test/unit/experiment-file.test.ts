import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { expand, parseExperiment, restricted } from '../../src/words/experiment.ts';
import { methodOf } from '../../src/words/methods.ts';
import { parseOptions, resumeCommand } from '../../tools/experiment/options.ts';
import { readExperiment, readInputs } from '../../tools/experiment/inputs.ts';
import { folderName } from '../../src/store/runs/run-folder.ts';
import { generatedFiles } from '../../tools/schemas/files.ts';

const FILE = {
  ...{ model: 'nano', tasks: ['topic-4', 'sentiment'], seeds: [1, 2] },
  arms: [{ name: 'soft', method: 'soft' }],
};

const thousand = Array.from({ length: 1000 }, (_, i) => 0.001 + i * 1e-6);
const tenth = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.05];
const REALS = [
  ...[
    'replay',
    'labelNoise',
    'tokenDropout',
    'loraDropout',
    'warmupRatio',
    'weightDecay',
    'isaraNovelty',
    'topP',
  ],
  'temperature',
];
const nested: unknown = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);

describe('an experiment file', () => {
  it('becomes runs seed after seed, the arms of a task and seed together', () => {
    const file = { ...FILE, arms: [...FILE.arms, { name: 'frozen', method: 'frozen-teacher' }] };
    expect(expand(parseExperiment(file)).map(({ task, seed, arm }) => [task, seed, arm.name])).toEqual(
      [1, 2].flatMap((seed) =>
        ['topic-4', 'sentiment'].flatMap((task) => ['soft', 'frozen'].map((arm) => [task, seed, arm])),
      ),
    );
  });

  it('takes knobs from the method, then from shared, then from the arm, then from the grid', () => {
    const { arms } = parseExperiment({
      ...FILE,
      shared: { rounds: 2, epochs: 5 },
      arms: [{ name: 'plus', method: 'soft+', rounds: 4 }],
      grid: { learningRate: [0.001, 0.01], r: [8, 16] },
    });
    expect(arms.map(({ name }) => name)).toEqual([
      ...['plus[learningRate=0.001,r=8]', 'plus[learningRate=0.001,r=16]'],
      ...['plus[learningRate=0.01,r=8]', 'plus[learningRate=0.01,r=16]'],
    ]);
    expect(arms[1]?.knobs).toMatchObject({
      ...{ acrossRounds: 'easy-first', rounds: 4, epochs: 5, learningRate: 0.001, r: 16 },
    });
  });

  it.each([
    ['an unknown key', { sedes: [1] }, /sedes: no such field; known are .*model, tasks, seeds/],
    [
      'an unknown shared knob',
      { shared: { lr: 1 } },
      /shared\.lr: no such field; known are rounds, .*learningRate/,
    ],
    [
      'an unknown knob of an arm',
      { arms: [{ name: 'a', method: 'soft', rank: 8 }] },
      /arms\[0\]\.rank: no such field; known are name, method, rounds, .* r, /,
    ],
    ['an unknown knob of the grid', { grid: { rank: [8] } }, /grid\.rank: no such field; known are rounds, /],
    [
      'an unknown key of a claim',
      { claims: [{ arm: 'soft', against: 'soft', tasks: ['topic-4'], p: 1 }] },
      /claims\[0\]\.p: no such field; known are arm, against, tasks/,
    ],
    [
      'an unknown method',
      { arms: [{ name: 'a', method: 'sft' }] },
      /arms\[0\]\.method: expected one of soft, .*, found "sft"/,
    ],
    [
      'a value out of range',
      { shared: { rounds: 0 } },
      /shared\.rounds: expected a whole number from 1 to 20, found 0/,
    ],
    [
      'a grid value out of range',
      { grid: { rounds: [1, 21] } },
      /grid\.rounds\[1\]: expected a whole number from 1 to 20, found 21/,
    ],
    [
      'two arms of one name',
      { arms: [...FILE.arms, { name: 'Soft', method: 'gold' }] },
      /names "Soft" twice/,
    ],
    [
      'a knob that arm and grid set',
      { arms: [{ name: 'a', method: 'soft', r: 4 }], grid: { r: [8] } },
      /"a" sets knob "r"/,
    ],
    ['a name that is a path', { arms: [{ name: '../a', method: 'soft' }] }, /"\.\.\/a"/],
    ['no arms', { arms: [] }, /arms: expected a list of at least one, found one of 0/],
    ['no seeds', { seeds: [] }, /seeds: expected a list of at least one, found one of 0/],
    ['a seed twice', { seeds: [1, 1] }, /seeds: names 1 twice/],
    [
      'a seed that is no whole number',
      { seeds: [1.5] },
      /seeds\[0\]: expected a whole number >= 0, found 1.5/,
    ],
    ['an empty grid', { grid: {} }, /grid: names no knob/],
    ['a list in the place of knobs', { shared: [] }, /shared: expected an object, found an array/],
    ['no model', { model: undefined }, /model: expected text that is not blank, found undefined/],
    [
      'a claim on an arm it has not',
      { claims: [{ arm: 'gold', against: 'soft', tasks: ['topic-4'] }] },
      /no arm "gold"/,
    ],
    [
      'a claim on a task it has not',
      { claims: [{ arm: 'soft', against: 'soft', tasks: ['daytime'] }] },
      /no task "daytime"/,
    ],
    [
      'a claim against itself',
      { claims: [{ arm: 'soft', against: 'soft', tasks: ['topic-4'] }] },
      /against itself/,
    ],
  ])('with %s is refused', (_, change, said) => {
    expect(() => parseExperiment({ ...FILE, ...change })).toThrow(said);
  });

  it.each([
    ['points of a grid', { grid: { learningRate: thousand, labelNoise: thousand } }, 4_000_000],
    ['seeds', { seeds: Array.from({ length: 20_000 }, (_, i) => i) }, 40_000],
    ['knobs in a grid', { grid: Object.fromEntries(REALS.map((knob) => [knob, tenth])) }, 4e9],
  ])('with too many %s is refused by their number before it is expanded', (_, change, runs) => {
    expect(() => parseExperiment({ ...FILE, ...change })).toThrow(
      `The experiment has ${runs} runs (2 tasks x`,
    );
  });

  it('with as many runs as are possible is read, and refused with one more seed on the command line', () => {
    const seeds = Array.from({ length: 5000 }, (_, i) => i);
    const experiment = parseExperiment({ ...FILE, seeds });
    expect(expand(experiment)).toHaveLength(10_000);
    expect(() => restricted(experiment, { seeds: [...seeds, 5000] })).toThrow(/10002 runs .*at most 10000/);
  });

  it.each([
    ['title', nested, 'title: expected text that is not blank, found an array'],
    ['seeds', nested, 'seeds[0]: expected a whole number >= 0, found an array'],
    ['arms', nested, 'arms[0]: expected an object, found an array'],
    ['grid', nested, 'grid: expected an object, found an array'],
    ['shared', { rounds: nested }, 'shared.rounds: expected a whole number from 1 to 20, found an array'],
    ['grid', { rounds: [nested] }, 'grid.rounds[0]: expected a whole number from 1 to 20, found an array'],
    ['claims', [nested], 'claims[0]: expected an object, found an array'],
  ])('whose "%s" is nested without end is refused in words', (key, value, said) => {
    expect(() => parseExperiment({ ...FILE, [key]: value })).toThrow(`The experiment: ${said}`);
  });

  it('names what is wrong in it, however long that is', () => {
    const long = 'x'.repeat(1e6);
    const faults = [
      { [long]: 1 },
      { arms: [{ name: long, method: 'soft' }] },
      { arms: [{ name: 'a', method: long }] },
      { shared: { rounds: long } },
      { claims: [{ arm: long, against: 'soft', tasks: ['topic-4'] }] },
    ];
    for (const change of faults) {
      const read = () => parseExperiment({ ...FILE, ...change });
      expect(read).toThrow(LabError);
      expect(read).toThrow(/^.{1,2000}$/s);
    }
  });

  it('can be run with other seeds and fewer tasks, and its claims follow', () => {
    const arms = [...FILE.arms, { name: 'gold', method: 'gold' }];
    const claims = [
      { arm: 'gold', against: 'soft', tasks: ['topic-4', 'sentiment'] },
      { arm: 'gold', against: 'soft', tasks: ['sentiment'] },
    ];
    const run = restricted(parseExperiment({ ...FILE, arms, claims }), { seeds: [7], tasks: ['topic-4'] });
    expect(run.seeds).toEqual([7]);
    expect(run.claims).toEqual([{ arm: 'gold', against: 'soft', tasks: ['topic-4'] }]);
  });
});

const folder = new URL('../../experiments/', import.meta.url).pathname;
const bundled = readdirSync(folder).filter(
  (name) => name.endsWith('.json') && !name.includes('.schema.') && name !== 'methods.json',
);

describe('an experiment file on disk', () => {
  const written = (bytes: string | Uint8Array): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'file-')), 'file.json');
    writeFileSync(path, bytes);
    return path;
  };

  it.each([
    ['is missing', () => join(tmpdir(), 'no-such-file.json'), 'source-unreadable', /there is no such file/],
    ['is a folder', () => tmpdir(), 'source-unreadable', /is no file\./],
    ['is no UTF-8', () => written(Buffer.from([0x7b, 0xff])), 'source-unreadable', /is no UTF-8/],
    ['is too large', () => written(Buffer.alloc(5e6, 32)), 'source-unreadable', /5000000 bytes; at most/],
    ['is no JSON', () => written('{"model": }'), 'invalid-request', /is no JSON: /],
    ['is empty', () => written(''), 'invalid-request', /is no JSON: /],
    [
      'is nested without end',
      () => written(`{"model": ${'['.repeat(200_000)}`),
      'invalid-request',
      /nested more than 100 deep/,
    ],
  ])('that %s is refused', async (_, path, code, said) => {
    const work = readExperiment(path());
    await expect(work).rejects.toMatchObject({ code });
    await expect(work).rejects.toThrow(said);
  });

  it('with a byte-order mark is read', async () => {
    expect(await readExperiment(written(`\uFEFF${JSON.stringify(FILE)}`))).toMatchObject({ model: 'nano' });
  });
});

describe('the bundled experiments', () => {
  it.each(bundled)('%s can be run as it stands and says why', async (name) => {
    const experiment = await readExperiment(`${folder}${name}`);
    expect(experiment.title.length * experiment.why.length).toBeGreaterThan(0);
    expect(experiment.question).toMatch(/\?$/);
    const inputs = await readInputs(experiment, { file: `${folder}${name}`, standing: folder });
    expect(inputs.modelName).toBe('nano');
  });

  it('name every place once where a folder was looked for', async () => {
    const file = `${folder}soft-vs-frozen.json`;
    const experiment = { ...(await readExperiment(file)), tasks: ['nowhere'] };
    const error: unknown = await readInputs(experiment, { file, standing: folder }).catch((e: unknown) => e);
    const message = error instanceof Error ? error.message : '';
    expect(message).toContain('There is no task "nowhere"');
    const places = [...message.matchAll(/[^ ]*\/nowhere/g)].map(([place]) => place);
    expect(places.length).toBeGreaterThan(0);
    expect(new Set(places).size).toBe(places.length);
  });

  it('claim the bootstrapping effect on five tasks with ten seeds', async () => {
    const { claims, seeds, arms, tasks } = await readExperiment(`${folder}soft-vs-frozen.json`);
    expect(claims).toEqual([{ arm: 'soft', against: 'frozen-teacher', tasks }]);
    expect([tasks.length, seeds.length]).toEqual([5, 10]);
    const [soft, frozen] = arms;
    expect(frozen?.knobs).toEqual(soft?.knobs);
    expect([soft, frozen].map((arm) => arm && methodOf(arm.method).teacher)).toEqual(['previous', 'base']);
  });
});

describe('the generated files', () => {
  it('are up to date with the tables (npm run schemas)', async () => {
    const root = new URL('../../', import.meta.url);
    for (const [path, text] of await generatedFiles()) {
      expect(readFileSync(new URL(path, root), 'utf8'), path).toBe(text);
    }
  });
});

describe('the command line', () => {
  it('reads its options', () => {
    expect(parseOptions(['a/b.json', '--seeds', '3, 4', '--tasks', 'x,y', '--resume'], '/here')).toEqual({
      ...{ file: '/here/a/b.json', out: '/here/out/b', seeds: [3, 4], tasks: ['x', 'y'], isResumed: true },
      ...{ backend: 'auto', allowSoftware: false, isHeaded: false, reuses: true },
    });
    expect(parseOptions(['a.json', '--no-reuse'], '/here')).toMatchObject({ reuses: false });
    expect(parseOptions(['--help'], '/here')).toBe('help');
  });

  it.each([
    [['a.json', 'b.json'], 'One experiment file is expected, got 2'],
    [['a.json', '--backend', 'cuda'], '--backend must be auto, webgpu or wasm, got "cuda"'],
    [['a.json', '--seeds', '1,x'], '--seeds must be whole numbers'],
    [['a.json', '--seeds', '1,,2'], '--seeds must be whole numbers'],
    [['a.json', '--seeds', ''], '--seeds must be whole numbers'],
    [['a.json', '--seeds', '-1'], "Option '--seeds' argument is ambiguous"],
    [['a.json', '--quick'], "Unknown option '--quick'"],
  ])('refuses %j', (argv, said) => {
    expect(() => parseOptions(argv, '/here')).toThrow(said);
  });

  it('says what to type to go on', () => {
    expect(resumeCommand(['my file.json', '--seeds', '1,2'])).toBe(
      "npm run experiment -- 'my file.json' --seeds 1,2 --resume",
    );
  });
});

describe('a name as a folder', () => {
  it('keeps grid points readable and what a path would take for its own out', () => {
    expect(folderName('soft[learningRate=0.001,r=8]')).toBe('soft[learningRate=0.001,r=8]');
    expect(folderName('a/b\\c:d*?')).toBe('a%2Fb%5Cc%3Ad%2A%3F');
  });

  it('that is too long, or has half a letter, is its beginning and a digest: one folder for each name', () => {
    const long = `soft[preamble=${'A rule. '.repeat(40)}`;
    const names = [
      ...[`${long}1]`, `${long}2]`, 'é'.repeat(150), '漢'.repeat(5000), '😀'.repeat(100)],
      ...['a\uD800', 'a\uD801', 'a%', '%'.repeat(300), '\uDC00', 'x'.repeat(201), 'x'.repeat(1e6)],
    ];
    const folders = names.map(folderName);
    expect(new Set(folders).size).toBe(names.length);
    for (const folder of folders) {
      expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(200);
      expect(folder).not.toMatch(/\p{Cs}/u);
    }
    expect(folders[0]).toMatch(/^soft\[preamble=A rule\. A rule\. .*@[0-9a-f]{24}$/);
    // Names as they were before stay what they were.
    expect(folderName('x'.repeat(200))).toBe('x'.repeat(200));
  });

  it('is no folder of a longer name, whatever it is', () => {
    const longer = folderName('x'.repeat(300));
    expect(folderName(longer)).not.toBe(longer);
  });
});

it('the file that the guide to one’s own data shows is an experiment', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/YOUR-DATA.md'), 'utf8');
  const [, shown = ''] = /```\n(\{.*?\n\})\n```/s.exec(guide) ?? [];
  const { tasks, arms } = parseExperiment(JSON.parse(shown));
  expect(tasks).toEqual(['./my-task']);
  expect(arms.map(({ name }) => name)).toEqual(['soft', 'frozen-teacher']);
});
