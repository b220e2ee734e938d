/** @file Experiments and tasks as this lab reads them, and what it says of those with a fault. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LabError } from '../../src/core/errors.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { sha256OfText } from '../../src/formats/sha256.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import { shapeOf } from '../../src/method/agenda.ts';
import { requestsOf } from '../../src/method/requests.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import { METHOD_NAMES } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import { nodeSource } from '../node-source.ts';
import { toyTask } from './toys.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folders = (path: string) =>
  readdirSync(`${ROOT}${path}`, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );

/** What is thrown, as people read it. */
function faultOf(thrown: unknown): { readonly code: string; readonly message: string } {
  if (!(thrown instanceof LabError)) throw thrown;
  return { code: thrown.code, message: thrown.message };
}

/** A value whose long texts are written as what they are made of: "<x 20001>". */
const short = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(/x{50,}/g, ({ length }) => `<x ${length}>`));

const FILE = {
  model: 'nano',
  tasks: ['topic-4', 'daytime'],
  seeds: [1, 2],
  arms: [{ name: 'a', method: 'soft' }],
};
const LONG = 'x'.repeat(101);
const EXPERIMENTS: readonly unknown[] = [
  FILE,
  { ...FILE, title: 'T', why: 'W', question: 'Q?', shared: { rounds: 4, r: 16, loraAlpha: 0.5 } },
  { ...FILE, shared: { learningRate: 'auto' }, arms: [{ name: 'a', method: 'soft', learningRate: 0.002 }] },
  {
    ...FILE,
    shared: { temperature: 0.25 },
    arms: [
      { name: 'a', method: 'soft+', r: 4 },
      { name: 'b', method: 'self-consistency', votes: 7 },
    ],
    grid: { learningRate: [0.001, 1e-6], balanced: [true, false], drawing: ['fixed'] },
  },
  {
    ...FILE,
    claims: [{ arm: 'a', against: 'b', tasks: ['daytime'] }],
    arms: [...FILE.arms, { name: 'b', method: 'gold' }],
  },
  ...[null, [], 'text', 3],
  ...['model', 'tasks', 'seeds', 'arms'].map((name) => ({ ...FILE, [name]: undefined })),
  { ...FILE, sedes: [1] },
  { ...FILE, model: ' ' },
  { ...FILE, title: 7 },
  { ...FILE, $schema: [] },
  { ...FILE, tasks: ['a', 'a'] },
  { ...FILE, tasks: [1] },
  ...[1.5, -1, '1', true, null, 2 ** 53].map((seed) => ({ ...FILE, seeds: [1, seed] })),
  { ...FILE, seeds: [3, 3] },
  { ...FILE, seeds: {} },
  { ...FILE, arms: [] },
  ...[
    {},
    7,
    { name: 'a' },
    { name: 'a/b', method: 'soft' },
    { name: LONG, method: 'soft' },
    { name: 'a', method: 'sfot' },
  ].map((arm) => ({ ...FILE, arms: [arm] })),
  ...[
    ...[
      { rounds: 0 },
      { rounds: 2.5 },
      { rounds: '3' },
      { rounds: true },
      { topP: 1.5 },
      { decoding: 'beam' },
      { balanced: 1 },
      { learningRate: 'slow' },
      { learningRate: 1 },
    ],
    ...[{ preamble: 3 }, { preamble: 'x'.repeat(20_001) }, { ronds: 3 }, { rounds: null }, { rounds: [1] }],
  ].map((set) => ({ ...FILE, arms: [{ name: 'a', method: 'soft', ...set }] })),
  { ...FILE, shared: { r: 0 } },
  { ...FILE, shared: [] },
  ...[{}, [], { r: [] }, { r: [4, 4] }, { r: 4 }, { r: [4, 'x'] }, { rr: [4] }].map((grid) => ({
    ...FILE,
    grid,
  })),
  { ...FILE, arms: [{ name: 'a', method: 'soft', r: 4 }], grid: { r: [4, 8] } },
  { ...FILE, arms: [...FILE.arms, { name: 'A', method: 'soft' }] },
  {
    ...FILE,
    arms: [
      { name: 'é', method: 'soft' },
      { name: 'e\u0301', method: 'soft' },
    ],
  },
  { ...FILE, grid: { r: Array.from({ length: 100 }, (_, i) => i + 1), seeds: [1] } },
  {
    ...FILE,
    seeds: Array.from({ length: 101 }, (_, i) => i),
    grid: { r: Array.from({ length: 50 }, (_, i) => i + 1) },
  },
  ...[
    ...[
      [],
      {},
      [{ arm: 'a' }],
      [{ arm: 'c', against: 'a', tasks: ['daytime'] }],
      [{ arm: 'a', against: 'a', tasks: ['daytime'] }],
    ],
    ...[[{ arm: 'a', against: 'a', tasks: ['x'] }], [{ arm: 'a', against: 'a', tasks: [], more: 1 }]],
  ].map((claims) => ({ ...FILE, claims })),
];

