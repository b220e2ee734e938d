/** @file PEFT adapter folders as the tests change them: read, altered, written to memory. */
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { importAdapter } from '../../src/formats/peft.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { writeSafetensors, type TensorToWrite } from '../../src/formats/safetensors-writer.ts';
import { nodeSource } from '../../tools/node-source.ts';

export const FAMILIES = ['llama', 'smollm2', 'qwen2', 'qwen3', 'gpt2', 'gpt_neox'];
export const LORA = { r: 4, loraAlpha: 8, useRslora: false, loraDropout: 0 };
export const WEIGHTS = 'adapter_model.safetensors';

export const golden = (path: string) => nodeSource(`test/fixtures/golden/${path}`);
export const utf8 = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

export interface Folder {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly TensorToWrite[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A golden adapter in memory, to be changed. */
export async function folder(path: string): Promise<Folder> {
  const source = golden(path);
  const config: unknown = JSON.parse(new TextDecoder().decode(await source.read('adapter_config.json')));
  const file = await openSafetensors(source, WEIGHTS);
  const tensors: TensorToWrite[] = [];
  for (const name of file.tensors.keys()) {
    const { dtype, shape, bytes } = await file.readRaw(name);
    tensors.push({ name, dtype, shape, data: bytes });
  }
  return { config: { ...(config as object) }, tensors };
}

export const sourceOf = ({ config, tensors, metadata }: Folder) =>
  memorySource(
    new Map([
      ['adapter_config.json', utf8(config)],
      [WEIGHTS, writeSafetensors(tensors, metadata === undefined ? {} : { metadata })],
    ]),
    'adapter',
  );

/** The golden adapter with its config changed, read for its base. */
export async function importWith(path: string, change: Record<string, unknown>) {
  const base = await openCheckpoint(golden(path.split('/')[0] ?? path));
  const given = await folder(path);
  return importAdapter(sourceOf({ ...given, config: { ...given.config, ...change } }), base);
}

export const readWith = async (path: string, change: Record<string, unknown>) =>
  (await importWith(path, change)).adapter;

export const rename = (tensors: readonly TensorToWrite[], from: RegExp | string, to: string) =>
  tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(from, to) }));
