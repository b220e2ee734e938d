/** @file The name of an adapter by its content: what a request calls it by, and what a run's file stores it under. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Adapter } from './config.ts';

/** An adapter is never changed once it is in use, so each object is digested once. */
const known = new WeakMap<Adapter, string>();

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The adapter without its numbers. */
export function withoutNumbers(adapter: Adapter): Adapter {
  return { ...adapter, pairs: new Map(), absent: adapterHash(adapter) };
}

/** Hex sha256 over the configuration, the base's digest, the modules' names in their order and the factors' float32
 * bytes: two adapters of one hash answer alike. */
export function adapterHash(adapter: Adapter): string {
  const found = adapter.absent ?? known.get(adapter);
  if (found !== undefined) return found;
  const { config, baseSha256 = null } = adapter;
  const { r, loraAlpha, useRslora, loraDropout, targetModules } = config;
  const pairs = [...adapter.pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  const sizes = pairs.map(([module, { a, b, r: own, loraAlpha: alpha }]) => [
    ...[module, a.length, b.length],
    ...(own === undefined && alpha === undefined ? [] : [own ?? null, alpha ?? null]),
  ]);
  const head = [r, loraAlpha, useRslora, loraDropout, targetModules, baseSha256, sizes];
  const hash = sha256.create().update(utf8ToBytes(JSON.stringify(head)));
  for (const [, { a, b }] of pairs) hash.update(bytesOf(a)).update(bytesOf(b));
  const digest = bytesToHex(hash.digest());
  known.set(adapter, digest);
  return digest;
}

/** Bytes of an adapter's factors. */
export const adapterBytes = ({ pairs }: Adapter): number =>
  [...pairs.values()].reduce((sum, { a, b }) => sum + a.byteLength + b.byteLength, 0);
