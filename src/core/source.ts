/**
 * @file Where a folder of files comes from, described by plain data that can cross into a worker. The browser's
 * File and FileSystemDirectoryHandle appear here only by the parts that are used, since core knows no DOM; the real
 * ones fit as they are.
 */
import type { Infer } from './shape.ts';
import { array, bytes, count, exactly, like, mapOf, object, optional, tagged, text } from './shape.ts';

/** A Blob, as far as reading by range goes. */
export interface BlobLike {
  readonly size: number;
  slice(begin?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A File that was picked or dropped. */
export interface FileLike extends BlobLike {
  readonly name: string;
  /** Path below (and with) the folder that was picked; absent or '' for a single file. */
  readonly webkitRelativePath?: string;
}

/** A FileSystemDirectoryHandle. */
export interface DirectoryLike {
  readonly name: string;
  getFileHandle(name: string): Promise<{ getFile(): Promise<FileLike> }>;
  getDirectoryHandle(name: string): Promise<DirectoryLike>;
}

/** The platform's objects have these, not all of their own; what the methods take and give is the platform's promise. */
function offers(value: unknown, fields: Readonly<Record<string, 'number' | 'string' | 'function'>>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(fields).every(([name, kind]) => typeof Reflect.get(value, name) === kind);
}
const isFile = (value: unknown): value is FileLike =>
  offers(value, { size: 'number', name: 'string', slice: 'function', arrayBuffer: 'function' });
const isDirectory = (value: unknown): value is DirectoryLike =>
  offers(value, { name: 'string', getFileHandle: 'function', getDirectoryHandle: 'function' });

/** A file of a folder, by its path inside. */
const folderFile = object({
  path: text,
  file: like(isFile, 'a File'),
  /** Hex sha256 of its bytes, where it was made while they came. */
  sha256: optional(text),
});
export type FolderFile = Infer<typeof folderFile>;

/** A folder in the Hub's layout, as structured-cloneable data; formats/file-source.ts opens it. */
export const sourceDescriptor = tagged('kind', [
  /** `url` is absolute: a worker's own base is not the page's. Files of more than `mostBytes` are read by ranges. */
  object({ kind: exactly('url'), url: text, mostBytes: optional(count) }),
  /** Paths inside the folder, explicit because a clone of a File may lose its webkitRelativePath. */
  object({ kind: exactly('files'), label: text, files: array(folderFile) }),
  object({ kind: exactly('directory'), handle: like(isDirectory, 'a directory handle') }),
  object({ kind: exactly('memory'), label: text, files: mapOf(text, bytes) }),
]);
export type SourceDescriptor = Infer<typeof sourceDescriptor>;

/** Files by their paths, as a picker or a drop gives them. */
export type PickedFiles = Extract<SourceDescriptor, { readonly kind: 'files' }>;

/** Files of a picked folder (webkitRelativePath) or picked one by one (name); the picked folder's own name becomes
 * the label and is no part of the paths. */
export function describeFiles(files: readonly FileLike[]): PickedFiles {
  const paths = files.map(({ name, webkitRelativePath = '' }) =>
    webkitRelativePath === '' ? name : webkitRelativePath,
  );
  const folders = new Set(paths.map((path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')));
  const [folder = ''] = folders;
  const isOneFolder = folders.size === 1 && folder !== '';
  return {
    kind: 'files',
    label: isOneFolder ? folder : 'picked files',
    files: files.map((file, i) => {
      const path = paths[i] ?? file.name;
      return { path: isOneFolder ? path.slice(folder.length + 1) : path, file };
    }),
  };
}
