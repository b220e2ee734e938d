/** A table of one's own: two columns, 300 rows of a bundled task's sentences. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const TOPICS = join(import.meta.dirname, '../../public/icl-pool/topic-4/prompts.jsonl');

/** @param nameOf the labels as they are, or as nano has never seen them */
export async function ownTable(
  nameOf: (label: string, all: readonly string[]) => string = (label) => label,
): Promise<Buffer> {
  const lines = (await readFile(TOPICS, 'utf8')).trim().split('\n').slice(0, 300);
  const rows = lines.map((line) => {
    const row: unknown = JSON.parse(line);
    if (typeof row !== 'object' || row === null || !('input' in row) || !('output' in row))
      throw new Error('This is no row.');
    return [String(row.input), String(row.output)] as const;
  });
  const labels = [...new Set(rows.map(([, label]) => label))].sort();
  return Buffer.from(
    ['note,theme', ...rows.map(([note, label]) => `"${note}",${nameOf(label, labels)}`)].join('\n'),
  );
}
