/**
 * @file Which encoding a text file has: by its mark, as a person says, by its bytes, by a guess that is checked on what
 * it gives. A guess that would give noise is none: then the file is refused, and the person asked.
 */
import { normalizeEncoding, TextDecoder } from '@exodus/bytes/encoding.js';
import { analyse } from 'chardet';
import type { FileEncoding } from '../../words/importing.ts';
import { refuseFile } from './table.ts';

/** UTF-32 is none of the web's encodings, yet programs write it. */
export type Utf32 = 'utf-32le' | 'utf-32be';
const UTF32: readonly string[] = ['utf-32le', 'utf-32be'] satisfies readonly Utf32[];
export const isUtf32 = (name: string): name is Utf32 => UTF32.includes(name);

/** Its name is one of the WHATWG Encoding Standard in small letters, or one of UTF-32. */
export interface Encoding extends FileEncoding {
  /** Length of the byte order mark. */
  readonly mark: number;
}

const MARKS: readonly (readonly [name: string, ...mark: readonly number[]])[] = [
  ['utf-8', 0xef, 0xbb, 0xbf],
  // Before UTF-16, whose mark begins alike.
  ['utf-32le', 0xff, 0xfe, 0, 0],
  ['utf-32be', 0, 0, 0xfe, 0xff],
  ['utf-16le', 0xff, 0xfe],
  ['utf-16be', 0xfe, 0xff],
];

const KNOWN =
  'utf-8, utf-16le, utf-32le, windows-1250 to -1258, iso-8859-2 to -16, macintosh, koi8-r, ibm866, windows-874, gbk, gb18030, big5, shift_jis, euc-jp, euc-kr';

export const SAY_ENCODING = `Say its encoding (--encoding): ${KNOWN}. Or save it as UTF-8.`;

/** The name of the standard for what a person wrote: latin1, cp1252, GB2312. @throws LabError `import-refused` */
function saidEncoding(said: string, file: string): string {
  const plain = said.trim().toLowerCase();
  const [, order] = /^utf[-_]?32(le|be)?$/.exec(plain) ?? [];
  if (/^utf[-_]?32/.test(plain)) return `utf-32${order ?? 'le'}`;
  const name = normalizeEncoding(plain) ?? normalizeEncoding(plain.replace(/_/g, '-'));
  if (name !== null && name !== 'replacement' && name !== 'x-user-defined') return name;
  throw refuseFile(file, `is to be read in the encoding "${said}", which is none.`, `Known are ${KNOWN}.`);
}

/** Well-formed characters beyond ASCII, and bytes that belong to none, of UTF-8. */
function countUtf8(bytes: Uint8Array): { valid: number; invalid: number } {
  let valid = 0;
  let invalid = 0;
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) continue;
    const more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
    // The second byte's range is narrower after four leads: no overlong forms, surrogates or numbers beyond Unicode.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let found = 0;
    while (found < more) {
      const next = bytes[i + found + 1] ?? 0;
      if (next < (found === 0 ? low : 0x80) || next > (found === 0 ? high : 0xbf)) break;
      found++;
    }
    if (more > 0 && found === more) {
      valid++;
      i += more;
    } else invalid++;
  }
  return { valid, invalid };
}

/** Controls, private and unassigned characters: text has none but tabs and line ends. */
const NO_TEXT = /(?![\t\n\f\r])\p{Cc}|\p{Cn}|\p{Co}/u;
const SAMPLE_BYTES = 256 * 1024;

function strictly(name: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** UTF-32's bytes as text; `bad` for a number that is no character. */
export function decodeUtf32(bytes: Uint8Array, name: Utf32, bad: string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const point = at + 4 > bytes.length ? -1 : view.getUint32(at, name === 'utf-32le');
    const isNone = point < 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000);
    parts.push(isNone ? bad : String.fromCodePoint(point));
  }
  return parts.join('');
}

