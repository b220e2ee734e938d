/** @file The factors of an adapter's weights as the lab writes them, without a base to hold them against. */
import { LabError } from '../core/errors.ts';
import type { LoraPair } from '../lora/config.ts';
import { memorySource } from './file-source.ts';
import { PREFIX } from './peft-names.ts';
import { WEIGHTS_FILE } from './peft.ts';
import { openSafetensors } from './safetensors.ts';

const FACTOR = /^(.+)\.lora_([AB])\.weight$/;

/** @throws LabError `adapter-mismatch` naming a tensor that is no factor; `model-integrity` for a damaged file */
export async function readFactors(weights: Uint8Array): Promise<ReadonlyMap<string, LoraPair>> {
  const file = await openSafetensors(
    memorySource(new Map([[WEIGHTS_FILE, new Uint8Array(weights)]]), 'the adapter'),
    WEIGHTS_FILE,
  );
  const found = new Map<string, Partial<LoraPair>>();
  for (const name of file.tensors.keys()) {
    const [, module, side] = FACTOR.exec(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '') ?? [];
    if (module === undefined)
      throw new LabError('adapter-mismatch', `${WEIGHTS_FILE} holds "${name}", which is no factor.`);
    const values = await file.readFloat32(name);
    found.set(module, { ...found.get(module), ...(side === 'A' ? { a: values } : { b: values }) });
  }
  const pairs = new Map<string, LoraPair>();
  for (const [module, { a, b }] of found) {
    if (a === undefined || b === undefined)
      throw new LabError('adapter-mismatch', `${WEIGHTS_FILE} has one factor of "${module}", not two.`);
    pairs.set(module, { a, b });
  }
  return pairs;
}
