/** @file JSON files read with typed errors, and what JSON.parse hides: a key that stands twice in one object. */
import { LabError, type ErrorCode } from '../core/errors.ts';
import type { JsonObject } from '../models/architecture.ts';
import { shown } from '../core/json-object.ts';
import { missingFile, type FileSource } from './file-source.ts';
import { refuseDeepJson } from './json-depth.ts';

/** Larger than any configuration; the largest published tokenizer.json files have about 35 MB. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param file names the text in errors.
 * @throws LabError `code` for bytes that are no UTF-8, no JSON or no JSON object. */
function parseJsonObject(bytes: Uint8Array, file: string, code: ErrorCode): JsonObject {
  let value: unknown;
  try {
    // Editors on Windows put a byte-order mark first, which is no part of JSON.
    value = JSON.parse(decodeUtf8(bytes).replace(/^\uFEFF/, ''));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError(code, `${file} is no JSON (${why}).`, { cause });
  }
  if (isJsonObject(value)) return value;
  throw new LabError(code, `${file} must hold a JSON object, found ${kindOf(value)}.`);
}

/** @throws TypeError for bytes that are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** @throws LabError `source-unreadable` for a missing file, `code` for a broken one. */
export async function readJson(
  source: FileSource,
  path: string,
  code: ErrorCode = 'model-integrity',
): Promise<JsonObject> {
  const json = await readJsonIfAny(source, path, code);
  if (json === null) throw missingFile(path, source.label);
  return json;
}

/** Like readJson, null where there is no such file. */
export async function readJsonIfAny(
  source: FileSource,
  path: string,
  code: ErrorCode = 'model-integrity',
): Promise<JsonObject | null> {
  const size = await source.size(path);
  if (size === null) return null;
  if (size > MAX_JSON_BYTES) {
    throw new LabError(code, `${path} in ${source.label} has ${size} bytes, expected a JSON file.`);
  }
  const bytes = await source.read(path, 0, size);
  const where = `${path} in ${source.label}`;
  refuseDeepJson(bytes, where, code);
  return parseJsonObject(bytes, where, code);
}

/** What a JSON value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** A value from a file as JSON, shortened to `length` characters for a message. */
export const shownJson = (value: unknown, length = 60): string =>
  value === undefined ? 'none' : shown(value, length);

/** The first key that stands twice in one object of the text, or null. JSON.parse keeps the last one silently, so
 * two readers may see different files. `text` must have passed JSON.parse; the depth of nesting is no limit. */
export function findDuplicateKey(text: string): string | null {
  // One entry per open bracket: the keys seen in an object, null for an array.
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      expectsKey = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      expectsKey = false;
    } else if (character === ',') {
      expectsKey = open.at(-1) instanceof Set;
    } else if (character === '"') {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (expectsKey && keys instanceof Set) {
        // Decoded, so that "a" and "\u0061" are one key.
        const key: unknown = JSON.parse(text.slice(i, end + 1));
        if (keys.has(String(key))) return String(key);
        keys.add(String(key));
        expectsKey = false;
      }
      i = end;
    }
  }
  return null;
}

/** Index of the quote that closes the string opened at `begin`. */
function endOfString(text: string, begin: number): number {
  let i = begin + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}
