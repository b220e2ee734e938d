/**
 * @file Units of items into the five splits: published splits kept, the rest drawn, alike over the strata. Every item ends in
 * one split or among those left over, none in two. Which rows are the test is a matter of their texts alone: no seed makes
 * a test row one that a model was trained or chosen by.
 */
import { plural } from '../../core/plural.ts';
import { LabError } from '../../core/errors.ts';
import { deriveKey, shuffled } from '../../core/random.ts';
import type { SplitName } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import type { Unit } from './doubles.ts';
import type { Item } from './items.ts';
import { FULL_TEST, sizesOf, validationSizes, type Sizes, type WantedRun } from './sizes.ts';

export interface SplitItems {
  readonly splits: Readonly<Record<SplitName, readonly Item[]>>;
  readonly notes: readonly string[];
  /** Usable items beyond the full sizes. */
  readonly leftOver: number;
}

/** Units of a given order so that every stretch has the strata's shares, up to rounding. */
function stratified(units: readonly Unit[]): readonly Unit[] {
  const strata = new Map<string, Unit[]>();
  for (const unit of units) {
    const stratum = strata.get(unit.stratum);
    if (stratum === undefined) strata.set(unit.stratum, [unit]);
    else stratum.push(unit);
  }
  const placed = [...strata.values()].flatMap((stratum) =>
    stratum.map((unit, i) => ({ unit, place: (i + 0.5) / stratum.length })),
  );
  // Sorting is stable: equal places keep the given order of the strata.
  return placed.sort((a, b) => a.place - b.place).map(({ unit }) => unit);
}

/** By their texts, whatever the seed. */
function inFixedOrder(units: readonly Unit[]): readonly Unit[] {
  return units
    .map((unit) => ({ unit, at: deriveKey('import', 'test', unit.key) }))
    .sort((a, b) => a.at - b.at || (a.unit.key < b.unit.key ? -1 : 1))
    .map(({ unit }) => unit);
}

type Drawn = Record<SplitName, Item[]>;
const CUT_ORDER: readonly SplitName[] = ['pool', 'validation', 'probe', 'prompts'];

const countOf = (units: readonly Unit[]): number => units.reduce((sum, { items }) => sum + items.length, 0);

/** Fills one split up to its size with whole units, in their order; those that do not fit are returned. */
function fill(into: Item[], units: readonly Unit[], size: number): readonly Unit[] {
  if (size === 0) return units;
  const left: Unit[] = [];
  let count = 0;
  for (const unit of units) {
    if (count + unit.items.length > size) {
      left.push(unit);
      continue;
    }
    // One by one: a large table has more rows than a call may have arguments.
    for (const item of unit.items) into.push(item);
    count += unit.items.length;
  }
  const [smallest] = count > 0 ? [] : [...left].sort((a, b) => a.items.length - b.items.length);
  if (smallest === undefined) return left;
  // No unit is as small as the split: it gets the smallest rather than none.
  for (const item of smallest.items) into.push(item);
  return left.filter((unit) => unit !== smallest);
}

/** Cuts the units by the sizes, the test first; those beyond are returned. */
function cut(into: Drawn, units: readonly Unit[], sizes: Sizes, key: number): readonly Unit[] {
  let left = fill(into.test, stratified(inFixedOrder(units)), sizes.test);
  left = stratified(shuffled(left, key));
  for (const split of CUT_ORDER) left = fill(into[split], left, sizes[split]);
  return left;
}

const NONE: Sizes = { pool: 0, prompts: 0, validation: 0, probe: 0, test: 0 };

/** @param k the pool has at least so many items.
 * @throws LabError `import-refused` for too few rows, or rows without answers and no pool. */
export function splitUnits(units: readonly Unit[], k: number, seed: number, run: WantedRun): SplitItems {
  const key = (purpose: string) => deriveKey(seed, 'import', purpose);
  const notes: string[] = [];
  const isKeyless = ({ origin, row }: Item) => row.output === '' || origin === 'prompts';
  const keyless = units.flatMap(({ items }) => items.filter(isKeyless));
  const answered = units.flatMap((unit) => {
    const items = unit.items.filter((item) => !isKeyless(item));
    return items.length === 0 ? [] : [{ ...unit, items, stratum: items[0]?.stratum ?? '' }];
  });
  const from = (...origins: readonly Unit['origin'][]) =>
    answered.filter(({ origin }) => origins.includes(origin));
  if (run.sizes !== undefined) return bySizes(from, keyless, run.sizes, key);
  let train = from('train', null);
  let validation = from('validation');
  let test = from('test');
  let pool = from('pool');
  const probe = from('probe');
  if (train.length + validation.length + test.length + pool.length === 0) {
    throw new LabError(
      'import-refused',
      `None of the ${plural(keyless.length, 'row')} has an answer, so they can only be prompts.`,
      { remedy: 'Give a pool file with answered rows of the same task (--pool FILE).' },
    );
  }
  if (train.length === 0 && keyless.length > 0 && pool.length > 0 && validation.length + test.length === 0) {
    [train, pool] = [pool, []];
    notes.push('Pool, validation, probe and test are drawn from the pool file, the only one with answers.');
  } else if (train.length === 0 && keyless.length === 0) {
    if (validation.length > 0) {
      [train, validation] = [validation, []];
      const rest = test.length > 0 ? ' all splits but the test' : ' all splits';
      notes.push(`There is no training file:${rest} are drawn from the validation file.`);
    } else if (test.length > 0) {
      [train, test] = [test, []];
      notes.push('There is only a test file: all splits are drawn from it.');
    }
  }

  const splits: Drawn = {
    pool: pool.flatMap(({ items }) => items),
    prompts: [...keyless],
    validation: [],
    probe: probe.flatMap(({ items }) => items),
    test: [],
  };
  let leftOver = 0;
  if (test.length > 0) {
    const sizes = { ...NONE, test: Math.min(FULL_TEST, countOf(test)) };
    leftOver += countOf(cut(splits, test, sizes, key('test')));
  }
  if (validation.length > 0) {
    const sizes = validationSizes(countOf(validation), test.length > 0);
    leftOver += countOf(cut(splits, validation, sizes, key('validation')));
    const made = (['probe', 'test'] as const).filter((split) => sizes[split] > 0);
    if (made.length > 0) notes.push(`The validation file also gives ${made.join(' and ')}.`);
  }
  const rows = countOf(train);
  const fills = (['pool', 'validation', 'probe', 'test'] as const).filter(
    (split) => splits[split].length === 0,
  );
  // A small training file is not cut further for a probe.
  const worth = fills.filter((split) => split !== 'probe' || rows >= 200 || fills.includes('test'));
  const sizes = sizesOf({ rows, fills: worth, otherPrompts: keyless.length, k }, run);
  if (rows > 0 && train.length < worth.length + 1) throw tooFewGroups(train.length, worth);
  // What no split had room for is a prompt.
  for (const { items } of cut(splits, train, sizes, key('rows')))
    for (const item of items) splits.prompts.push(item);
  for (const split of SPLITS) splits[split] = shuffled(splits[split], key(`order of ${split}`));
  if (leftOver > 0) notes.push(`${plural(leftOver, 'row')} beyond the full sizes are not used.`);
  return { splits, notes, leftOver };
}

