/** @file The files of a dropped folder, with their paths inside it, in any browser and on any origin. */
import type { PickedFiles } from '../core/source.ts';

interface Placed {
  readonly path: string;
  readonly file: File;
}

function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  return new Promise((resolve, reject) => {
    // A reader hands out a part at a time until it hands out none.
    const more = () => {
      reader.readEntries((some) => {
        all.push(...some);
        if (some.length === 0) resolve(all);
        else more();
      }, reject);
    };
    more();
  });
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

async function collect(entry: FileSystemEntry, prefix: string): Promise<Placed[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => {
      entry.file(resolve, reject);
    });
    return [{ path: prefix + entry.name, file }];
  }
  if (!isFolder(entry)) return [];
  const parts: Placed[][] = [];
  for (const child of await entriesOf(entry)) {
    parts.push(await collect(child, isFile(child) ? prefix : `${prefix}${child.name}/`));
  }
  return parts.flat();
}

/** A dropped folder, or the files dropped together; null where nothing of the kind was dropped. */
export async function describeDrop(items: DataTransferItemList): Promise<PickedFiles | null> {
  // The entries must be taken before the first await: the list is emptied when the event ends.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const [first] = entries;
  if (first === undefined) return null;
  const files = (await Promise.all(entries.map((entry) => collect(entry, '')))).flat();
  return { kind: 'files', label: entries.length === 1 ? first.name : 'dropped files', files };
}
