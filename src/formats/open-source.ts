/** @file From the plain data that crossed into a worker to the folder it describes. */
import type { SourceDescriptor } from '../core/source.ts';
import { describeFiles, type FileLike } from '../core/source.ts';
import { directoryHandleSource, filesSource, memorySource, type FileSource } from './file-source.ts';
import { urlSource } from './url-source.ts';

export function openSource(descriptor: SourceDescriptor): FileSource {
  switch (descriptor.kind) {
    case 'url': {
      const { url, mostBytes } = descriptor;
      return urlSource(url, mostBytes === undefined ? {} : { mostBytes });
    }
    case 'files':
      return filesSource(descriptor.label, descriptor.files);
    case 'directory':
      return directoryHandleSource(descriptor.handle);
    case 'memory':
      return memorySource(descriptor.files, descriptor.label);
  }
}

/** A folder that was picked or dropped; paths are those inside the folder. */
export function fileListSource(files: readonly FileLike[]): FileSource {
  return openSource(describeFiles(files));
}
