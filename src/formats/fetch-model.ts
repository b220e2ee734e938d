/**
 * @file A model's folder on a host, brought into this page: each file that the lab reads is fetched once, the weights
 * digested on the way, and both workers are handed the same bytes.
 */
import type { FileLike, SourceDescriptor } from '../core/source.ts';
import { OLD_TEMPLATE_FILE, TEMPLATE_FILE } from './chat-template.ts';
import type { FetchOptions, Fetched } from './fetch-file.ts';
import { fetchFile } from './fetch-file.ts';
import { isJsonObject } from './json.ts';
import { fileUrl, folderUrl } from './url-source.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const TOKENIZER_CONFIG = 'tokenizer_config.json';
/** Read where they are there. */
const SMALL = [
  'config.json',
  'tokenizer.json',
  TOKENIZER_CONFIG,
  'generation_config.json',
  'special_tokens_map.json',
];
/** Where a folder's weights cannot be kept, each worker keeps what is no larger: the tokenizer, at the most. */
const MOST_BESIDE_BYTES = 64 * 1024 ** 2;

interface FetchModelOptions extends Omit<FetchOptions, 'isHashed' | 'onBytes'> {
  /** Of all files; the total is null until every file's length is known. */
  readonly onBytes?: (done: number, total: number | null) => void;
}

type Kept = Extract<SourceDescriptor, { kind: 'files' }>['files'][number];

/** The folder with its files in hand; as it was where its weights are too large for that (they are then read by ranges).
 * @throws LabError as fetchFile; a file that is missing is told by whoever reads the folder */
export async function fetchModel(
  url: string,
  { onBytes, ...options }: FetchModelOptions = {},
): Promise<SourceDescriptor> {
  const base = folderUrl(url);
  const tally = new Map<string, { done: number; total: number | null }>();
  const all = new AbortController();
  const stop = (): void => {
    all.abort();
  };
  options.signal?.addEventListener('abort', stop);
  if (options.signal?.aborted === true) stop();
  const fetchOne = async (path: string, isHashed = false): Promise<Fetched> => {
    tally.set(path, { done: 0, total: null });
    const found = await fetchFile(fileUrl(base, path), path, {
      ...{ ...options, signal: all.signal, isHashed },
      onBytes: (done, total) => {
        tally.set(path, { done, total });
        onBytes?.(...sum([...tally.values()]));
      },
    });
    if (found.kind === 'missing') {
      tally.delete(path);
      onBytes?.(...sum([...tally.values()]));
    }
    return found;
  };
  const kept: Kept[] = [];
  const keep = async (path: string, isHashed = false): Promise<Fetched> => {
    const found = await fetchOne(path, isHashed);
    if (found.kind === 'large') throw new TooLarge();
    if (found.kind === 'whole') {
      const { blob, sha256 } = found;
      kept.push({ path, file: named(blob, path), ...(sha256 !== null && { sha256 }) });
    }
    return found;
  };
  const weights = async (): Promise<void> => {
    if ((await keep(SINGLE, true)).kind === 'whole') return;
    const index = await keep(INDEX);
    const shards = index.kind === 'whole' ? shardsOf(await index.blob.text()) : [];
    // One after the other: together they would share the line, and none would be done before all are.
    for (const shard of shards) await keep(shard, true);
  };
  const words = async (): Promise<void> => {
    const [config, template] = await Promise.all([keep(TOKENIZER_CONFIG), keep(TEMPLATE_FILE)]);
    const holdsTemplate =
      config.kind === 'whole' && /"chat_template"\s*:\s*["[]/.test(await config.blob.text());
    if (template.kind !== 'whole' && !holdsTemplate) await keep(OLD_TEMPLATE_FILE);
  };
  try {
    const rest = SMALL.filter((path) => path !== TOKENIZER_CONFIG);
    await Promise.all([weights(), words(), ...rest.map((path) => keep(path))]);
  } catch (thrown) {
    stop(); // What else is on its way is not wanted any more.
    if (thrown instanceof TooLarge) return { kind: 'url', url, mostBytes: MOST_BESIDE_BYTES };
    throw thrown;
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
  return { kind: 'files', label: base.href, files: kept };
}

/** The folder holds a file that cannot be kept. */
class TooLarge extends Error {}

function named(blob: Blob, path: string): FileLike {
  return new File([blob], path.slice(path.lastIndexOf('/') + 1));
}

/** Files that the index names; a faulty index names none here and is told of when the folder is opened. */
function shardsOf(text: string): readonly string[] {
  try {
    const index: unknown = JSON.parse(text);
    const map = isJsonObject(index) ? index.weight_map : null;
    if (!isJsonObject(map)) return [];
    return [...new Set(Object.values(map))].filter((shard) => typeof shard === 'string').sort();
  } catch {
    return [];
  }
}

function sum(parts: readonly { done: number; total: number | null }[]): [number, number | null] {
  const done = parts.reduce((all, part) => all + part.done, 0);
  const isKnown = parts.every(({ total }) => total !== null);
  return [done, isKnown ? parts.reduce((all, { total }) => all + (total ?? 0), 0) : null];
}
