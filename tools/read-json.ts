/** @file JSON that a person gives to a command, read within bounds: size before it is read, depth before it is walked. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultRow } from '../src/analysis/result-row.ts';
import { resultRow } from '../src/analysis/result-row.ts';
import type { ErrorCode } from '../src/core/errors.ts';
import { LabError } from '../src/core/errors.ts';
import { checked } from '../src/core/shape.ts';
import { refuseDeepJson } from '../src/formats/json-depth.ts';
import { decodeUtf8 } from '../src/formats/json.ts';
import type { Manifest } from '../src/store/runs/manifest.ts';
import { MANIFEST_FILE, MOST_MANIFEST_BYTES, manifest } from '../src/store/runs/manifest.ts';
import { reading } from './file-faults.ts';

/** A text file of at most `most` bytes.
 * @throws LabError `source-unreadable` for what is missing, no plain file, too large or no UTF-8 */
export async function readText(path: string, most: number): Promise<string> {
  const found = await reading(path, () => stat(path));
  if (!found.isFile()) {
    throw new LabError('source-unreadable', `${path} is no file.`, { remedy: 'Name a file.' });
  }
  if (found.size > most) {
    throw new LabError('source-unreadable', `${path} has ${found.size} bytes; at most ${most} are read.`, {
      remedy: 'Give the file that is meant.',
    });
  }
  const bytes = await reading(path, () => readFile(path));
  try {
    // Editors on Windows put a byte-order mark first, which is no part of JSON.
    return decodeUtf8(bytes).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new LabError('source-unreadable', `${path} is no UTF-8.`, { remedy: 'Save it as UTF-8.', cause });
  }
}

/** @param where names the text. @throws LabError `code` for what is no JSON or nested too deeply */
export function parseJson(text: string, where: string, code: ErrorCode): unknown {
  refuseDeepJson(text, where, code);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError(code, `${where} is no JSON: ${why}.`, { remedy: 'Correct the file.', cause });
  }
}

/** Of JSON lines, a value each. @throws LabError `code` naming the line */
export const parseJsonLines = (text: string, where: string, code: ErrorCode): readonly unknown[] =>
  text
    .split('\n')
    .flatMap((line, i) => (line === '' ? [] : [parseJson(line, `${where}, line ${i + 1},`, code)]));

/** As text; a string holds no more. */
const MAX_RESULTS_BYTES = 500 * 1024 ** 2;

/** run.json of an experiment's folder. @throws LabError `source-unreadable` naming the file and what is wrong */
export async function readRunJson(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  const json = parseJson(await readText(path, MOST_MANIFEST_BYTES), path, 'source-unreadable');
  // The file's own value: what else it tells stays in it when it is written anew.
  return checked(manifest, json, `${path} is no run.json of an experiment`, 'source-unreadable');
}

/** The rows of an experiment's results. @throws LabError `source-unreadable` naming file and line */
export async function readResultRows(folder: string): Promise<readonly ResultRow[]> {
  const path = join(folder, 'results.jsonl');
  const lines = parseJsonLines(await readText(path, MAX_RESULTS_BYTES), path, 'source-unreadable');
  return lines.map((line, i) => checked(resultRow, line, `${path}, row ${i + 1}`, 'source-unreadable'));
}
