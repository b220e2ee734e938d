import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hubShelf } from '../../src/storage/hub-shelf.ts';
import type { ModelShelf } from '../../src/store/runs/vault.ts';

/** The parts of the origin's private file system that are used, in memory. */
class FakeFile {
  readonly kind = 'file';
  bytes = new Uint8Array();
  getFile() {
    return Promise.resolve(new Blob([this.bytes]));
  }
  createWritable() {
    let next = this.bytes;
    return Promise.resolve({
      truncate: (size: number) => {
        next = next.slice(0, size);
      },
      write: ({ position, data }: { position: number; data: ArrayBuffer }) => {
        const grown = new Uint8Array(Math.max(next.length, position + data.byteLength));
        grown.set(next);
        grown.set(new Uint8Array(data), position);
        next = grown;
      },
      close: () => {
        this.bytes = next;
      },
    });
  }
}
class FakeFolder {
  readonly kind = 'directory';
  readonly inside = new Map<string, FakeFile | FakeFolder>();
  #get(name: string, create: boolean | undefined, fresh: () => FakeFile | FakeFolder) {
    const found = this.inside.get(name);
    if (found !== undefined) return Promise.resolve(found);
    if (create !== true) return Promise.reject(new DOMException('none', 'NotFoundError'));
    const made = fresh();
    this.inside.set(name, made);
    return Promise.resolve(made);
  }
  getDirectoryHandle(name: string, { create }: { create?: boolean } = {}) {
    return this.#get(name, create, () => new FakeFolder());
  }
  getFileHandle(name: string, { create }: { create?: boolean } = {}) {
    return this.#get(name, create, () => new FakeFile());
  }
  removeEntry(name: string) {
    this.inside.delete(name);
    return Promise.resolve();
  }
  async *entries() {
    await Promise.resolve();
    yield* this.inside.entries();
  }
  async *values() {
    await Promise.resolve();
    yield* this.inside.values();
  }
}

const FILES: Readonly<Record<string, number>> = {
  'config.json': 10,
  'tokenizer.json': 20,
  'model.safetensors': 20 * 1024 * 1024,
  'README.md': 5,
};
const TOTAL = 30 + 20 * 1024 * 1024;
/** Of 20 MiB of zeros. */
const SHA256 = createHash('sha256')
  .update(new Uint8Array(20 * 1024 * 1024))
  .digest('hex');

let shelf: ModelShelf;
let asked: string[];
/** Answers from now on until the network breaks; Infinity: it holds. */
let holds: number;
/** The digest that the Hub lists for the weights. */
let listed: string;

beforeEach(() => {
  const root = new FakeFolder();
  asked = [];
  holds = Infinity;
  listed = SHA256;
  vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.resolve(root) } });
  vi.stubGlobal('fetch', (address: string, { headers }: RequestInit) => {
    if (holds-- <= 0) return Promise.reject(new TypeError('Failed to fetch'));
    const path = address.split('/main/')[1];
    if (path === undefined) {
      const list = Object.entries(FILES).map(([name, size]) => ({
        ...{ path: name, size, type: 'file' },
        ...(name.endsWith('.safetensors') ? { lfs: { oid: listed, size, pointerSize: 134 } } : {}),
      }));
      const isThere = address.includes('/owner/model/');
      return Promise.resolve(new Response(JSON.stringify(list), { status: isThere ? 200 : 404 }));
    }
    const [, from = '0', to = '0'] = /bytes=(\d+)-(\d+)/.exec(new Headers(headers).get('range') ?? '') ?? [];
    asked.push(`${path} ${from}`);
    return Promise.resolve(new Response(new Uint8Array(Number(to) - Number(from) + 1), { status: 206 }));
  });
  const made = hubShelf();
  if (made === null) throw new Error('no shelf');
  shelf = made;
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const fetchModel = () => shelf.fetch('owner/model', new AbortController().signal, () => undefined);

describe('models of the Hub', () => {
  it('tells the size of what the lab reads, and fetches nothing else', async () => {
    expect(await shelf.ask('owner/model', new AbortController().signal)).toBe(TOTAL);
    expect(asked).toEqual([]);
    await fetchModel();
    expect(asked.some((line) => line.startsWith('README'))).toBe(false);
  });

  it('goes on where a broken download was, and is there only when it is whole', async () => {
    holds = 5; // The list, two small files, two parts of the weights.
    await expect(fetchModel()).rejects.toMatchObject({ code: 'source-unreadable' });
    expect(await shelf.open('owner/model')).toBeNull();
    expect(await shelf.kept()).toEqual([{ name: 'owner/model', bytes: 30 + 16 * 1024 * 1024 }]);
    holds = Infinity;
    asked = [];
    const told: number[] = [];
    await shelf.fetch('owner/model', new AbortController().signal, (done, total) => {
      told.push(done / total);
    });
    expect(asked).toEqual([`model.safetensors ${16 * 1024 * 1024}`]);
    expect(told.at(-1)).toBe(1);
    expect(await shelf.open('owner/model')).toMatchObject({ kind: 'directory' });
  });

  it('refuses weights whose digest is not the listed one, and fetches them anew after that', async () => {
    listed = 'f'.repeat(64);
    await expect(fetchModel()).rejects.toMatchObject({ code: 'model-integrity' });
    expect(await shelf.open('owner/model')).toBeNull();
    listed = SHA256;
    asked = [];
    await fetchModel();
    expect(asked[0]).toBe('model.safetensors 0');
    expect(await shelf.open('owner/model')).toMatchObject({ kind: 'directory' });
  });

  it('stops when asked to', async () => {
    const abort = new AbortController();
    const fetching = shelf.fetch('owner/model', abort.signal, (done) => {
      if (done > 30) {
        abort.abort();
        holds = 0;
      }
    });
    await expect(fetching).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says what is wrong with a name', async () => {
    const { signal } = new AbortController();
    await expect(shelf.ask('just-a-name', signal)).rejects.toMatchObject({ code: 'invalid-request' });
    await expect(shelf.ask('owner/other', signal)).rejects.toThrow('the Hub answered 404');
  });

  it('deletes a model with all its files', async () => {
    await fetchModel();
    await shelf.remove('owner/model');
    expect(await shelf.kept()).toEqual([]);
    expect(await shelf.open('owner/model')).toBeNull();
  });
});
