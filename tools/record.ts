/**
 * @file `npm run record`: the run that the page plays to whoever waits (public/recorded/first-run.bootlace.zip). The
 * page's own default setup, run in Node on wasm by the same loop, ports and engines, written as the page exports a run, but
 * for the adapters of the arms that the first is compared with: nobody who waits asks these anything.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LastingEvent } from '../src/words/events.ts';
import { isLasting } from '../src/words/events.ts';
import { bootstrap } from '../src/method/loop.ts';
import { openSource } from '../src/formats/open-source.ts';
import { readTask } from '../src/formats/task-folder.ts';
import { modelFacts } from '../src/lab/model-facts.ts';
import { labPorts } from '../src/lab/ports.ts';
import { withoutNumbers } from '../src/lora/hash.ts';
import { Computed, reusing } from '../src/lab/reuse.ts';
import { writeRunFile } from '../src/store/runs/run-file.ts';
import { DEFAULT_SETUP, armsOf } from '../src/store/setup/setup.ts';
import { folderInMemory, loadFolder, nodeServices } from './node-services.ts';

const OUT = 'public/recorded/first-run.bootlace.zip';

const services = await nodeServices();
const info = await loadFolder(services, join('public/models', DEFAULT_SETUP.model.name));
const { signal } = new AbortController();
const model = modelFacts(info);
const ports = reusing(labPorts({ ...services, model, signal, now: () => performance.now() }), new Computed());
const task = await readTask(openSource(await folderInMemory(join('public/icl-pool', DEFAULT_SETUP.taskId))));

const events = new Map<string, LastingEvent[]>();
const first = armsOf(DEFAULT_SETUP)[0]?.name;
const lighter = (event: LastingEvent): LastingEvent =>
  event.type === 'trained' ? { ...event, adapter: withoutNumbers(event.adapter) } : event;
for (const seed of DEFAULT_SETUP.seeds) {
  for (const arm of armsOf(DEFAULT_SETUP)) {
    const told: LastingEvent[] = [];
    for await (const event of bootstrap({ task, arm, seed }, ports)) {
      if (isLasting(event)) told.push(arm.name === first ? event : lighter(event));
      if (event.type === 'round-ended') console.log(`${arm.name}, seed ${seed}: round ${event.round} done`);
    }
    events.set(`${arm.name}/${seed}`, told);
  }
}
await services.close();

const bytes = writeRunFile({
  ...{
    name: `Recorded: SOFT on ${DEFAULT_SETUP.taskId}`,
    createdAt: Date.now(),
    status: 'done',
    setup: DEFAULT_SETUP,
  },
  model: { name: model.name, sha256: model.sha256, device: info.device.description },
  ...{ task, events },
});
await mkdir(dirname(OUT), { recursive: true });
await writeFile(OUT, bytes);
console.log(`${OUT}: ${(bytes.length / 1024 ** 2).toFixed(1)} MiB.`);
