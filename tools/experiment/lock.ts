/**
 * @file The one command that works in a folder: a file with its process and machine, which comes into being whole. A lock
 * whose process is gone is taken over; whether one of another machine is gone cannot be seen from here.
 */
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import { isErrno, reading, writing } from '../file-faults.ts';

export const LOCK = 'lock';

/** Folders that this very process works in. */
const held = new Set<string>();
/** Of files beside the lock, so that two of one process do not share one. */
let counter = 0;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return isErrno(cause, 'EPERM');
  }
}

/** False where the file is there already. A function of its own: lowered for Node 20, `await using` in a loop throws the
 * error of an earlier turn again. */
async function createNew(path: string, text: string): Promise<boolean> {
  try {
    await using handle = await open(path, 'wx');
    await handle.writeFile(text);
    return true;
  } catch (cause) {
    if (isErrno(cause, 'EEXIST')) return false;
    throw cause;
  }
}

/** False where there is a lock already. Linked into place, so that nobody sees a lock without its process. */
async function begin(path: string, text: string): Promise<boolean> {
  const beside = `${path}.${process.pid}.${counter++}.part`;
  try {
    await writeFile(beside, text);
    await link(beside, path);
    return true;
  } catch (cause) {
    if (isErrno(cause, 'EEXIST')) return false;
    // Some file systems have no links.
    if (isErrno(cause, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'))
      return await createNew(path, text);
    throw cause;
  } finally {
    await rm(beside, { force: true });
  }
}

const readLock = (path: string): Promise<string | null> =>
  reading(path, () =>
    readFile(path, 'utf8').catch((cause: unknown) => {
      if (isErrno(cause, 'ENOENT')) return null;
      throw cause;
    }),
  );

/** @throws LabError `busy` where the lock's process may still be at work */
function refuseAlive(text: string, path: string, folder: string): void {
  const [first = '', host = ''] = text.split('\n');
  const pid = Number(first);
  // No lock of ours, or one that a full disk or a kill left empty.
  if (!Number.isSafeInteger(pid) || pid <= 0) return;
  const isHere = host === '' || host === hostname();
  if (isHere && (pid === process.pid ? !held.has(folder) : !isAlive(pid))) return;
  throw new LabError(
    'busy',
    `Process ${pid}${isHere ? '' : ` of machine ${host}`} is working in ${folder}.`,
    {
      remedy: isHere
        ? `Wait for it, or end it; if it is no experiment, delete ${path}.`
        : `Wait for it, or end it; if it has ended, delete ${path}.`,
    },
  );
}

/** Moves a stale lock away; if another command put its own in between, that one is put back. */
async function remove(path: string, stale: string): Promise<void> {
  const away = `${path}.${process.pid}.${counter++}.part`;
  try {
    await rename(path, away);
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return;
    throw cause;
  }
  if ((await readFile(away, 'utf8')) !== stale) await link(away, path).catch(() => undefined);
  await rm(away, { force: true });
}

/** Takes the folder. @returns gives it back
 * @throws LabError `busy` naming the process that works in it; `storage-…` where it cannot be written to */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK);
  const text = `${process.pid}\n${hostname()}\n`;
  while (!(await writing(path, () => begin(path, text)))) {
    const there = await readLock(path);
    if (there === null) continue;
    refuseAlive(there, path, folder);
    await writing(path, () => remove(path, there));
  }
  held.add(folder);
  return async () => {
    held.delete(folder);
    await rm(path, { force: true }).catch(() => undefined);
  };
}
