/**
 * @file The safetensors files of a checkpoint: one file, or shards listed in model.safetensors.index.json, whose
 * weight_map says which shard holds which tensor.
 */
import { throwIfCancelled, LabError, type CancelSignal } from '../core/errors.ts';
import type { FileSource } from './file-source.ts';
import { isJsonObject, readJson } from './json.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** Far above any that was published (a few hundred); each is asked for by itself. */
const MOST_SHARDS = 4096;

/** @param weightsFile opens this file instead of the customary names.
 * @returns the files in name order, headers validated. */
export async function openWeightFiles(
  source: FileSource,
  weightsFile?: string,
  signal?: CancelSignal,
): Promise<SafetensorsFile[]> {
  if (weightsFile !== undefined || (await source.size(SINGLE)) !== null) {
    return [await openSafetensors(source, weightsFile ?? SINGLE)];
  }
  if ((await source.size(INDEX)) !== null) return openShards(source, signal);
  const hasPickle = (await source.size('pytorch_model.bin')) !== null;
  throw new LabError('model-integrity', `${source.label} has neither ${SINGLE} nor ${INDEX}.`, {
    remedy: hasPickle
      ? 'Its pytorch_model.bin is a pickle, which a page cannot read: save it again with save_pretrained of a current transformers.'
      : 'Choose the folder that holds the weights beside config.json.',
  });
}

async function openShards(source: FileSource, signal: CancelSignal | undefined): Promise<SafetensorsFile[]> {
  const { weight_map: weightMap } = await readJson(source, INDEX);
  if (!isJsonObject(weightMap)) {
    throw new LabError('model-integrity', `${INDEX} in ${source.label} must hold an object "weight_map".`);
  }
  const listed = new Map<string, string>();
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string') {
      throw new LabError('model-integrity', `${INDEX}: weight_map must name a file for tensor "${name}".`);
    }
    listed.set(name, shard);
  }
  const shards = [...new Set(listed.values())].sort();
  if (shards.length > MOST_SHARDS) {
    throw new LabError(
      'model-integrity',
      `${INDEX} lists ${shards.length} files, expected at most ${MOST_SHARDS}.`,
    );
  }
  const files: SafetensorsFile[] = [];
  for (const shard of shards) {
    throwIfCancelled(signal, 'Opening the checkpoint');
    if ((await source.size(shard)) === null) {
      throw new LabError('model-integrity', `${INDEX} lists ${shard}, which ${source.label} does not have.`);
    }
    files.push(await openSafetensors(source, shard));
  }
  checkAgainstIndex(files, listed);
  return files;
}

/** Index and shards must say the same of every tensor: which file wins would otherwise be a guess. */
function checkAgainstIndex(files: readonly SafetensorsFile[], listed: ReadonlyMap<string, string>): void {
  const byPath = new Map(files.map(({ path, tensors }) => [path, tensors]));
  for (const [name, shard] of listed) {
    if (byPath.get(shard)?.has(name) === true) continue;
    throw new LabError(
      'model-integrity',
      `${INDEX} expects tensor "${name}" in ${shard}, found no such tensor there.`,
    );
  }
  for (const { path, tensors } of files) {
    for (const name of tensors.keys()) {
      const shard = listed.get(name);
      if (shard === path) continue;
      throw new LabError(
        'model-integrity',
        `${path} holds tensor "${name}", which ${INDEX} ${shard === undefined ? 'does not list' : `places in ${shard}`}.`,
      );
    }
  }
}
