/**
 * @file Models of the Hub, kept in the origin's private file system: fetched by ranges into one file each, so that an
 * interrupted download goes on where it was, and read by the workers as a folder. The Hub is asked only when a person
 * asks for a model by name.
 */
import { LabError, toLabError } from '../core/errors.ts';
import { HUB } from '../core/policy.ts';
import type { SourceDescriptor } from '../core/source.ts';
import { directoryHandleSource } from '../formats/file-source.ts';
import { policyFetch } from '../formats/policy-fetch.ts';
import { sha256OfFile } from '../formats/sha256.ts';
import type { AbortLike, KeptModel, ModelShelf, OnBytes } from '../store/runs/vault.ts';
import { storageError } from './database.ts';

const FOLDER = 'models';
/** What the lab reads of a model's folder; weights as one file, or as shards that the index names. */
const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const OPTIONAL = [
  ...['generation_config.json', 'special_tokens_map.json', 'chat_template.jinja', 'chat_template.json'],
];
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** Bytes after which a download is committed to the disk: at most so much is fetched twice. */
const COMMIT_BYTES = 8 * 1024 * 1024;
/** Written last, beside a model that is whole. */
const WHOLE = '.whole';

const isName = (name: string): boolean => /^[\w.-]+\/[\w.-]+$/.test(name) && !name.includes('..');
const folderOnHub = (name: string): string => `${HUB}/${name}/resolve/main/`;
const folderName = (name: string): string => name.replace('/', '--');

interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** The digest in the Hub's list; null for the small files, which git keeps itself. */
  readonly sha256: string | null;
}

/** Large files are listed with their LFS pointer, whose oid is the sha256. */
const digestOf = (entry: object): string | null => {
  const pointer = 'lfs' in entry ? entry.lfs : null;
  if (typeof pointer !== 'object' || pointer === null || !('oid' in pointer)) return null;
  return typeof pointer.oid === 'string' ? pointer.oid.replace('sha256:', '') : null;
};

/** The files of a model that the lab reads, with their sizes. @throws LabError */
async function filesOf(name: string, signal: AbortSignal): Promise<readonly HubFile[]> {
  if (!isName(name)) {
    throw new LabError('invalid-request', `"${name}" is no name of a model on the Hub.`, {
      remedy: 'Write it as the Hub does: OWNER/NAME, e.g. HuggingFaceTB/SmolLM2-135M.',
    });
  }
  const address = `${HUB}/api/models/${name}/tree/main`;
  const answer = await ask(address, signal, `The Hub's list of ${name}`);
  const listed: unknown = await answer.json();
  const found = (Array.isArray(listed) ? listed : []).flatMap((entry: unknown): HubFile[] => {
    if (typeof entry !== 'object' || entry === null || !('path' in entry) || !('size' in entry)) return [];
    const { path, size } = entry;
    return typeof path === 'string' && typeof size === 'number'
      ? [{ path, bytes: size, sha256: digestOf(entry) }]
      : [];
  });
  const has = (path: string) => found.some((file) => file.path === path);
  const shards = found.filter(({ path }) => /^model-\d+-of-\d+\.safetensors$/.test(path));
  const weights = has(WEIGHTS) ? [WEIGHTS] : [INDEX, ...shards.map(({ path }) => path)];
  const missing = [...NEEDED.slice(0, 2), ...weights].filter((path) => !has(path));
  if (missing.length > 0) {
    throw new LabError('source-unreadable', `${name} on the Hub has no ${missing.join(', ')}.`, {
      remedy: 'Choose a model with safetensors weights and a tokenizer.json.',
    });
  }
  const wanted = [...NEEDED, ...OPTIONAL, ...weights];
  return found.filter(({ path }) => wanted.includes(path));
}

async function ask(address: string, signal: AbortSignal, what: string, range?: string): Promise<Response> {
  let answer: Response;
  try {
    // Caches mix up ranges of one file.
    const part = range === undefined ? {} : { headers: { Range: range }, cache: 'no-store' as const };
    answer = await policyFetch(address, { signal, ...part });
  } catch (cause) {
    if (signal.aborted) throw new LabError('cancelled', 'The download was stopped.', { cause });
    if (cause instanceof LabError) throw cause;
    throw new LabError('source-unreadable', `${what} could not be fetched: no connection.`, {
      cause,
      remedy: 'Check the network, then go on: what has come is kept.',
    });
  }
  if (answer.ok) return answer;
  const isHidden = answer.status === 401 || answer.status === 403 || answer.status === 404;
  const why = isHidden ? 'There is none of that name, or it asks for a licence.' : '';
  throw new LabError('source-unreadable', `${what}: the Hub answered ${answer.status}. ${why}`.trim(), {
    remedy: 'Check the name; of models behind a licence, choose the downloaded folder instead.',
  });
}

