/**
 * @file What every file format is read into: rows of named columns, each row with its place in the file, and beside
 * them what was not taken and why. Nothing here knows what the columns mean.
 */
import { LabError } from '../../core/errors.ts';
import type { FileEncoding, FileFormat, Origin, RejectedRow } from '../../words/importing.ts';
import type { JsonObject } from '../../core/json-object.ts';

/** A value of a row: text, or JSON's lists (turns, choices) and maps (scores). Numbers and booleans have become text. */
export type Cell = string | readonly unknown[] | JsonObject;

export interface SourceRow {
  /** Line of the row's first character, from 1; in a JSON array the item's number. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, Cell>;
  /** Where one file holds several published splits: the row's own. */
  readonly origin?: Origin;
}

export interface Table {
  readonly file: string;
  readonly format: FileFormat;
  /** Of text. */
  readonly encoding?: FileEncoding;
  readonly columns: readonly string[];
  readonly rows: readonly SourceRow[];
  readonly rejected: readonly RejectedRow[];
  /** The answer to all rows, where a person said it: of a file per class. */
  readonly label?: string;
  /** What a person should know of how the file was read: encoding, header, delimiter. */
  readonly notes: readonly string[];
}

/** A refusal of a whole file. */
export function refuseFile(file: string, what: string, remedy: string): LabError {
  return new LabError('import-refused', `${file} ${what}`, { remedy });
}

/** The first characters of a text, on one line, for messages. */
export function excerpt(text: string, length = 60): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
