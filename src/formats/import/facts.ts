/** @file What a table's columns hold, found once for all layouts: of a sample of its rows, so that a large table costs no more. */
import type { JsonObject } from '../../core/json-object.ts';
import { isJsonObject } from '../json.ts';
import { cellLabels, cellText, turnsOf } from './cells.ts';
import { isBookkeeping, plainName } from './column-names.ts';
import type { Cell, SourceRow, Table } from './table.ts';

const SAMPLE = 600;
/** A label as people write it is short. */
const LONGEST_LABEL = 60;

export interface ColumnFacts {
  readonly name: string;
  readonly plain: string;
  /** Share of the sampled rows in which something stands. */
  readonly filled: number;
  readonly distinct: number;
  /** Of the values that are there. */
  readonly meanChars: number;
  readonly longest: number;
  /** Shares of the filled cells. */
  readonly lists: number;
  readonly maps: number;
  readonly conversations: number;
  readonly numbers: number;
  /** Most labels that one cell lists. */
  readonly mostLabels: number;
}

export class TableFacts {
  readonly table: Table;
  readonly rows: readonly SourceRow[];
  readonly columns: readonly ColumnFacts[];

  constructor(table: Table) {
    this.table = table;
    const step = Math.max(1, table.rows.length / SAMPLE);
    const count = Math.min(SAMPLE, table.rows.length);
    this.rows = Array.from({ length: count }, (_, i) => table.rows[Math.floor(i * step)]).filter(
      (row) => row !== undefined,
    );
    this.columns = table.columns.map((name) => this.#factsOf(name));
  }

  #factsOf(name: string): ColumnFacts {
    const cells = this.rows.flatMap(({ cells: all }) => {
      const cell = all.get(name);
      return cell === undefined || isEmpty(cell) ? [] : [cell];
    });
    const texts = cells.map(cellText);
    const share = (is: (cell: Cell, i: number) => boolean) =>
      cells.filter(is).length / Math.max(1, cells.length);
    return {
      name,
      plain: plainName(name),
      filled: cells.length / Math.max(1, this.rows.length),
      distinct: new Set(texts).size,
      meanChars: texts.reduce((sum, text) => sum + text.length, 0) / Math.max(1, texts.length),
      longest: Math.max(0, ...texts.map(({ length }) => length)),
      lists: share((cell) => Array.isArray(cell)),
      maps: share(isJsonObject),
      conversations: share((cell) => turnsOf(cell) !== null),
      numbers: share((_, i) => /^-?\d+(\.\d+)?$/.test(texts[i] ?? '')),
      mostLabels: Math.max(0, ...cells.map((cell) => cellLabels(cell).length)),
    };
  }

  column(name: string | null): ColumnFacts | null {
    return this.columns.find((column) => column.name === name) ?? null;
  }

  /** The first column that has one of these plain names and is not empty, in the order of the names. */
  named(names: readonly string[], but: readonly string[] = []): ColumnFacts | null {
    for (const wanted of names) {
      const found = this.columns.find(
        ({ name, plain, filled }) => plain === wanted && filled > 0 && !but.includes(name),
      );
      if (found !== undefined) return found;
    }
    return null;
  }

  cells(name: string): readonly Cell[] {
    return this.rows.flatMap(({ cells }) => {
      const cell = cells.get(name);
      return cell === undefined ? [] : [cell];
    });
  }
}

function isEmpty(cell: Cell): boolean {
  if (typeof cell === 'string') return cell.trim() === '';
  return Array.isArray(cell) ? cell.length === 0 : Object.keys(cell).length === 0;
}

/** Few short values, each of them often. `isNamed`: the column is called a label, so that each may stand less often. */
export function isLabelLike(
  { distinct, longest, filled, numbers, lists }: ColumnFacts,
  rows: number,
  isNamed: boolean,
): boolean {
  if (lists > 0.5) return isNamed;
  const often = isNamed ? 2 : 3;
  const present = filled * rows;
  // One label alone is told of later, with what was seen.
  return (
    distinct >= (isNamed ? 1 : 2) &&
    distinct <= (isNamed ? SAMPLE : 20) &&
    distinct * often <= Math.max(present, 4) &&
    longest <= (numbers > 0.9 ? 8 : LONGEST_LABEL)
  );
}

/** Words that a model could read: neither numbers, nor an id or address. */
export function isTextLike(
  { name, filled, numbers, meanChars, lists, maps, distinct }: ColumnFacts,
  rows: number,
): boolean {
  return (
    filled > 0.5 &&
    numbers < 0.5 &&
    maps < 0.5 &&
    lists < 0.5 &&
    meanChars >= 4 &&
    distinct * 4 >= filled * rows &&
    !isBookkeeping(name)
  );
}

export const scoreMap = (cell: Cell | undefined): JsonObject | null =>
  isJsonObject(cell) &&
  Object.keys(cell).length > 1 &&
  Object.values(cell).every((score) => typeof score === 'number')
    ? cell
    : null;
