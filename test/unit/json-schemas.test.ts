/** @file The JSON Schemas that editors check a person's files by say of the same files what the lab's own readers say. */
import { readFileSync, readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../src/words/experiment.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { readTask } from '../../src/formats/task-folder.ts';

const root = new URL('../../', import.meta.url);
const json = (path: string): object => {
  const value: unknown = JSON.parse(readFileSync(new URL(path, root), 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${path} is no object`);
  return value;
};
const reader = new Ajv2020({ strict: false });
const without = (value: object, name: string): object =>
  Object.fromEntries(Object.entries(value).filter(([own]) => own !== name));

describe('experiment.schema.json', () => {
  const schema = reader.compile(json('experiments/experiment.schema.json'));
  const isRead = (value: unknown): boolean => {
    try {
      parseExperiment(value);
      return true;
    } catch {
      return false;
    }
  };
  const FILE = {
    model: 'nano',
    tasks: ['topic-4'],
    seeds: [1, 2],
    arms: [{ name: 'a', method: 'soft', r: 4 }],
  };
  const arm = (set: object) => ({ ...FILE, arms: [{ name: 'a', method: 'soft', ...set }] });
  const bundled = readdirSync(new URL('experiments/', root), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.json') && !name.includes('.schema.') && name !== 'methods.json',
  );

  it.each([
    ...bundled.map((name) => json(`experiments/${name}`)),
    FILE,
    { ...FILE, grid: { loraAlpha: [8, 16], drawing: ['random', 'fixed'] } },
    { ...FILE, $schema: 'x', title: 'x', why: 'x', question: 'x?', shared: { rounds: 20, balanced: true } },
  ])('takes what the lab takes (%#)', (file) => {
    expect([schema(file), isRead(file)]).toEqual([true, true]);
  });

  it.each([
    ...Object.keys(FILE).map((name) => without(FILE, name)),
    ...[[], null, { ...FILE, sedes: [1] }, { ...FILE, seeds: [] }, { ...FILE, seeds: [1, 1] }],
    ...[
      { ...FILE, seeds: [1.5] },
      { ...FILE, seeds: [-1] },
      { ...FILE, tasks: 'topic-4' },
    ],
    ...[
      { ...FILE, model: '' },
      { ...FILE, model: 1 },
      { ...FILE, arms: [] },
      { ...FILE, title: '' },
    ],
    ...[arm({ method: 'sft' }), arm({ name: '../a' }), arm({ name: '' }), arm({ rank: 8 })],
    ...[arm({ rounds: 21 }), arm({ rounds: 1.5 }), arm({ rounds: '3' }), arm({ balanced: 1 })],
    ...[arm({ drawing: 'nearest' }), arm({ preamble: 1 }), { ...FILE, shared: { lr: 1 } }],
    ...[
      { ...FILE, grid: {} },
      { ...FILE, grid: { rank: [1] } },
      { ...FILE, grid: { epochs: [] } },
    ],
    ...[
      { ...FILE, grid: { epochs: [1, 1] } },
      { ...FILE, grid: { epochs: [0] } },
      { ...FILE, claims: [] },
    ],
    { ...FILE, claims: [{ arm: 'a', against: 'a' }] },
  ])('refuses what the lab refuses (%#)', (file) => {
    expect([schema(file), isRead(file)]).toEqual([false, false]);
  });
});

describe('task.schema.json', () => {
  const schema = reader.compile(json('public/icl-pool/task.schema.json'));
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const isRead = async (value: unknown): Promise<boolean> => {
    const files = new Map([
      ['task.json', bytes(value)],
      ['pool.jsonl', bytes({ id: 'p', input: 'fine', output: 'good' })],
      ['prompts.jsonl', bytes({ id: 'q', input: 'poor', output: 'bad' })],
    ]);
    return readTask(memorySource(files, 'here')).then(
      () => true,
      () => false,
    );
  };
  const FILE = {
    ...{ id: 'small', description: 'Two tones.', kind: 'classification', role: 'imported' },
    ...{ fields: { input: 'Text', output: 'Tone' }, labels: ['good', 'bad'] },
    ...{ template: 'Text: {input}\nTone:', stop: '\n', k: 2, metric: 'exact_match', licence: 'unknown' },
    splits: { pool: 1, prompts: 1, validation: 0, probe: 0, test: 0 },
  };

  it.each([
    FILE,
    { ...FILE, generator: { name: 'x', version: '1', seed: 1 }, $schema: '../task.schema.json' },
  ])('takes what the lab takes (%#)', async (file) => {
    expect([schema(file), await isRead(file)]).toEqual([true, true]);
  });

  it.each([
    ...Object.keys(FILE).map((name) => without(FILE, name)),
    ...[
      { ...FILE, id: 'A b' },
      { ...FILE, kind: 'x' },
      { ...FILE, role: 'mine' },
      { ...FILE, k: 0 },
    ],
    ...[
      { ...FILE, k: 1.5 },
      { ...FILE, metric: 'f1' },
      { ...FILE, license: 'MIT' },
      { ...FILE, stop: '' },
    ],
    ...[
      { ...FILE, labels: ['good', 'good'] },
      { ...FILE, labels: 'good' },
      { ...FILE, fields: {} },
    ],
    ...[
      { ...FILE, splits: { ...FILE.splits, test: -1 } },
      { ...FILE, splits: {} },
      { ...FILE, generator: 1 },
    ],
  ])('refuses what the lab refuses (%#)', async (file) => {
    expect([schema(file), await isRead(file)]).toEqual([false, false]);
  });
});
