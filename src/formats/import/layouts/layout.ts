/** @file What a layout is: how its tables are recognised, and what their columns then mean. */
import type { ColumnRoles } from '../../../words/importing.ts';
import type { TaskKind } from '../../../words/task.ts';
import type { TableFacts } from '../facts.ts';
import type { Table } from '../table.ts';

export const NO_ROLES: ColumnRoles = {
  ...{ input: [], output: null, choices: [], correct: [], incorrect: [], references: null, group: null },
};

export interface Match {
  /** From 0 to 10: how particular the layout is, times the share of rows that have its form. */
  readonly score: number;
  /** What was seen. */
  readonly because: string;
  readonly roles: ColumnRoles;
  /** Where the layout decides it; else the answers do. */
  readonly kind?: TaskKind;
  /** The table with what the layout makes of it, where the roles are not columns of the file. */
  readonly prepare?: (table: Table) => Table;
}

export interface Layout {
  readonly name: string;
  /** One row of it, as it stands in a file. */
  readonly example: string;
  /** What looks like it and is something else. */
  readonly isNot: string;
  readonly recognise: (facts: TableFacts) => Match | null;
}

/** 48 of 50 rows, for what was seen. */
export const ofRows = (share: number, rows: number): string =>
  `${Math.round(share * rows)} of ${rows} sampled rows`;
