/**
 * @file From chosen files to opened ones: archives unpacked, Parquet and workbooks read. Text stays bytes, for it is read as
 * a person says (encoding, delimiter). A file that cannot be opened is one too, with its fault: the others are shown.
 */
import type { ImportFile } from '../../words/importing.ts';
import type { LabError } from '../../core/errors.ts';
import { toLabError } from '../../core/errors.ts';
import type { JsonRecord } from './json-table.ts';
import type { FileRecord } from './records.ts';
import { baseName, excerpt, refuseFile } from './table.ts';
import { gunzip, unzipEntries, zipEntries, type ZipEntry } from './unpack.ts';
import { packedAs } from './what-it-is.ts';

interface Opened {
  /** With the folders, and the archives that it stood in. */
  readonly name: string;
  readonly label?: string;
  readonly notes?: readonly string[];
  /** The archive that it stood in: what there is no table does not refuse the others. */
  readonly inside?: string;
}
export type OpenedFile = Opened &
  (
    | { readonly bytes: Uint8Array<ArrayBuffer> }
    | { readonly sheet: readonly FileRecord[] }
    | { readonly values: readonly JsonRecord[] }
    | { readonly fault: LabError }
  );

/** Archives within archives are not followed further. */
const DEEPEST = 2;

export async function openFiles(files: readonly ImportFile[]): Promise<readonly OpenedFile[]> {
  const opened: OpenedFile[] = [];
  for (const file of files) opened.push(...(await openOrFault(file, 0)));
  return opened;
}

async function openOrFault(file: Opened & ImportFile, depth: number): Promise<readonly OpenedFile[]> {
  try {
    return await openFile(file, depth);
  } catch (thrown) {
    const { name, inside } = file;
    return [{ name, ...(inside === undefined ? {} : { inside }), fault: toLabError(thrown) }];
  }
}

async function openFile(file: Opened & ImportFile, depth: number): Promise<readonly OpenedFile[]> {
  const { bytes, ...rest } = file;
  const { name } = file;
  const shown = baseName(name);
  const packed = packedAs(bytes);
  if (packed === null) return [file];
  if (packed === 'parquet') {
    const { readParquet } = await import('./parquet.ts');
    const { values, notes } = await readParquet(bytes, shown);
    const numbered = values.map((value, i) => ({ line: i + 1, value }));
    return [{ ...rest, values: numbered, notes: [...(rest.notes ?? []), ...notes] }];
  }
  if (depth >= DEEPEST)
    throw refuseFile(shown, 'is an archive in an archive in an archive.', 'Unpack it, and give the tables.');
  if (packed === 'gzip') {
    const inner = name.replace(/\.(gz|gzip)$/i, '').replace(/\.tgz$/i, '.tar');
    const notes = [...(rest.notes ?? []), `Unpacked from ${shown} (gzip).`];
    return openOrFault({ ...rest, name: inner, bytes: gunzip(bytes, shown), notes }, depth + 1);
  }
  return openZip(file, zipEntries(bytes, shown), depth);
}

const PACKAGES: readonly (readonly [RegExp, string])[] = [
  [/^word\/document\.xml$/, 'is a Word document'],
  [/^ppt\/presentation\.xml$/, 'is a presentation'],
  [/^content\.xml$/, 'is an OpenDocument file (.ods, .odt)'],
  [/^META-INF\/container\.xml$/, 'is an e-book (EPUB)'],
  [/(^|\/)data\.pkl$/, 'is a PyTorch file'],
  [/\.npy$/, 'holds NumPy arrays (.npz)'],
];

/** What people put beside tables. */
const BESIDE = /(^|\/)(readme|licen[cs]e|copying|notice|citation|changelog|dataset_infos?|metadata)[^/]*$/i;

async function openZip(
  file: Opened & ImportFile,
  entries: readonly ZipEntry[],
  depth: number,
): Promise<readonly OpenedFile[]> {
  const { bytes, ...rest } = file;
  const shown = baseName(file.name);
  if (entries.some(({ path }) => path === 'xl/workbook.xml')) return openWorkbook(file, entries);
  for (const [pattern, what] of PACKAGES) {
    if (entries.some(({ path }) => pattern.test(path)))
      throw refuseFile(shown, `${what}.`, 'Save its table as .xlsx, CSV, JSON lines or Parquet.');
  }
  const beside = entries.filter(({ path }) => BESIDE.test(path)).map(({ path }) => path);
  const paths = entries.map(({ path }) => path).filter((path) => !beside.includes(path));
  if (paths.length === 0)
    throw refuseFile(shown, 'holds no table.', 'Give a zip of tables, or the tables themselves.');
  const notes = [
    ...(rest.notes ?? []),
    `Unpacked from ${shown} (zip).`,
    ...(beside.length === 0 ? [] : [`Not read of ${shown}: ${beside.join(', ')}.`]),
  ];
  const inner: OpenedFile[] = [];
  const folder = file.name.replace(/\.zip$/i, '');
  for (const [path, content] of unzipEntries(bytes, shown, new Set(paths))) {
    const opened = { ...rest, name: `${folder}/${path}`, bytes: content, notes, inside: shown };
    inner.push(...(await openOrFault(opened, depth + 1)));
  }
  return inner;
}

async function openWorkbook(
  { bytes, ...rest }: Opened & ImportFile,
  entries: readonly ZipEntry[],
): Promise<readonly OpenedFile[]> {
  const shown = baseName(rest.name);
  const parts = entries.flatMap(({ path }) =>
    /\.xml(\.rels)?$/.test(path) || path.endsWith('.rels') ? [path] : [],
  );
  const { readWorkbook } = await import('./workbook.ts');
  const all = await readWorkbook(unzipEntries(bytes, shown, new Set(parts)), shown);
  const sheets = all.filter(({ records }) => records.length > 0);
  const [first] = sheets;
  if (first === undefined)
    throw refuseFile(shown, 'has no sheet with cells.', 'Choose a workbook with rows.');
  const headOf = (records: readonly FileRecord[]): string => (records[0]?.cells ?? []).join('\n');
  const alike = sheets.filter(({ records }) => headOf(records) === headOf(first.records));
  const others = sheets.filter((sheet) => !alike.includes(sheet)).map(({ name }) => name);
  const notes = [
    ...(rest.notes ?? []),
    ...(others.length === 0
      ? []
      : [
          `Not read are the sheets with other columns than ${first.name}: ${excerpt(others.join(', '), 120)}.`,
        ]),
  ];
  if (alike.length === 1)
    return [{ ...rest, sheet: first.records, notes: [...notes, `Read is the sheet ${first.name}.`] }];
  const folder = rest.name.replace(/\.xlsx$/i, '');
  return alike.map(({ name, records }) => ({
    ...rest,
    name: `${folder}/${name}.xlsx`,
    sheet: records,
    notes,
  }));
}
