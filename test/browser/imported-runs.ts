/** @file Run files as Export writes them, with figures drawn by the seed: what a page is given to open. */
import { readFile } from 'node:fs/promises';
import type { LastingEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import type { Task } from '../../src/words/task.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import type { RunModel } from '../../src/store/runs/run-shape.ts';
import type { Setup } from '../../src/store/setup/setup-shape.ts';
import { writeRunFile } from '../../src/store/runs/run-file.ts';
import { armsOf } from '../../src/store/setup/setup.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { syntheticEvents } from './synthetic-run.ts';

/** The model that the page loads: what it finds out of a base is said of no other. */
export async function bundledModel(): Promise<RunModel> {
  const reference = JSON.parse(await readFile('public/icl-pool/reference.json', 'utf8')) as {
    readonly model: { readonly sha256: string };
  };
  return { name: 'nano', sha256: reference.model.sha256, device: 'wasm' };
}

export const bundledTask = (id: string): Promise<Task> => readTask(nodeSource(`public/icl-pool/${id}`));

/** What is otherwise than in a run of topic-4 on some nano. */
export interface Otherwise {
  readonly task?: Task;
  readonly model?: RunModel;
  /** What each event tells instead. */
  readonly change?: (event: LastingEvent, task: Task) => LastingEvent;
}

export async function runFile(name: string, setup: Setup, createdAt: number, otherwise: Otherwise = {}) {
  const {
    task = await bundledTask('topic-4'),
    model = { name: 'nano', sha256: 'a'.repeat(64), device: 'wasm' },
    change = (event: LastingEvent) => event,
  } = otherwise;
  const events = new Map(
    setup.seeds.flatMap((seed) =>
      armsOf(setup).map((arm) => {
        const told = [...syntheticEvents(task, arm, seed)].filter(isLasting);
        return [`${arm.name}/${seed}`, told.map((event) => change(event, task))] as const;
      }),
    ),
  );
  const bytes = writeRunFile({ name, createdAt, status: 'done', setup, model, task, events });
  return { name: `${name}.bootlace.zip`, mimeType: 'application/zip', buffer: Buffer.from(bytes) };
}