/** UTF-16 or -32 without a mark, which hold zero bytes wherever ASCII stands: the one that makes lines and words. */
function wideEncoding(bytes: Uint8Array): string | null {
  // No character is cut by an end at a multiple of four but a pair of surrogates.
  const sample = bytes.subarray(0, Math.min(SAMPLE_BYTES, bytes.length - (bytes.length % 2)));
  let best: { readonly name: string; readonly separators: number } | null = null;
  for (const name of ['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be']) {
    if (isUtf32(name) && bytes.length % 4 !== 0) continue;
    const text = isUtf32(name)
      ? decodeUtf32(sample, name, '\0')
      : (strictly(name, sample) ?? strictly(name, sample.subarray(0, -2)));
    if (text === null || NO_TEXT.test(text)) continue;
    const separators = text.match(/[\t\n ,;|":]/g)?.length ?? 0;
    if (separators > (best?.separators ?? 0)) best = { name, separators };
  }
  return best?.name ?? null;
}

/** The lines with bytes beyond ASCII, which alone tell encodings apart. */
function tellingLines(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.min(SAMPLE_BYTES, bytes.length));
  let length = 0;
  let begin = 0;
  let tells = false;
  for (let i = 0; i <= bytes.length && length < out.length; i++) {
    const byte = bytes[i] ?? 0x0a;
    if (byte >= 0x80) tells = true;
    if (byte !== 0x0a && byte !== 0x0d) continue;
    const line = tells ? bytes.subarray(begin, Math.min(i + 1, begin + out.length - length)) : null;
    if (line !== null) {
      out.set(line, length);
      length += line.length;
    }
    begin = i + 1;
    tells = false;
  }
  return out.subarray(0, length);
}

/** Signs that stand at words and are no letters of them. */
const EDGES =
  /^(?:(?!¶)[\p{P}\p{Sc}\p{Sk}°©®™²³¹ªº½¼¾×÷±№])+|(?:(?!¶)[\p{P}\p{Sc}\p{Sk}°©®™²³¹ªº½¼¾×÷±№])+$/gu;
/** Latin words without a letter of ASCII. */
const SHORT_WORD = /^[àáâèéêíįòóôöùúýåæøœ]$/iu;
const ODD_SHARE = 0.04;

/** Does this read like text? In what was read in a wrong encoding, words have capitals after small letters, signs within,
 * letters of two scripts, or none of ASCII's letters in a Latin word. */
function readsLikeText(text: string): boolean {
  if (NO_TEXT.test(text)) return false;
  let words = 0;
  let odd = 0;
  for (const [run] of text.matchAll(/[^\s\0-@[-`{-\x7f]+/g)) {
    const word = run.replace(EDGES, '');
    if (/^[\0-\x7f]*$/.test(word)) continue;
    words++;
    const hasSign = /[^\p{L}\p{M}’‘'·–—-]/u.test(word) && !/[\p{Lo}\u3000-\u30ff\uff00-\uffef]/u.test(word);
    const jumps = /\p{Ll}\p{Lu}/u.test(word.replace(/[a-z][A-Z]/g, ''));
    const isMixed =
      /\p{Script=Latin}/u.test(word) &&
      /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}]/u.test(word);
    const core = run.replace(/^\p{P}+|\p{P}+$/gu, '');
    const isAllBeyond = !/[A-Za-z]/.test(core) && /\p{Script=Latin}/u.test(core) && !SHORT_WORD.test(core);
    if (hasSign || jumps || isMixed || isAllBeyond) odd++;
  }
  return odd <= Math.floor(words * ODD_SHARE);
}

/** What is tried where chardet names a part of a larger encoding. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  'ISO-8859-1': ['windows-1252'],
  'ISO-8859-7': ['windows-1253', 'iso-8859-7'],
  'ISO-8859-8': ['windows-1255'],
  'ISO-8859-9': ['windows-1254'],
  'KOI8-R': ['koi8-u'],
};
const IS_MULTIBYTE = /^(GB18030|Big5|EUC-|Shift_JIS|ISO-2022)/;
/** chardet's own measure, of 100. A few letters of another encoding look like one of several bytes, some up to 90. */
const LEAST_MULTIBYTE = 95;
const LEAST = 10;
/** What chardet does not know, or not among Latin words, and what a few letters among ASCII most often are. */
const SINGLE_LETTERS = ['windows-1252', 'macintosh'];
const OTHER_SCRIPTS = ['windows-1251', 'koi8-r', 'ibm866', 'x-mac-cyrillic', 'windows-874'];
/** Fewer bytes beyond ASCII read like words of some script by chance. */
const LEAST_OTHER = 60;

/** With at most one byte that is none to so many characters beyond ASCII, a file is UTF-8 with faults. */
const MOST_BAD_OF_UTF8 = 8;

/** The first encoding in which the bytes read like text, the likeliest first; null where none does. */
function guessEncoding(bytes: Uint8Array): string | null {
  const lines = tellingLines(bytes);
  const beyond = lines.reduce((sum, byte) => sum + (byte >= 0x80 ? 1 : 0), 0);
  const isMostlyAscii = beyond < lines.length * 0.3;
  const known = analyse(lines).flatMap(({ name, confidence }) =>
    confidence >= (IS_MULTIBYTE.test(name) ? LEAST_MULTIBYTE : LEAST) ? (WIDER[name] ?? [name]) : [],
  );
  const unknown = isMostlyAscii ? SINGLE_LETTERS : beyond >= LEAST_OTHER ? OTHER_SCRIPTS : [];
  for (const candidate of [...known, ...unknown]) {
    const name = normalizeEncoding(candidate);
    if (name === null || name === 'replacement' || name === 'utf-8') continue;
    const sample = strictly(name, lines) ?? strictly(name, lines.subarray(0, lines.lastIndexOf(0x0a) + 1));
    if (sample !== null && sample !== '' && readsLikeText(sample)) return name;
  }
  return null;
}

/** @param said by a person; a mark at the beginning goes before it
 * @throws LabError `import-refused` where no encoding gives text */
export function encodingOf(bytes: Uint8Array, file: string, said?: string): Encoding {
  const spoken = said === undefined ? null : saidEncoding(said, file);
  for (const [name, ...mark] of MARKS) {
    if (mark.every((byte, i) => bytes[i] === byte)) return { name, how: 'mark', mark: mark.length };
  }
  const found = (name: string, how: Encoding['how']): Encoding => ({ name, how, mark: 0 });
  if (spoken !== null) return found(spoken, 'said');
  const wide = bytes.includes(0) ? wideEncoding(bytes) : null;
  if (wide !== null) return found(wide, 'bytes');
  const { valid, invalid } = countUtf8(bytes);
  // A Japanese mail encoding is all ASCII, with escapes.
  if (bytes.includes(0x1b) && valid + invalid === 0 && strictly('iso-2022-jp', bytes) !== null)
    return found('iso-2022-jp', 'bytes');
  if (invalid === 0 || invalid * MOST_BAD_OF_UTF8 <= valid) return found('utf-8', 'bytes');
  // By chance, encodings of several bytes make characters of UTF-8 among bytes that are none: what reads like text goes first.
  const guess = guessEncoding(bytes);
  if (guess !== null) return found(guess, 'guess');
  if (valid * 2 >= invalid) return found('utf-8', 'bytes');
  const what =
    valid > 0
      ? 'has no encoding that could be found: some of it is UTF-8, more of it is not, and no other fits.'
      : 'has no encoding that could be found: it is no UTF-8, and no other makes words of it.';
  throw refuseFile(file, what, SAY_ENCODING);
}
