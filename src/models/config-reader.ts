/**
 * @file Typed reading of config.json: each field is checked where it is read, and a field that the lab cannot
 * honour is refused by name. Field names are the Hub's, both the classic and the transformers 5 spelling.
 */
import { LabError } from '../core/errors.ts';
import type { JsonObject } from './architecture.ts';
import type { Activation } from './ops.ts';

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON value as an error message shows it. */
export const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const refuse = (field: string, expected: string, found: unknown, remedy?: string) =>
  new LabError(
    'unsupported-architecture',
    `config.json: ${field} must be ${expected}, found ${shown(found)}.`,
    remedy === undefined ? {} : { remedy },
  );

/** A positive whole number; `fallback` where the field may be absent or null. */
export function readCount(config: JsonObject, field: string, fallback?: number): number {
  const value = config[field] ?? fallback;
  // 2^24 bounds every size a browser could hold and keeps products of two sizes exact.
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 2 ** 24) {
    throw refuse(field, 'a whole number from 1 to 16777216', value);
  }
  return value;
}

/** A finite positive number. */
export function readPositive(config: JsonObject, field: string, fallback?: number): number {
  const value = config[field] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw refuse(field, 'a positive number', value);
  }
  return value;
}

export function readFlag(config: JsonObject, field: string, fallback: boolean): boolean {
  const value = config[field] ?? fallback;
  if (typeof value !== 'boolean') throw refuse(field, 'true or false', value);
  return value;
}

/** @throws LabError when `field` has another value than the only one the lab computes. */
export function requireNeutral(config: JsonObject, field: string, ...neutral: readonly unknown[]): void {
  const value = config[field];
  if (value !== undefined && value !== null && !neutral.includes(value)) {
    const allowed = neutral.map((one) => JSON.stringify(one)).join(' or ');
    throw refuse(field, allowed, value, 'Choose a checkpoint without this variant.');
  }
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  relu: 'relu',
};

export function readActivation(config: JsonObject, field: string, fallback: string): Activation {
  const value = config[field] ?? fallback;
  const activation =
    typeof value === 'string' && Object.hasOwn(ACTIVATIONS, value) ? ACTIVATIONS[value] : undefined;
  if (activation === undefined) throw refuse(field, `one of ${Object.keys(ACTIVATIONS).join(', ')}`, value);
  return activation;
}
