/**
 * @file The folder of an experiment: begun or gone on with, one command at a time.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import { writeWhole } from './durable.ts';
import type { Earlier, Manifest } from './manifest.ts';
import { readManifest, refuseOther } from './manifest.ts';

const MANIFEST = 'run.json';
const LOCK = 'lock';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
};

/** False where the file is there already. A function of its own: lowered for Node 20, `await using` in a loop throws the
 * error of an earlier turn again. */
async function begin(path: string): Promise<boolean> {
  try {
    await using handle = await open(path, 'wx');
    await handle.writeFile(String(process.pid));
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
    throw cause;
  }
}

/** The one command that works in a folder; a lock whose process is gone is taken over. */
async function lock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK);
  for (;;) {
    if (await begin(path)) return () => rm(path, { force: true });
    const pid = Number(await readFile(path, 'utf8').catch(() => ''));
    if (pid > 0 && pid !== process.pid && isAlive(pid)) {
      throw new LabError('busy', `Process ${pid} is working in ${folder}.`, {
        remedy: `Wait for it, or end it; if it is no experiment, delete ${path}.`,
      });
    }
    await rm(path, { force: true });
  }
}

export class Study {
  readonly folder: string;
  readonly #release: () => Promise<void>;
  readonly #earlier: Earlier | null;

  private constructor(folder: string, earlier: Earlier | null, release: () => Promise<void>) {
    this.folder = folder;
    this.#earlier = earlier;
    this.#release = release;
  }

  /** @throws LabError `invalid-request` for a folder that is there without `isResumed`; `busy`; `source-unreadable` */
  static async open(folder: string, isResumed: boolean): Promise<Study> {
    const isThere = existsSync(folder) && (await readdir(folder)).length > 0;
    if (isThere && !isResumed) {
      throw new LabError('invalid-request', `${folder} is there already.`, {
        remedy: 'Add --resume to go on with it, or take another --out.',
      });
    }
    await mkdir(folder, { recursive: true });
    const release = await lock(folder);
    try {
      const path = join(folder, MANIFEST);
      if (existsSync(path))
        return new Study(folder, readManifest(await readFile(path, 'utf8'), path), release);
      // A kill before the first run.json leaves the lock at most.
      if ((await readdir(folder)).some((name) => name !== LOCK && !name.endsWith('.part'))) {
        throw new LabError(
          'source-unreadable',
          `${folder} holds files, but no ${MANIFEST} of an experiment.`,
          {
            remedy: 'Take another --out.',
          },
        );
      }
      return new Study(folder, null, release);
    } catch (thrown) {
      await release();
      throw thrown;
    }
  }

  /** Other versions of the lab than those that began the study, in a sentence; null where they are the same.
   * @throws LabError `invalid-request` where the folder holds another experiment */
  accept(manifest: Manifest): string | null {
    const earlier = this.#earlier;
    if (earlier === null) return null;
    refuseOther(earlier.config, manifest.config, this.folder);
    const isSame =
      earlier.commit === manifest.commit &&
      JSON.stringify(earlier.versions) === JSON.stringify(manifest.versions);
    return isSame ? null : 'The lab has changed since this study was begun; its results may differ.';
  }

  write(manifest: Manifest): Promise<void> {
    const devices = [...(this.#earlier?.devices ?? []), ...manifest.devices];
    return writeWhole(join(this.folder, MANIFEST), `${JSON.stringify({ ...manifest, devices }, null, 2)}\n`);
  }

  close(): Promise<void> {
    return this.#release();
  }
}
