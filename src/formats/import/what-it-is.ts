/** @file What a file is by its first bytes, where it is no table: named as what it is, with the way to one. */
import type { LabError } from '../../core/errors.ts';
import { refuseFile } from './table.ts';

/** What is unpacked; all else is text or refused. */
export type Packed = 'gzip' | 'zip' | 'parquet';

const PACKED: readonly (readonly [Packed, string])[] = [
  ['gzip', '\x1f\x8b'],
  ['zip', 'PK\x03\x04'],
  ['parquet', 'PAR1'],
];

const UNPACK = 'Unpack it, and give the table that it holds (gz and zip are unpacked here).';
const TEXT_OUT = 'Give the data as a table: CSV, TSV, JSON lines, Parquet or .xlsx.';
const AS_PARQUET = 'Save it as Parquet, JSON lines or CSV: with pandas df.to_parquet("data.parquet").';
const NO_CODE =
  'It can run code when it is opened, so this lab does not. Save it in Python: df.to_json("data.jsonl", orient="records", lines=True).';

/** First bytes as characters of one byte, at an offset of 0 but where one is given. */
const KINDS: readonly (readonly [begin: string, what: string, remedy: string, at?: number])[] = [
  [
    'version https://git-lfs.github.com/',
    'is a pointer of Git LFS, not the data itself',
    'Fetch the data with git lfs pull, or download the file by its "raw" or "resolve" address.',
  ],
  ['%PDF-', 'is a PDF', TEXT_OUT],
  ['{\\rtf', 'is a text document (RTF)', TEXT_OUT],
  ['\x89PNG', 'is an image (PNG)', TEXT_OUT],
  ['\xff\xd8\xff', 'is an image (JPEG)', TEXT_OUT],
  ['GIF8', 'is an image (GIF)', TEXT_OUT],
  ['II*\0', 'is an image (TIFF)', TEXT_OUT],
  ['MM\0*', 'is an image (TIFF)', TEXT_OUT],
  ['WEBP', 'is an image (WebP)', TEXT_OUT, 8],
  ['WAVE', 'is a sound (WAV)', TEXT_OUT, 8],
  ['ID3', 'is a sound (MP3)', TEXT_OUT],
  ['OggS', 'is a sound or film (Ogg)', TEXT_OUT],
  ['ftyp', 'is a film (MP4)', TEXT_OUT, 4],
  ['\x80\x02', 'is a Python pickle', NO_CODE],
  ['\x80\x03', 'is a Python pickle', NO_CODE],
  ['\x80\x04', 'is a Python pickle', NO_CODE],
  ['\x80\x05', 'is a Python pickle', NO_CODE],
  ['\x93NUMPY', 'is a NumPy array', AS_PARQUET],
  ['ARROW1', 'is an Arrow (Feather) file', AS_PARQUET],
  ['\xff\xff\xff\xff', 'is an Arrow stream, as datasets keeps on disk', AS_PARQUET],
  ['FEA1', 'is a Feather file', AS_PARQUET],
  ['PARE', 'is an encrypted Parquet file', 'Save it without encryption.'],
  ['ORC', 'is an ORC file', AS_PARQUET],
  ['Obj\x01', 'is an Avro file', AS_PARQUET],
  ['\x89HDF', 'is an HDF5 file', AS_PARQUET],
  [
    'SQLite format 3\0',
    'is an SQLite database',
    'Export the table that is meant as CSV: sqlite3 -header -csv FILE "select ...".',
  ],
  [
    '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    'is an old Office document (.xls, .doc), or an Excel workbook with a password',
    'Save it as an Excel workbook (.xlsx) without a password, or as CSV.',
  ],
  ['GGUF', 'is a model (GGUF)', 'Models are loaded under Data & models; give a data file here.'],
  ['7z\xbc\xaf\x27\x1c', 'is a 7z archive', UNPACK],
  ['Rar!', 'is a RAR archive', UNPACK],
  ['BZh', 'is packed with bzip2', UNPACK],
  ['\xfd7zXZ\0', 'is packed with xz', UNPACK],
  ['\x28\xb5\x2f\xfd', 'is packed with Zstandard', UNPACK],
  ['ustar', 'is a tar archive', UNPACK, 257],
  ['PK\x05\x06', 'is an empty zip archive', TEXT_OUT],
];

function begins(bytes: Uint8Array, begin: string, at = 0): boolean {
  for (let i = 0; i < begin.length; i++) if (bytes[at + i] !== begin.charCodeAt(i)) return false;
  return true;
}

export const packedAs = (bytes: Uint8Array): Packed | null =>
  PACKED.find(([, begin]) => begins(bytes, begin))?.[0] ?? null;

/** Why a file is no table, by its first bytes; null where they tell nothing. */
export function noTableByBytes(bytes: Uint8Array, file: string): LabError | null {
  for (const [begin, what, remedy, at] of KINDS) {
    if (begins(bytes, begin, at)) return refuseFile(file, `${what}.`, remedy);
  }
  return null;
}

const MARKUP: readonly (readonly [RegExp, string, string])[] = [
  [
    /^\s*(?:<!--[^]*?-->\s*)?<(?:!doctype html|html|head|body)/i,
    'is a web page (HTML, of a download that needs a login, or of a viewer), not a table',
    'Download the file itself, by its "raw" or "resolve" address.',
  ],
  [/^\s*<svg/i, 'is an image (SVG)', TEXT_OUT],
  [/^\s*<(?:\?xml|!doctype)/i, 'is an XML document, not a table', TEXT_OUT],
];

/** Why a text is no table, by how it begins. */
export function noTableByText(text: string, file: string): LabError | null {
  for (const [pattern, what, remedy] of MARKUP) {
    if (pattern.test(text.slice(0, 2000))) return refuseFile(file, `${what}.`, remedy);
  }
  return null;
}
