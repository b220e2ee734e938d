/** @file Which columns are the text that a model reads, and which the label, for all layouts alike. */
import {
  BODY_NAMES,
  GROUP_NAMES,
  HEADING_NAMES,
  INPUT_ENDINGS,
  INPUT_NAMES,
  isBookkeeping,
  LABEL_ENDINGS,
  LABEL_NAMES,
  PASSAGE_NAMES,
  QUESTION_NAMES,
} from '../column-names.ts';
import type { ColumnFacts, TableFacts } from '../facts.ts';
import { isLabelLike, isTextLike } from '../facts.ts';

const names = (columns: readonly (ColumnFacts | null)[]): readonly string[] | null =>
  columns.every((column) => column !== null) ? columns.map(({ name }) => name) : null;

const isDifferent = (found: readonly string[] | null): found is readonly string[] =>
  found !== null && new Set(found).size === found.length;

/** The first of the sets whose columns are all there. */
export function setOf(
  facts: TableFacts,
  sets: readonly (readonly string[])[],
  but: readonly string[] = [],
): readonly string[] | null {
  for (const set of sets) {
    const found = names(set.map((name) => facts.named([name], but)));
    if (isDifferent(found)) return found;
  }
  return null;
}

/** A column of one set of names before one of another. */
export function bothOf(
  facts: TableFacts,
  first: readonly string[],
  second: readonly string[],
  but: readonly string[] = [],
): readonly string[] | null {
  const begin = facts.named(first, but);
  const end = facts.named(second, [...but, ...(begin === null ? [] : [begin.name])]);
  return names([begin, end]);
}

export const passageAndQuestion = (
  facts: TableFacts,
  but: readonly string[] = [],
): readonly string[] | null => bothOf(facts, PASSAGE_NAMES, QUESTION_NAMES, but);
export const headingAndBody = (facts: TableFacts, but: readonly string[] = []): readonly string[] | null =>
  bothOf(facts, HEADING_NAMES, BODY_NAMES, but);

/** One column of text: by its name, by how its name ends, or the one with the longest texts. */
export function textColumn(facts: TableFacts, but: readonly string[] = []): ColumnFacts | null {
  const free = facts.columns.filter(({ name }) => !but.includes(name));
  const known = facts.named(INPUT_NAMES, but);
  if (known !== null && known.maps < 0.5) return known;
  const texts = free.filter((column) => isTextLike(column, facts.rows.length));
  const named = texts.find(({ plain }) => INPUT_ENDINGS.some((ending) => plain.endsWith(ending)));
  if (named !== undefined) return named;
  return [...texts].sort((a, b) => b.meanChars - a.meanChars)[0] ?? null;
}

/** The columns that are called a label and hold few short values, the surest name first. */
export function labelColumns(facts: TableFacts, but: readonly string[] = []): readonly ColumnFacts[] {
  // What a request is about is no answer to it; and what has one value only is no label, unless it is called so.
  const isRequest = facts.named(['turns', 'prompt', 'instruction'], but) !== null;
  const fits = (column: ColumnFacts): boolean =>
    column.filled > 0.2 &&
    isLabelLike(column, facts.rows.length, true) &&
    !(GROUP_NAMES.includes(column.plain) && (isRequest || column.distinct < 2));
  const exact = LABEL_NAMES.flatMap((name) => facts.columns.filter(({ plain }) => plain === name));
  const ending = facts.columns.filter(
    ({ name, plain }) => LABEL_ENDINGS.some((end) => plain.endsWith(end)) && !isBookkeeping(name),
  );
  return [...new Set([...exact, ...ending])].filter((column) => fits(column) && !but.includes(column.name));
}

/** Columns with few short values, whatever they are called. */
export function unnamedLabels(facts: TableFacts, but: readonly string[] = []): readonly ColumnFacts[] {
  return facts.columns.filter(
    (column) =>
      !but.includes(column.name) &&
      column.filled > 0.5 &&
      !isBookkeeping(column.name) &&
      isLabelLike(column, facts.rows.length, false),
  );
}
