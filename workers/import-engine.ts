/** @file The importing service over formats/import, the importer of the command line too: its preview, cut into parts. */
import { SPLITS } from '../src/words/task.ts';
import { previewImport } from '../src/formats/import/import-task.ts';
import { inPage } from '../src/formats/import/in-page.ts';
import { openFiles } from '../src/formats/import/open.ts';
import type { ImportSummary } from '../src/words/importing.ts';
import type { ImportService } from '../src/protocol/importing.ts';
import type { WireError } from '../src/protocol/wire.ts';
import { toWire } from '../src/protocol/wire.ts';

/** A part is taken in a few milliseconds. */
const ROWS_IN_A_PART = 1000;

function* partsOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_IN_A_PART) yield rows.slice(at, at + ROWS_IN_A_PART);
}

const inPageWords = ({ code, what, remedy }: WireError): WireError => ({
  ...{ code, what: inPage(what), remedy: inPage(remedy) },
});

export const importEngine: ImportService = {
  async *preview({ files, wishes }) {
    const { pool, ...rest } = wishes;
    const options = { ...rest, ...(pool !== undefined && { pool: await openFiles(pool) }) };
    const { imported, problem, files: read } = previewImport(await openFiles(files), options);
    const summaryOf = ({ splits, leftOver, rowsIn, spellings, doubles, warnings, notes }: ImportSummary) => ({
      ...{ splits, leftOver, rowsIn, spellings, doubles },
      ...{ warnings: warnings.map(inPage), notes: notes.map(inPage) },
    });
    if (imported !== null) {
      for (const split of SPLITS) {
        for (const rows of partsOf(imported.task.splits[split])) yield { type: 'rows', split, rows };
      }
      for (const rows of partsOf(imported.report.rejected)) yield { type: 'rejected', rows };
    }
    return {
      files: read.map((file) => ({ ...file, notes: file.notes.map(inPage) })),
      imported:
        imported === null ? null : { definition: imported.task.definition, ...summaryOf(imported.report) },
      problem: problem === null ? null : inPageWords(toWire(problem)),
    };
  },
};
