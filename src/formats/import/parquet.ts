/** @file Parquet's rows as JSON values, read by hyparquet; loaded only when such a file comes. */
import { parquetMetadata, parquetReadObjects, type FileMetaData } from 'hyparquet';
import { compressors, type Compressors } from 'hyparquet-compressors';
import { LabError } from '../../core/errors.ts';
import { isJsonObject } from '../json.ts';
import { refuseFile } from './table.ts';
import { MOST_UNPACKED } from './unpack.ts';

const MOST_ROWS = 5_000_000;

export interface ParquetRows {
  readonly values: readonly unknown[];
  readonly notes: readonly string[];
}

/** hyparquet-compressors, which take the size that a page tells: a page's lie must not take memory. */
function boundedCompressors(file: string): Compressors {
  const bounded: Compressors = {};
  for (const name of ['SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4', 'LZ4_RAW'] as const) {
    const own = compressors[name];
    if (own === undefined) continue;
    bounded[name] = (input, length) => {
      if (length > MOST_UNPACKED) throw tooLarge(file);
      return own(input, length);
    };
  }
  return bounded;
}

const tooLarge = (file: string): LabError =>
  refuseFile(
    file,
    `holds more than ${MOST_UNPACKED / 2 ** 20} MiB or ${MOST_ROWS} rows.`,
    'Save a part of it: df.head(100000).to_parquet("part.parquet").',
  );

/** @throws LabError `import-refused` */
export async function readParquet(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<ParquetRows> {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  try {
    const metadata = parquetMetadata(buffer);
    const size = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
    if (size > MOST_UNPACKED || Number(metadata.num_rows) > MOST_ROWS) throw tooLarge(file);
    const rows: unknown[] = await parquetReadObjects({
      file: buffer,
      metadata,
      compressors: boundedCompressors(file),
    });
    return withNames(rows, metadata);
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refuseFile(
      file,
      `cannot be read as Parquet: ${why}.`,
      'Save it again with pandas or datasets, uncompressed or with Snappy, or as JSON lines.',
    );
  }
}

/** The names of a class label's numbers by column, as the Hub's datasets keep them in a file. */
function labelNames({ key_value_metadata }: FileMetaData): ReadonlyMap<string, readonly unknown[]> {
  const said = key_value_metadata?.find(({ key }) => key === 'huggingface')?.value ?? '{}';
  let told: unknown;
  try {
    told = JSON.parse(said);
  } catch {
    return new Map();
  }
  const info = isJsonObject(told) ? told.info : null;
  const features = isJsonObject(info) && isJsonObject(info.features) ? info.features : {};
  return new Map(
    Object.entries(features).flatMap(([column, feature]): [string, readonly unknown[]][] =>
      isJsonObject(feature) && Array.isArray(feature.names) ? [[column, feature.names]] : [],
    ),
  );
}

function withNames(rows: readonly unknown[], metadata: FileMetaData): ParquetRows {
  const binary = new Set<string>();
  const names = labelNames(metadata);
  const values = rows.map((row) => {
    const value = plain(row, '', binary);
    if (!isJsonObject(value)) return value;
    const named = [...names].flatMap(([column, list]): [string, unknown][] => {
      const number = value[column];
      // -1 stands where a published test split has no labels.
      return typeof number === 'number' ? [[column, number === -1 ? null : (list[number] ?? number)]] : [];
    });
    return { ...value, ...Object.fromEntries(named) };
  });
  const notes = [...names].map(
    ([column, list]) => `The numbers of ${column} have the names that the file tells: ${list.join(', ')}.`,
  );
  if (binary.size > 0)
    notes.push(`Bytes, which are no text (images, sounds), left out: ${[...binary].join(', ')}.`);
  return { values, notes: [...notes, 'Rows are counted.'] };
}

/** A value as JSON has it. */
function plain(value: unknown, path: string, binary: Set<string>): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '');
  if (ArrayBuffer.isView(value) && value instanceof Uint8Array) {
    binary.add(path);
    return null;
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(Object.values(value));
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each, path, binary));
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      plain(inner, path === '' ? key : `${path}.${key}`, binary),
    ]),
  );
}
