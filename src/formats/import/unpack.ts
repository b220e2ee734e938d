/** @file gzip and zip, unpacked within bounds: what would become too large is refused before it has become so. */
import { crc32 } from '@exodus/bytes/crc.js';
import { Gunzip, unzipSync } from 'fflate';
import { LabError } from '../../core/errors.ts';
import { refuseFile } from './table.ts';

/** Of all that one file holds. */
export const MOST_UNPACKED = 256 * 1024 * 1024;
const MOST_FILES = 1000;
/** Packed bytes that are unpacked before the size is looked at again: at most a thousandfold. */
const STEP = 64 * 1024;

const tooLarge = (file: string): LabError =>
  refuseFile(
    file,
    `becomes larger than ${MOST_UNPACKED / 2 ** 20} MiB when it is unpacked.`,
    'Unpack it, and give a part of what it holds.',
  );
const damaged = (file: string, why: string): LabError =>
  refuseFile(file, `cannot be unpacked: ${why}.`, 'It is damaged or was not loaded whole: fetch it again.');

/** @throws LabError `import-refused` for one that is damaged, cut off or too large */
export function gunzip(bytes: Uint8Array, file: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const seen = { length: 0, members: 0, isWhole: false };
  const stream = new Gunzip((part, isLast) => {
    parts.push(part);
    seen.length += part.length;
    seen.isWhole = isLast;
    if (seen.length > MOST_UNPACKED) throw tooLarge(file);
  });
  stream.onmember = () => {
    seen.members++;
  };
  try {
    for (let at = 0; at < bytes.length; at += STEP)
      stream.push(bytes.subarray(at, at + STEP), at + STEP >= bytes.length);
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw damaged(file, cause instanceof Error ? cause.message : String(cause));
  }
  const whole = new Uint8Array(seen.length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const tail = new DataView(bytes.buffer, bytes.byteOffset + Math.max(0, bytes.length - 8));
  const isRight = seen.members > 1 || (bytes.length >= 18 && tail.getUint32(0, true) === crc32(whole));
  if (!seen.isWhole || !isRight) throw damaged(file, 'its checksum or its end is not there');
  return whole;
}

export interface ZipEntry {
  readonly path: string;
  readonly size: number;
}

/** Encryption's bit of a local header's flags, which are its bytes 6 and 7. */
const isLocked = (bytes: Uint8Array): boolean => ((bytes[6] ?? 0) & 1) === 1;

function unzip(
  bytes: Uint8Array,
  file: string,
  take: (entry: ZipEntry) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter: ({ name, originalSize }) => take({ path: name, size: originalSize }) });
  } catch (cause) {
    throw damaged(file, cause instanceof Error ? cause.message : String(cause));
  }
}

/** What a zip archive holds, unread, but folders and what systems put beside files.
 * @throws LabError `import-refused` for one that is damaged, locked, or holds too much */
export function zipEntries(bytes: Uint8Array, file: string): readonly ZipEntry[] {
  if (isLocked(bytes))
    throw refuseFile(file, 'is locked with a password.', 'Unpack it, and give what it holds.');
  const entries: ZipEntry[] = [];
  unzip(bytes, file, (entry) => {
    const isOwn = !/(^|\/)(__MACOSX\/|\.|Thumbs\.db$)|\/$/.test(entry.path);
    if (isOwn) entries.push(entry);
    return false;
  });
  if (entries.length > MOST_FILES) {
    throw refuseFile(
      file,
      `holds ${entries.length} files; at most ${MOST_FILES} are read.`,
      'Give the tables themselves.',
    );
  }
  return entries;
}

/** @throws LabError `import-refused` where the entries together are too large, or one is not what the archive says */
export function unzipEntries(
  bytes: Uint8Array,
  file: string,
  paths: ReadonlySet<string>,
): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  let size = 0;
  const found = unzip(bytes, file, (entry) => {
    if (!paths.has(entry.path)) return false;
    size += entry.size;
    // A size that is a lie is cut off there, and its checksum tells it.
    if (size > MOST_UNPACKED) throw tooLarge(file);
    return true;
  });
  const sums = checksums(bytes);
  return new Map(
    Object.entries(found).map(([path, inner]) => {
      if (!sums.has(crc32(inner))) throw damaged(file, `${path} is not what it was packed from`);
      return [path, new Uint8Array(inner)] as const;
    }),
  );
}

/** All checksums of the archive's directory. */
function checksums(bytes: Uint8Array): ReadonlySet<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sums = new Set<number>();
  // Each entry of the directory begins with PK\1\2, and has its checksum 16 bytes on.
  for (let at = bytes.indexOf(0x50); at >= 0 && at + 20 <= bytes.length; at = bytes.indexOf(0x50, at + 1)) {
    if (view.getUint32(at, true) === 0x02014b50) sums.add(view.getUint32(at + 16, true));
  }
  return sums;
}
