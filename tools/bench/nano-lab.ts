/** @file What the benches of the whole method run on: the lab in Node on wasm with the bundled model, and one task. */
import { modelFacts } from '../../src/lab/model-facts.ts';
import { labPorts } from '../../src/lab/ports.ts';
import { openSource } from '../../src/formats/open-source.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import { folderInMemory, loadFolder, nodeServices } from '../node-services.ts';

export async function nanoLab() {
  const services = await nodeServices();
  const info = await loadFolder(services, 'public/models/nano');
  const { signal } = new AbortController();
  const model = modelFacts(info);
  const ports = labPorts({ ...services, model, signal, now: () => performance.now() });
  const task = await readTask(openSource(await folderInMemory('public/icl-pool/topic-4')));
  return { services, model, device: info.device.description, ports, task };
}
