/** @file Files or a folder that a person picked, as runs: a run's file, or what the runner or the Python twin wrote. */
import { LabError } from '../../core/errors.ts';
import type { FileLike, PickedFiles } from '../../core/source.ts';
import type { Plumbing } from '../plumbing.ts';
import type { Folder, FolderTools, Opened } from './read-folder.ts';
import { readFolder, rootOf } from './read-folder.ts';
import { readRunFile, refuseLarge } from './run-file.ts';
import { ZipFault, ZipReader } from './zip-reader.ts';

/** Of a folder with every adapter, its configuration and every trained text. */
const MOST_ENTRIES = 100_000;

async function bytesOf(file: FileLike): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new LabError('source-unreadable', `${file.name} could not be read.`, { cause });
  }
}

function zipFolder(bytes: Uint8Array, label: string): Folder | null {
  try {
    const zip = new ZipReader(bytes, MOST_ENTRIES, 'any');
    const read = (path: string, most: number): Promise<Uint8Array> => {
      try {
        return Promise.resolve(zip.read(path, most));
      } catch (thrown) {
        return Promise.reject(
          new LabError('import-refused', `${label}: ${thrown instanceof Error ? thrown.message : ''}.`),
        );
      }
    };
    return { label, paths: zip.entries.map(({ name }) => name), read };
  } catch (thrown) {
    // What is no zip at all is refused by the reader of a run's file, in its words.
    if (thrown instanceof ZipFault) return null;
    throw thrown;
  }
}

function pickedFolder({ files, label }: PickedFiles): Folder {
  const byPath = new Map(files.map(({ path, file }) => [path, file]));
  const read = (path: string, most: number): Promise<Uint8Array> => {
    const file = byPath.get(path);
    if (file === undefined) throw new LabError('import-refused', `${label} has no ${path}.`);
    if (file.size <= most) return bytesOf(file);
    throw new LabError('import-refused', `${path} has ${file.size} bytes, at most ${most} are read.`);
  };
  return { label, paths: [...byPath.keys()], read };
}

async function fromFile(file: FileLike, tools: FolderTools): Promise<Opened> {
  refuseLarge(file);
  const bytes = await bytesOf(file);
  const folder = zipFolder(bytes, file.name);
  const root = folder === null ? null : rootOf(folder);
  return folder === null || root === null
    ? { runs: [readRunFile(bytes, file.name)], told: [] }
    : readFolder(folder, root, tools);
}

interface Needs {
  readonly peft: Pick<Plumbing['peft'], 'factors'>;
  readonly tasks: Plumbing['tasks'];
}

/** @throws LabError `import-refused` naming what is wrong and where; `source-unreadable` */
export async function openPicked(picked: PickedFiles, { peft, tasks }: Needs): Promise<Opened> {
  const tools: FolderTools = {
    factors: (weights) => peft.factors(weights),
    bundledTask: (id) =>
      tasks.cards.some(({ definition }) => definition.id === id) ? tasks.read(id) : Promise.resolve(null),
  };
  const folder = pickedFolder(picked);
  const root = rootOf(folder);
  if (root !== null) return readFolder(folder, root, tools);
  const zips = picked.files.filter(({ path }) => path.endsWith('.zip'));
  const [other] = picked.files.filter(({ path }) => !path.endsWith('.zip'));
  if (zips.length === 0 && picked.files.length !== 1) {
    throw new LabError('import-refused', `${picked.label} holds no run and no experiment.`, {
      remedy:
        'Choose a file that "Export" of a past run has written, or the whole folder that the runner wrote.',
    });
  }
  const all: Opened[] = [];
  for (const { file } of zips.length === 0 ? picked.files : zips) all.push(await fromFile(file, tools));
  const passed = zips.length === 0 || other === undefined ? [] : [`${other.path} is no run’s file.`];
  return { runs: all.flatMap(({ runs }) => runs), told: [...all.flatMap(({ told }) => told), ...passed] };
}