/** Splits of the sizes that a person gave. A file that is one split's keeps it up to its size; its rows beyond that, and rows
 * of no split, fill the others: the 500 rows of a published test can be a test of 244, prompts and a probe.
 * @throws LabError `import-refused` where the rows are too few. */
function bySizes(
  from: (...origins: readonly Unit['origin'][]) => readonly Unit[],
  keyless: readonly Item[],
  wanted: Partial<Sizes>,
  key: (purpose: string) => number,
): SplitItems {
  const splits: Drawn = { pool: [], prompts: [], validation: [], probe: [], test: [] };
  const ordered = (units: readonly Unit[], split: SplitName) =>
    stratified(split === 'test' ? inFixedOrder(units) : shuffled(units, key(split)));
  const notes: string[] = [];
  const spare: Record<'loose' | 'beyond', readonly Unit[]> = { loose: from('train', null), beyond: [] };
  const shared: string[] = [];
  for (const split of ['test', 'validation', 'probe', 'pool'] as const) {
    const own = from(split);
    const left = fill(splits[split], ordered(own, split), Math.min(wanted[split] ?? Infinity, countOf(own)));
    if (left.length > 0) shared.push(split);
    spare.beyond = [...spare.beyond, ...left];
  }
  if (shared.length > 0)
    notes.push(`What ${shared.join(' and ')} had beyond its size is drawn for the others.`);
  splits.prompts = keyless.slice(0, wanted.prompts ?? Infinity);
  const had = SPLITS.map((split) => `${split} ${splits[split].length}`).join(', ');
  const free = countOf(spare.loose) + countOf(spare.beyond);
  const missing = (split: SplitName) => Math.max(0, (wanted[split] ?? 0) - splits[split].length);
  const needed = SPLITS.reduce((sum, split) => sum + missing(split), 0);
  if (needed > free) {
    throw new LabError(
      'import-refused',
      `The sizes need ${plural(needed, 'more row')} than their own files have (${had}), and ${free} are free.`,
      { remedy: `Ask for ${needed - free} fewer in all, or add rows.` },
    );
  }
  for (const split of ['test', ...CUT_ORDER] as const) {
    const more = missing(split);
    if (more === 0) continue;
    const into: Item[] = [];
    // What is held out comes of what was, where it can.
    const isLearnt = split === 'pool' || split === 'prompts';
    for (const bag of isLearnt ? (['loose', 'beyond'] as const) : (['beyond', 'loose'] as const)) {
      spare[bag] = fill(into, ordered(spare[bag], split), Math.max(0, more - into.length));
    }
    splits[split].push(...into);
    if (into.length !== more) {
      notes.push(`${split} has ${splits[split].length} of ${wanted[split]} rows: rows are kept together.`);
    }
  }
  const rest = [...spare.loose, ...spare.beyond];
  if (wanted.prompts === undefined) {
    for (const { items } of rest) for (const item of items) splits.prompts.push(item);
  }
  for (const split of SPLITS) splits[split] = shuffled(splits[split], key(`order of ${split}`));
  const leftOver =
    wanted.prompts === undefined ? 0 : countOf(rest) + Math.max(0, keyless.length - wanted.prompts);
  if (leftOver > 0)
    notes.push(`${plural(leftOver, 'row')} beyond the sizes ${leftOver === 1 ? 'is' : 'are'} not used.`);
  return { splits, notes, leftOver };
}

function tooFewGroups(groups: number, fills: readonly SplitName[]): LabError {
  return new LabError(
    'import-refused',
    `Rows that are kept together make ${plural(groups, 'group')}, too few for ${[...fills, 'prompts'].join(', ')}.`,
    { remedy: 'Keep them together by a column with more values, or leave --keep-together out.' },
  );
}
