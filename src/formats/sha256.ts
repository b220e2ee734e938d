/** @file sha256 of files, streamed in chunks; crypto.subtle takes whole buffers only and is absent on http origins. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { throwIfCancelled, type CancelSignal } from '../core/errors.ts';
import type { FileSource } from './file-source.ts';

const CHUNK_BYTES = 8 * 1024 * 1024;

/** Hex digest of one file. @param onBytes called with the bytes of each chunk done. */
export async function sha256OfFile(
  source: FileSource,
  path: string,
  fileBytes: number,
  onBytes?: (bytes: number) => void,
  signal?: CancelSignal,
): Promise<string> {
  const hash = sha256.create();
  for (let at = 0; at < fileBytes; at += CHUNK_BYTES) {
    throwIfCancelled(signal, `Hashing ${path}`);
    const bytes = await source.read(path, at, Math.min(fileBytes, at + CHUNK_BYTES));
    hash.update(bytes);
    onBytes?.(bytes.length);
  }
  return bytesToHex(hash.digest());
}

/** Hex digest of a text's UTF-8 bytes. */
export function sha256OfText(text: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(text)));
}