/** The rest of a file, in commits; a file system writes nothing before it is closed. */
async function fetchRest(
  address: string,
  handle: FileSystemFileHandle,
  { path, bytes }: HubFile,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let at = (await handle.getFile()).size;
  if (at > bytes) at = 0; // Another revision's.
  onBytes(at);
  while (at < bytes) {
    const end = Math.min(bytes, at + COMMIT_BYTES);
    const answer = await ask(address, signal, path, `bytes=${at}-${end - 1}`);
    // A host that ignores ranges sends all of it.
    if (answer.status !== 206) at = 0;
    const said = answer.headers.get('content-range');
    if (answer.status === 206 && said !== null && !said.startsWith(`bytes ${at}-`)) {
      throw new LabError('source-unreadable', `${path}: the Hub answered "${said}" for bytes from ${at}.`);
    }
    const part = await answer.arrayBuffer().catch((cause: unknown) => {
      const code = signal.aborted ? 'cancelled' : 'source-unreadable';
      throw new LabError(code, `${path} broke off after ${at} of ${bytes} bytes.`, { cause });
    });
    try {
      const file = await handle.createWritable({ keepExistingData: true });
      await file.truncate(at);
      await file.write({ type: 'write', position: at, data: part });
      await file.close();
    } catch (thrown) {
      throw storageError(thrown, `kept of ${path}`);
    }
    at += part.byteLength;
    onBytes(at);
    if (part.byteLength === 0)
      throw new LabError('source-unreadable', `${path} ends after ${at} of ${bytes} bytes.`);
  }
}

/** Parts that came on different days may be of different revisions: a broken file is removed, so that it comes anew. */
async function checkDigest(
  folder: FileSystemDirectoryHandle,
  { path, bytes, sha256 }: HubFile,
  signal: AbortSignal,
): Promise<void> {
  if (sha256 === null) return;
  if ((await sha256OfFile(directoryHandleSource(folder), path, bytes, undefined, signal)) === sha256) return;
  await folder.removeEntry(path);
  throw new LabError('model-integrity', `${path} is not the file that the Hub lists: its sha256 differs.`, {
    remedy: 'Try again: what had come of it has been removed.',
  });
}

/** The store knows signals by their shape; fetch takes the platform's own. */
function asAbortSignal(signal: AbortLike): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const abort = new AbortController();
  if (signal.aborted) abort.abort();
  signal.addEventListener('abort', () => {
    abort.abort();
  });
  return abort.signal;
}

class HubShelf implements ModelShelf {
  async #root(): Promise<FileSystemDirectoryHandle> {
    try {
      return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
    } catch (thrown) {
      throw storageError(thrown, 'opened for models');
    }
  }

  async kept(): Promise<readonly KeptModel[]> {
    const models: KeptModel[] = [];
    for await (const [folder, handle] of (await this.#root()).entries()) {
      if (handle.kind !== 'directory') continue;
      let bytes = 0;
      for await (const file of handle.values())
        if (file.kind === 'file') bytes += (await file.getFile()).size;
      models.push({ name: folder.replace('--', '/'), bytes });
    }
    return models;
  }

  async ask(name: string, signal: AbortLike): Promise<number> {
    const files = await filesOf(name, asAbortSignal(signal));
    return files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  remote(name: string): SourceDescriptor {
    return { kind: 'url', url: folderOnHub(name) };
  }

  async fetch(name: string, asked: AbortLike, onBytes: OnBytes): Promise<SourceDescriptor> {
    const signal = asAbortSignal(asked);
    const files = await filesOf(name, signal);
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    try {
      const folder = await (await this.#root()).getDirectoryHandle(folderName(name), { create: true });
      let done = 0;
      for (const file of files) {
        const handle = await folder.getFileHandle(file.path, { create: true });
        await fetchRest(`${folderOnHub(name)}${file.path}`, handle, file, signal, (bytes) => {
          onBytes(done + bytes, total);
        });
        await checkDigest(folder, file, signal);
        done += file.bytes;
      }
      await folder.getFileHandle(WHOLE, { create: true });
      return { kind: 'directory', handle: folder };
    } catch (thrown) {
      throw thrown instanceof LabError ? thrown : storageError(toLabError(thrown), 'kept');
    }
  }

  async open(name: string): Promise<SourceDescriptor | null> {
    try {
      const handle = await (await this.#root()).getDirectoryHandle(folderName(name));
      await handle.getFileHandle(WHOLE);
      return { kind: 'directory', handle };
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return null;
      throw storageError(thrown, 'read');
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await (await this.#root()).removeEntry(folderName(name), { recursive: true });
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return;
      throw storageError(thrown, 'deleted');
    }
  }
}

/** null where the browser has no private file system (insecure origins, old browsers). */
export function hubShelf(): ModelShelf | null {
  return 'storage' in navigator && 'getDirectory' in navigator.storage ? new HubShelf() : null;
}
