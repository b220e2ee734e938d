/** @file The shipped tasks: what is in public/icl-pool is what the generator makes, disjoint and well-formed. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sealOf } from '../../tools/world/freeze.ts';
import { taskFile } from '../../src/formats/task-folder.ts';
import { fault } from '../../src/core/shape.ts';
import { CONFIRMATION_TASKS, DEVELOPMENT_TASKS, SEEDS } from '../../tools/world/tasks.ts';
import type { TaskDefinition } from '../../tools/world/tasks.ts';
import { SPLITS } from '../../src/words/task.ts';
import { describeTask, drawTask, writeTask } from '../../tools/world/write-task.ts';

const POOL = join(import.meta.dirname, '../../public/icl-pool');
let present: TaskDefinition[];

beforeAll(async () => {
  const folders = await readdir(POOL);
  present = [...DEVELOPMENT_TASKS, ...CONFIRMATION_TASKS].filter((task) => folders.includes(task.id));
});

describe('public/icl-pool', () => {
  it('holds every development task, and is re-made byte for byte', async () => {
    expect(present.map((task) => task.id)).toEqual(
      expect.arrayContaining(DEVELOPMENT_TASKS.map((task) => task.id)),
    );
    const folder = await mkdtemp(join(tmpdir(), 'world-'));
    for (const task of present) {
      await writeTask(task, SEEDS[task.role], folder);
      for (const file of ['task.json', ...SPLITS.map((split) => `${split}.jsonl`)]) {
        const made = await readFile(join(folder, task.id, file), 'utf8');
        expect(made === (await readFile(join(POOL, task.id, file), 'utf8')), `${task.id}/${file}`).toBe(true);
      }
    }
  });
});

describe('the seal', () => {
  it('is that of the model that ships, whose files are those of its manifest', async () => {
    const model = join(POOL, '../models/nano');
    const frozen: unknown = JSON.parse(await readFile(join(POOL, 'frozen.json'), 'utf8'));
    expect(frozen).toEqual(await sealOf(model));
    const manifest: unknown = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8'));
    let bytes = 0;
    for (const file of await readdir(model)) {
      if (file === 'manifest.json') continue;
      const data = await readFile(join(model, file));
      bytes += data.byteLength;
      expect(manifest).toHaveProperty(
        ['files', file, 'sha256'],
        createHash('sha256').update(data).digest('hex'),
      );
    }
    expect(bytes).toBeLessThanOrEqual(8_000_000);
  });
});

describe.each(DEVELOPMENT_TASKS)('$id', (task) => {
  const splits = drawTask(task, SEEDS[task.role]);
  const rows = SPLITS.flatMap((split) => splits[split]);

  it('has the sizes it tells, without a double', () => {
    for (const split of SPLITS) expect(splits[split]).toHaveLength(task.sizes[split]);
    expect(new Set(rows.map((row) => row.input)).size).toBe(rows.length);
    expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
  });

  it('follows its shape', () => {
    expect(fault(taskFile, describeTask(task, SEEDS[task.role]))).toBeNull();
    expect(task.k).toBeGreaterThanOrEqual(task.labels.length);
  });

  it('answers in the way of its kind', () => {
    for (const row of rows) {
      expect(row.input).not.toMatch(/\n|\s{2}/);
      if (task.kind === 'classification') expect(task.labels).toContain(row.output);
      if (task.kind === 'generation') expect(row.references).toContain(row.output);
      if (task.kind === 'multiple-choice') {
        expect(row.choices?.filter((choice) => choice.correct).map((choice) => choice.text)).toEqual([
          row.output,
        ]);
        expect(new Set(row.choices?.map((choice) => choice.text)).size).toBe(4);
      }
    }
  });

  it('uses each label about equally', () => {
    for (const label of task.labels) {
      const share = rows.filter((row) => row.output === label).length / rows.length;
      expect(Math.abs(share * task.labels.length - 1)).toBeLessThan(0.12);
    }
  });
});
