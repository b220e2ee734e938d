/**
 * @file From a task's definition to its folder: items drawn, deduplicated, cut into disjoint splits and written as
 * the lab reads them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import type { SplitName } from '../../src/words/task.ts';
import { Draw } from './draw.ts';
import { STOP } from './fields.ts';
import { isHeldOut } from './holdout.ts';
import type { Item, Sizes, TaskDefinition } from './tasks.ts';

const GENERATOR = 'bootlace-world';
const GENERATOR_VERSION = '1.0.0';

export interface Row extends Item {
  readonly id: string;
}

/** Draws that may fail to be new before the world is said to be too small for the task. */
const PATIENCE = 200_000;

/** All splits of a task; the inputs are pairwise different and held out of the corpus. */
export function drawTask(task: TaskDefinition, seed: number): Readonly<Record<SplitName, readonly Row[]>> {
  const draw = new Draw(seed, 'task', task.id);
  const seen = new Set<string>();
  let missed = 0;
  const rows = (split: SplitName, count: number): Row[] => {
    const out: Row[] = [];
    while (out.length < count) {
      const item = task.draw(draw, seen.size);
      // Questions about facts are kept apart by whom they ask about, not by their hash.
      if (seen.has(item.input) || (task.kind !== 'multiple-choice' && !isHeldOut(item.input))) {
        if (++missed > PATIENCE)
          throw new LabError('internal', `The world has too few different inputs for ${task.id}.`);
        continue;
      }
      missed = 0;
      seen.add(item.input);
      out.push({ id: `${task.id}-${split}-${String(out.length).padStart(4, '0')}`, ...item });
    }
    return out;
  };
  const sizes: Sizes = task.sizes;
  return {
    pool: rows('pool', sizes.pool),
    prompts: rows('prompts', sizes.prompts),
    validation: rows('validation', sizes.validation),
    probe: rows('probe', sizes.probe),
    test: rows('test', sizes.test),
  };
}

/** What stands in task.json; its schema is task.schema.json beside the shipped folders (npm run schemas). */
export function describeTask(task: TaskDefinition, seed: number): Record<string, unknown> {
  return {
    $schema: '../task.schema.json',
    id: task.id,
    description: task.description,
    kind: task.kind,
    role: task.role,
    fields: task.fields,
    labels: task.labels,
    template: `${task.fields.input}: {input}\n${task.fields.output}:`,
    stop: STOP,
    k: task.k,
    metric: task.metric,
    licence: 'MIT',
    generator: { name: GENERATOR, version: GENERATOR_VERSION, seed },
    splits: task.sizes,
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export async function writeTask(task: TaskDefinition, seed: number, root: string): Promise<void> {
  const folder = join(root, task.id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'task.json'), json(describeTask(task, seed)));
  for (const [split, rows] of Object.entries(drawTask(task, seed))) {
    await writeFile(join(folder, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}
