/** @file From a file's bytes to its text: encodings, byte order marks and line ends, each told where it is unusual. */
import { TextDecoder } from '@exodus/bytes/encoding.js';
import { plural } from '../../core/plural.ts';
import { decodeUtf32, encodingOf, isUtf32, type Encoding } from './encoding.ts';
import type { FileEncoding } from '../../words/importing.ts';
import { refuseFile } from './table.ts';

export interface DecodedText {
  /** Lines end with \n alone; no byte order mark; NO_CHARACTER where bytes were none. */
  readonly text: string;
  readonly notes: readonly string[];
  readonly encoding: FileEncoding;
}

/** Stands for bytes that are no character: Unicode promises that no text holds it. */
export const NO_CHARACTER = '\uFFFF';
/** More is longer than the longest string of some browsers. */
const MOST_BYTES = 480 * 1024 * 1024;

/** @param encoding as a person says
 * @throws LabError `import-refused` for a file that is empty or no text. */
export function decodeText(bytes: Uint8Array, file: string, encoding?: string): DecodedText {
  if (bytes.length > MOST_BYTES) {
    throw refuseFile(
      file,
      `has ${Math.ceil(bytes.length / 2 ** 20)} MiB; at most 480 can be read.`,
      'Give a part of it.',
    );
  }
  const found = encodingOf(bytes, file, encoding);
  const notes = encodingNotes(found, bytes, encoding);
  const body = bytes.subarray(found.mark);
  const raw = isUtf32(found.name)
    ? decodeUtf32(body, found.name, NO_CHARACTER)
    : decodeBytes(body, found.name);
  refuseBinary(raw, file);
  // A second mark (of files that were put behind each other) would become part of a name or a value.
  const unmarked = raw.replace(/(^|\n)\uFEFF+/g, '$1').replaceAll('\0', NO_CHARACTER);
  if (found.mark > 0 || unmarked.length < raw.length)
    notes.push('It begins with a byte order mark, which was taken off.');
  const text = unmarked.replace(/\r\n?/g, '\n');
  if (unmarked.includes('\r')) notes.push('Its lines end with CR LF (Windows) or CR; read as line ends.');
  if (text.trim() === '') throw refuseFile(file, 'is empty.', 'Choose a file with rows.');
  return { text, notes, encoding: { name: found.name, how: found.how } };
}

function encodingNotes({ name, how }: Encoding, bytes: Uint8Array, said?: string): string[] {
  switch (how) {
    case 'mark':
      return [
        ...(name === 'utf-8' ? [] : [`It is ${name.toUpperCase()} by its byte order mark; read as such.`]),
        ...(said === undefined || name.startsWith(said.trim().toLowerCase())
          ? []
          : [
              `Its byte order mark tells ${name.toUpperCase()}, which goes before the encoding that was said.`,
            ]),
      ];
    case 'said':
      return [`Read in the encoding ${name}, as was said.`];
    case 'guess':
      return [
        `It is no UTF-8 (first in line ${firstLineBeyond(bytes)}); read in the encoding ${name}, which is a guess. Say another where letters look wrong (--encoding).`,
      ];
    case 'bytes':
      return name === 'utf-8' ? [] : [`It is ${name.toUpperCase()} by its bytes; read as such.`];
  }
}

/** Text, with NO_CHARACTER for what cannot be decoded. Lines are halved until those that cannot are alone, so that a
 * replacement character that the text itself holds stays what it is elsewhere. */
function decodeBytes(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const middle = name.startsWith('utf-16') ? -1 : lineEndNearMiddle(bytes);
    if (middle >= 0)
      return decodeBytes(bytes.subarray(0, middle), name) + decodeBytes(bytes.subarray(middle), name);
    const loose = new TextDecoder(name, { ignoreBOM: true }).decode(bytes);
    return loose.replaceAll('\uFFFD', NO_CHARACTER);
  }
}

/** Where the lines can be parted, or -1: in no encoding but UTF-16 and -32 is a line feed a part of a character. */
function lineEndNearMiddle(bytes: Uint8Array): number {
  const middle = bytes.length >> 1;
  const after = bytes.indexOf(0x0a, middle) + 1;
  if (after > 0 && after < bytes.length) return after;
  const before = bytes.lastIndexOf(0x0a, middle) + 1;
  return before > 0 ? before : -1;
}

/** @throws LabError `import-refused` where controls tell that this is no text */
function refuseBinary(text: string, file: string): void {
  // eslint-disable-next-line no-control-regex -- controls are what is looked for
  const controls = text.slice(0, 1_000_000).match(/[\0-\x08\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0;
  if (controls <= 1 || controls * 100 < Math.min(text.length, 1_000_000)) return;
  throw refuseFile(
    file,
    'is no text: it has control characters throughout.',
    'Choose TSV, CSV, JSON, JSONL, Parquet or an Excel workbook (.xlsx).',
  );
}

/** The first line beyond ASCII, from 1. */
function firstLineBeyond(bytes: Uint8Array): number {
  let line = 1;
  for (const byte of bytes) {
    if (byte >= 0x80) break;
    if (byte === 0x0a) line++;
  }
  return line;
}

/** A text's value on one line: a prompt's template and its stop string are made of line breaks. */
export function oneLine(text: string): { text: string; hadBreak: boolean } {
  const trimmed = text.trim();
  return { text: trimmed.replace(/\s*\n\s*/g, ' '), hadBreak: trimmed.includes('\n') };
}

/** A note on how many texts lost their line breaks, or none. */
export function breakNotes(count: number): readonly string[] {
  return count === 0
    ? []
    : [`${plural(count, 'text')} had line breaks, which became spaces: a line break ends an answer.`];
}
