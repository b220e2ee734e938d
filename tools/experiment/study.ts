/**
 * @file The folder of an experiment: begun or gone on with, one command at a time.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import type { Manifest } from '../../src/store/runs/manifest.ts';
import { MANIFEST_FILE } from '../../src/store/runs/manifest.ts';
import { makeFolder, reading, writing } from '../file-faults.ts';
import { readRunJson } from '../read-json.ts';
import { writeWhole } from './durable.ts';
import { LOCK, lockFolder } from './lock.ts';
import { refuseOther } from './manifest.ts';

export class Study {
  readonly folder: string;
  readonly #release: () => Promise<void>;
  readonly #earlier: Manifest | null;

  private constructor(folder: string, earlier: Manifest | null, release: () => Promise<void>) {
    this.folder = folder;
    this.#earlier = earlier;
    this.#release = release;
  }

  /** @throws LabError `invalid-request` for a folder that is there without `isResumed`; `busy`; `source-unreadable` */
  static async open(folder: string, isResumed: boolean): Promise<Study> {
    const isThere = existsSync(folder) && (await writing(folder, () => readdir(folder))).length > 0;
    if (isThere && !isResumed) {
      throw new LabError('invalid-request', `${folder} is there already.`, {
        remedy: 'Add --resume to go on with it, or take another --out.',
      });
    }
    await makeFolder(folder);
    const release = await lockFolder(folder);
    try {
      if (existsSync(join(folder, MANIFEST_FILE)))
        return new Study(folder, await readRunJson(folder), release);
      // A kill before the first run.json leaves the lock at most.
      if (
        (await reading(folder, () => readdir(folder))).some(
          (name) => name !== LOCK && !name.endsWith('.part'),
        )
      ) {
        throw new LabError(
          'source-unreadable',
          `${folder} holds files, but no ${MANIFEST_FILE} of an experiment.`,
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
    return writeWhole(
      join(this.folder, MANIFEST_FILE),
      `${JSON.stringify({ ...manifest, devices }, null, 2)}\n`,
    );
  }

  close(): Promise<void> {
    return this.#release();
  }
}
