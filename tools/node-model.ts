/** @file A model folder that answers in Node for as long as a command asks it; nothing of it trains. */
import { labPorts } from '../src/lab/ports.ts';
import { modelFacts } from '../src/lab/model-facts.ts';
import type { Ports } from '../src/method/ports.ts';
import type { ModelInfo } from '../src/protocol/words.ts';
import { folderInMemory, nodeServices } from './node-services.ts';

export interface Answering {
  readonly ports: Ports;
  readonly info: ModelInfo;
}

/** @throws LabError as loading does */
export async function withModel<T>(directory: string, use: (model: Answering) => Promise<T>): Promise<T> {
  const services = await nodeServices();
  try {
    const source = await folderInMemory(directory);
    const info = await services.inference.load({ source, backend: 'wasm' });
    const { signal } = new AbortController();
    const ports = labPorts({ ...services, model: modelFacts(info), signal, now: () => performance.now() });
    return await use({ ports, info });
  } finally {
    await services.close();
  }
}
