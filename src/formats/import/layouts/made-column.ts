/** @file A column that a layout makes of each row, where the answer stands in no column by itself. */
import type { RejectedRow } from '../../../words/importing.ts';
import type { Cell, SourceRow, Table } from '../table.ts';

export type Made = Cell | { readonly reject: string };

/** The table with one more column, made of each row; rows that give none are rejected with the reason. */
export function withColumn(table: Table, name: string, make: (row: SourceRow) => Made): Table {
  const rows: SourceRow[] = [];
  const rejected: RejectedRow[] = [...table.rejected];
  for (const row of table.rows) {
    const made = make(row);
    if (typeof made === 'object' && 'reject' in made && typeof made.reject === 'string')
      rejected.push({ file: table.file, line: row.line, reason: 'no-answer', detail: made.reject });
    else rows.push({ ...row, cells: new Map([...row.cells, [name, made]]) });
  }
  return { ...table, rows, rejected, columns: [...table.columns, name] };
}
