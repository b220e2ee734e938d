/**
 * @file Items into the five splits: published splits kept, the rest drawn by the seed, alike over the strata. Every
 * item ends in one split or among those left over, none in two.
 */
import { LabError } from '../../core/errors.ts';
import { deriveKey, shuffled } from '../../core/random.ts';
import type { SplitName } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import type { Item } from './items.ts';
import { FULL_TEST, sizesOf, validationSizes, type Sizes, type WantedRun } from './sizes.ts';
import { plural } from './table.ts';

export interface SplitItems {
  readonly splits: Readonly<Record<SplitName, readonly Item[]>>;
  readonly notes: readonly string[];
  /** Usable items beyond the full sizes. */
  readonly leftOver: number;
}

/** The items in an order whose every stretch has the strata's shares, up to rounding. */
function stratified(items: readonly Item[], key: number): readonly Item[] {
  const strata = new Map<string, Item[]>();
  for (const item of shuffled(items, key)) {
    const stratum = strata.get(item.stratum);
    if (stratum === undefined) strata.set(item.stratum, [item]);
    else stratum.push(item);
  }
  const placed = [...strata.values()].flatMap((stratum) =>
    stratum.map((item, i) => ({ item, place: (i + 0.5) / stratum.length })),
  );
  // Sorting is stable: equal places keep the shuffled order of the strata.
  return placed.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

type Drawn = Record<SplitName, Item[]>;
const CUT_ORDER: readonly SplitName[] = ['pool', 'validation', 'probe', 'test', 'prompts'];

/** Cuts the items by the sizes; those beyond are returned. */
function cut(into: Drawn, items: readonly Item[], sizes: Sizes, key: number): readonly Item[] {
  const order = stratified(items, key);
  let begin = 0;
  for (const split of CUT_ORDER) {
    // One by one: a large table has more rows than a call may have arguments.
    for (const item of order.slice(begin, begin + sizes[split])) into[split].push(item);
    begin += sizes[split];
  }
  return order.slice(begin);
}

const NONE: Sizes = { pool: 0, prompts: 0, validation: 0, probe: 0, test: 0 };

/** @param k the pool has at least so many items.
 * @throws LabError `import-refused` for too few rows, or rows without answers and no pool. */
export function splitItems(items: readonly Item[], k: number, seed: number, run: WantedRun): SplitItems {
  const key = (purpose: string) => deriveKey(seed, 'import', purpose);
  const notes: string[] = [];
  const isKeyless = ({ origin, row }: Item) => row.output === '' || origin === 'prompts';
  const keyless = items.filter(isKeyless);
  const from = (...origins: readonly Item['origin'][]) =>
    items.filter((item) => !isKeyless(item) && origins.includes(item.origin));
  let train = from('train', null);
  let validation = from('validation');
  let test = from('test');
  let pool = from('pool');
  const probe = from('probe');
  if (train.length + validation.length + test.length + pool.length === 0) {
    throw new LabError(
      'import-refused',
      `None of the ${plural(keyless.length, 'row')} has an answer, so they can only be prompts.`,
      { remedy: 'Give a pool file with answered rows of the same task (--pool FILE, or the pool field).' },
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
    pool: [...pool],
    prompts: [...keyless],
    validation: [],
    probe: [...probe],
    test: [],
  };
  let leftOver = 0;
  if (test.length > 0) {
    const sizes = { ...NONE, test: Math.min(FULL_TEST, test.length) };
    leftOver += cut(splits, test, sizes, key('test')).length;
  }
  if (validation.length > 0) {
    const sizes = validationSizes(validation.length, test.length > 0);
    leftOver += cut(splits, validation, sizes, key('validation')).length;
    const made = (['probe', 'test'] as const).filter((split) => sizes[split] > 0);
    if (made.length > 0) notes.push(`The validation file also gives ${made.join(' and ')}.`);
  }
  const fills = (['pool', 'validation', 'probe', 'test'] as const).filter(
    (split) => splits[split].length === 0,
  );
  // A small training file is not cut further for a probe.
  const worth = fills.filter((split) => split !== 'probe' || train.length >= 200 || fills.includes('test'));
  const bag = { rows: train.length, fills: worth, otherPrompts: keyless.length, k };
  cut(splits, train, sizesOf(bag, run), key('rows'));
  for (const split of SPLITS) splits[split] = shuffled(splits[split], key(`order of ${split}`));
  if (leftOver > 0) notes.push(`${plural(leftOver, 'row')} beyond the full sizes are not used.`);
  return { splits, notes, leftOver };
}
