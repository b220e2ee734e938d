/** @file From a file's bytes to its text: byte order marks, line ends and encodings, each told where it is unusual. */
import { plural, refuseFile } from './table.ts';

export interface DecodedText {
  /** Lines end with \n alone; no byte order mark. */
  readonly text: string;
  readonly notes: readonly string[];
}

/** @throws LabError `import-refused` for a file that is empty or no text. */
export function decodeText(bytes: Uint8Array, file: string): DecodedText {
  const notes: string[] = [];
  const raw = decodeBytes(bytes, file, notes);
  // A second mark (of a file that was concatenated) would become part of the first column's name.
  const unmarked = raw.replace(/^\uFEFF+/, '');
  if (unmarked.length < raw.length) notes.push('It begins with a byte order mark, which was taken off.');
  const text = unmarked.replace(/\r\n?/g, '\n');
  if (unmarked.includes('\r')) notes.push('Its lines end with CR LF (Windows) or CR; read as line ends.');
  if (text.trim() === '') throw refuseFile(file, 'is empty.', 'Choose a file with rows.');
  return { text, notes };
}

function decodeBytes(bytes: Uint8Array, file: string, notes: string[]): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    notes.push('It is UTF-16; read as such.');
    return new TextDecoder(first === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
  }
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    throw refuseFile(
      file,
      `is no text: byte ${zero} is 0.`,
      'Choose TSV, CSV, JSON or JSONL; a spreadsheet or Parquet file must be exported to one of them first.',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const line = firstBadLine(bytes);
    notes.push(
      `It is no UTF-8 (first in line ${line}); read as Windows-1252 (Latin-1). Save it as UTF-8 if letters look wrong.`,
    );
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The first line that is no UTF-8, from 1. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let begin = 0; begin < bytes.length; line++) {
    // A line feed is never part of another character's bytes in UTF-8.
    const found = bytes.indexOf(0x0a, begin);
    const end = found < 0 ? bytes.length : found + 1;
    try {
      decoder.decode(bytes.subarray(begin, end));
    } catch {
      return line;
    }
    begin = end;
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