function experimentOf(json: unknown) {
  // As a file has it: what is undefined is not there.
  const file: unknown = JSON.parse(JSON.stringify(json));
  try {
    return { file: short(file), read: sha256OfText(JSON.stringify(parseExperiment(file))) };
  } catch (thrown) {
    return { file: short(file), fault: faultOf(thrown) };
  }
}

/** A small task folder, one file of it changed. */
const ROWS: Readonly<Record<string, readonly object[]>> = {
  pool: [{ id: 'a', input: 'one', output: 'yes' }],
  prompts: [{ id: 'b', input: 'two', output: '' }],
  validation: [{ id: 'c', input: 'three', output: 'no', difficulty: 'easy' }],
  probe: [],
  test: [{ id: 'd', input: 'four', output: 'no' }],
};
const JSON_FILE = {
  ...{
    id: 'small-task',
    description: 'D',
    kind: 'classification',
    role: 'imported',
    fields: { input: 'I', output: 'O' },
  },
  ...{
    labels: ['yes', 'no'],
    template: 'I: {input}\nO:',
    stop: '\n',
    k: 2,
    metric: 'exact_match',
    licence: 'MIT',
  },
  splits: { pool: 1, prompts: 1, validation: 1, probe: 0, test: 1 },
};
const CHOSEN = { kind: 'multiple-choice', labels: [], metric: 'mc1' };
const FINAL = { kind: 'generation', labels: [], answerAfter: '####' };
const finals = (one: string, two: string) => ({
  pool: [{ id: 'a', input: 'one', output: one }],
  prompts: [{ id: 'b', input: 'two', output: two }],
  validation: [],
  test: [],
});
const choices = (...given: readonly unknown[]) => [{ id: 'a', input: 'one', output: 'yes', choices: given }];
const right = { text: 'yes', correct: true };
const wrong = { text: 'no', correct: false };
const TASKS: readonly (readonly [definition: object, rows: Readonly<Record<string, readonly unknown[]>>])[] =
  [
    [{}, {}],
    [{ $schema: 'x', generator: { name: 'n', version: '1', seed: 3 } }, {}],
    ...[
      ...[
        { id: 'Small' },
        { id: '' },
        { description: ' ' },
        { kind: 'regression' },
        { role: 'x' },
        { labels: ['yes'] },
      ],
      ...[
        { labels: ['yes', 'yes'] },
        { labels: ['yes', ''] },
        { labels: 3 },
        { kind: 'generation' },
        { template: 'x' },
      ],
      ...[
        { template: '{input}{input}' },
        { stop: '' },
        { k: 0 },
        { k: 1.5 },
        { k: 129 },
        { metric: 'mc1' },
        { metric: 'bleu' },
      ],
      ...[{ licence: '' }, { more: 1 }, { fields: {} }, { splits: { pool: 1 } }, { $schema: 3 }],
      ...[{ splits: { ...JSON_FILE.splits, test: 2 } }, { id: 'x'.repeat(201) }, { description: null }],
    ].map((definition) => [definition, {}] as const),
    ...[
      ...[
        { id: 'a', input: 'one', output: 'maybe' },
        { id: 'a', input: 'one', output: '' },
        { id: 'a', input: ' ', output: 'yes' },
      ],
      ...[
        { id: 'a', input: 'one' },
        { id: '', input: 'one', output: 'yes' },
        { id: 'a', input: 'one', output: 'yes', inputs: 1 },
      ],
      ...[
        { id: 'a', input: 'one', output: 'yes\n' },
        { id: 'a', input: 'two', output: 'yes' },
        { id: 'b', input: 'one', output: 'yes' },
      ],
      ...[{ id: 'a', input: 'one', output: 'yes', difficulty: 'hardest' }, 3, null],
      ...[
        { id: 'a', input: 'one', output: 'yes', references: ['x', 'x'] },
        { id: 'a', input: 'one', output: 'yes', references: 'x' },
      ],
      ...[
        { id: 'a', input: 7, output: 'yes' },
        { id: 'a', input: 'x'.repeat(100_001), output: 'yes' },
      ],
    ].map((row) => [{}, { pool: [row] }] as const),
    ...[
      choices(right, wrong),
      choices({ ...right, best: true }, wrong),
      choices(right),
      choices(wrong, { text: 'c', correct: false }),
      choices(right, { ...wrong, text: 'yes' }),
      choices(right, { ...wrong, best: true }),
      choices({ text: 'c', correct: true }, wrong),
      choices(right, { text: '', correct: false }),
      choices(right, { text: 'no' }),
    ].map((pool) => [CHOSEN, { pool, validation: [], test: [] }] as const),
    [{ answerAfter: '####' }, {}],
    ...[
      ['1 and 1 #### 2', 'so #### 3'],
      ['1 and 1 #### 2', 'so 3'],
      ['2 ####', 'so #### 3'],
    ].map(([one = '', two = '']) => [FINAL, finals(one, two)] as const),
  ];

