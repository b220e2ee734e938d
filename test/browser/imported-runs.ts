/** @file Run files as Export writes them, with figures drawn by the seed: what a page is given to open. */
import { isLasting } from '../../src/words/events.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import type { Setup } from '../../src/store/setup/setup-shape.ts';
import { writeRunFile } from '../../src/store/runs/run-file.ts';
import { armsOf } from '../../src/store/setup/setup.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { syntheticEvents } from './synthetic-run.ts';

export async function runFile(name: string, setup: Setup, createdAt: number) {
  const task = await readTask(nodeSource('public/icl-pool/topic-4'));
  const events = new Map(
    setup.seeds.flatMap((seed) =>
      armsOf(setup).map(
        (arm) => [`${arm.name}/${seed}`, [...syntheticEvents(task, arm, seed)].filter(isLasting)] as const,
      ),
    ),
  );
  const model = { name: 'nano', sha256: 'a'.repeat(64), device: 'wasm' };
  const bytes = writeRunFile({ name, createdAt, status: 'done', setup, model, task, events });
  return { name: `${name}.bootlace.zip`, mimeType: 'application/zip', buffer: Buffer.from(bytes) };
}
