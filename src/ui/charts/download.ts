/** @file What is saved as a file, and figures as CSV; drawings as pictures: picture-file.ts. */
import { markFormula } from '../../core/spreadsheet.ts';

export function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}

const field = (value: string | number | null): string => {
  const text = typeof value === 'string' ? markFormula(value) : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** RFC 4180, with a header line; no text of it is computed by the spreadsheet that opens it. */
export function csv<K extends string>(
  columns: readonly K[],
  rows: readonly Readonly<Record<K, string | number | null>>[],
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

export function saveCsv(text: string, name: string): void {
  save(`${name}.csv`, new Blob([text], { type: 'text/csv' }));
}
