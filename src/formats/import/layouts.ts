/**
 * @file The one table of layouts. Each is tried on every table, the best match is taken and told with the runner-up; where none fits
 * a person has to say. To add one: an entry in a file below layouts/, with its example and what it is not, and its test.
 */
import type { LayoutFound } from '../../words/importing.ts';
import { TableFacts } from './facts.ts';
import { rowsOfColumns } from './json-table.ts';
import { ANSWER_LAYOUTS } from './layouts/answers.ts';
import { CHOICE_LAYOUTS } from './layouts/choices.ts';
import { LABEL_LAYOUTS } from './layouts/labels.ts';
import type { Layout, Match } from './layouts/layout.ts';
import { TOOL_LAYOUTS } from './layouts/tools.ts';
import { isJsonObject } from '../json.ts';
import { readLiteral } from './literal.ts';
import type { Cell, Table } from './table.ts';

/** In the order in which equal matches are preferred. */
export const LAYOUTS: readonly Layout[] = [
  ...TOOL_LAYOUTS,
  ...CHOICE_LAYOUTS,
  ...ANSWER_LAYOUTS,
  ...LABEL_LAYOUTS,
];

export interface Laid {
  /** With what the layout made of it. */
  readonly table: Table;
  /** null: no layout fits. */
  readonly match: Match | null;
  readonly found: LayoutFound | null;
}

/** The table with cells that are lists or maps in a text (of Python, NumPy or JSON) read as such. */
function withLiterals(table: Table): Table {
  const texts = table.columns.filter((column) => {
    const filled = table.rows
      .slice(0, 50)
      .flatMap(({ cells }) => cells.get(column) ?? [])
      .filter((cell) => cell !== '');
    return (
      filled.length > 0 && filled.every((cell) => typeof cell === 'string' && readLiteral(cell) !== null)
    );
  });
  if (texts.length === 0) return table;
  const rows = table.rows.map((row) => {
    const cells = new Map<string, Cell>(row.cells);
    for (const column of texts) {
      const cell = cells.get(column);
      const value = typeof cell === 'string' ? readLiteral(cell) : null;
      if (value !== null) cells.set(column, isJsonObject(value) ? (rowsOfColumns(value) ?? value) : value);
    }
    return { ...row, cells };
  });
  return {
    ...table,
    rows,
    notes: [...table.notes, `Cells of ${texts.join(', ')} hold lists, which are read as such.`],
  };
}

/** @throws nothing: where no layout fits, `match` is null. */
export function layOut(raw: Table): Laid {
  const table = withLiterals(raw);
  const facts = new TableFacts(table);
  const matches = LAYOUTS.flatMap((layout) => {
    const match = layout.recognise(facts);
    return match === null ? [] : [{ layout, match }];
  }).sort((a, b) => b.match.score - a.match.score);
  const [best, second] = matches;
  if (best === undefined) return { table, match: null, found: null };
  const { layout, match } = best;
  const found = {
    name: layout.name,
    because: match.because,
    ...(second !== undefined && { runnerUp: `${second.layout.name} (${second.match.because})` }),
  };
  return { table: match.prepare?.(table) ?? table, match, found };
}
