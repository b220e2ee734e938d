/**
 * @file Where a folder of files comes from, described by plain data that can cross into a worker. The browser's
 * File and FileSystemDirectoryHandle appear here only by the parts that are used, since core knows no DOM; the real
 * ones fit as they are.
 */

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

/** A file of a folder, by its path inside. */
export interface FolderFile {
  readonly path: string;
  readonly file: FileLike;
  /** Hex sha256 of its bytes, where it was made while they came. */
  readonly sha256?: string;
}

/** A folder in the Hub's layout, as structured-cloneable data; formats/file-source.ts opens it. */
export type SourceDescriptor =
  /** `url` is absolute: a worker's own base is not the page's. */
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'files';
      readonly label: string;
      /** Paths inside the folder, explicit because a clone of a File may lose its webkitRelativePath. */
      readonly files: readonly FolderFile[];
    }
  | { readonly kind: 'directory'; readonly handle: DirectoryLike }
  | {
      readonly kind: 'memory';
      readonly label: string;
      readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
    };

/** Files of a picked folder (webkitRelativePath) or picked one by one (name); the picked folder's own name becomes
 * the label and is no part of the paths. */
export function describeFiles(files: readonly FileLike[]): SourceDescriptor {
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