async function taskOf([definition, changed]: (typeof TASKS)[number]) {
  const rows = { ...ROWS, ...changed };
  const splits = Object.fromEntries(Object.entries(rows).map(([name, own]) => [name, own.length]));
  const files = new Map([
    ['task.json', JSON.stringify({ ...JSON_FILE, splits, ...definition })],
    ...Object.entries(rows).map(([name, own]): [string, string] => [
      `${name}.jsonl`,
      own.map((row) => `${JSON.stringify(row)}\n`).join(''),
    ]),
  ]);
  const encoded = new Map([...files].map(([name, text]) => [name, new TextEncoder().encode(text)]));
  const given = { definition: short({ ...JSON_FILE, splits, ...definition }), rows: short(rows) };
  try {
    const task = await readTask(memorySource(encoded, 'FOLDER'));
    return { ...given, read: sha256OfText(JSON.stringify(task)) };
  } catch (thrown) {
    return { ...given, fault: faultOf(thrown) };
  }
}

export async function wordFixtures() {
  const names = readdirSync(`${ROOT}experiments`).filter(
    (name) => name.endsWith('.json') && !/schema|methods/.test(name),
  );
  const shape = shapeOf(toyTask('classification'));
  return {
    bundled: names.map((name) => ({
      name,
      read: experimentOf(JSON.parse(readFileSync(`${ROOT}experiments/${name}`, 'utf8'))).read,
    })),
    experiments: EXPERIMENTS.map(experimentOf),
    bundledTasks: await Promise.all(
      folders('public/icl-pool').map(async (name) => {
        const task = await readTask(nodeSource(`${ROOT}public/icl-pool/${name}`));
        return { name, sha256: sha256OfText(JSON.stringify(task)) };
      }),
    ),
    tasks: await Promise.all(TASKS.map(taskOf)),
    requests: [
      ...METHOD_NAMES.map((method) => ({ method, decoding: 'greedy' as const })),
      ...(['constrained', 'calibrated'] as const).map((decoding) => ({ method: 'icl' as const, decoding })),
    ].map(({ method, decoding }) => ({
      ...{ method, decoding },
      requests: requestsOf(armOf('arm', method, { rounds: 2, balanced: true, decoding }), shape).map(
        ({ round, phase, kind, adapter, items, prompt }) => ({ round, phase, kind, adapter, items, prompt }),
      ),
    })),
  };
}
