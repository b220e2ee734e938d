/**
 * @file Which elements of an adapter's input are dropped: a pure function of (key, element index), so that masks need
 * not be stored for the backward pass, resumed training drops the same elements, and every backend drops the same.
 */
import { bitsAt, deriveKey } from '../../core/random.ts';

/** The key of one module's mask in one pass. */
export const dropoutKey = (passKey: number, module: string): number =>
  deriveKey(passKey, 'lora_dropout', module);

/** An element is dropped where its 32 bits are below this; the same comparison stands in WGSL. */
export const dropoutThreshold = (probability: number): number => Math.floor(probability * 0x100000000) >>> 0;

/** 0 for dropped elements and 1 / (1 - p) for kept ones. */
export function dropoutMask(key: number, probability: number, size: number): Float32Array<ArrayBuffer> {
  const threshold = dropoutThreshold(probability);
  const kept = 1 / (1 - probability);
  const mask = new Float32Array(size);
  for (let i = 0; i < size; i++) mask[i] = bitsAt(key, i) < threshold ? 0 : kept;
  return mask;
}
