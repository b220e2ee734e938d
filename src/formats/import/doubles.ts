/**
 * @file Rows that say the same: of equal texts the most held-out one is kept, texts that differ in punctuation only stay in one
 * split, and so do the rows of one passage or conversation where a person asks for that.
 */
import type { ImportSummary, Origin, RejectedRow } from '../../words/importing.ts';
import type { Item } from './items.ts';
import { excerpt, plural } from './table.ts';

/** An input as duplicates are found: without case, Unicode variants, and spaces that tokenizers of datasets add. */
export function normalisedInput(input: string): string {
  return input
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ (?=[?.!,;:])/g, '')
    .trim();
}

/** An input as near-doubles are found: its letters and digits. Where it has none, itself. */
function bareInput(input: string): string {
  const bare = input
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return bare === '' ? normalisedInput(input) : bare;
}

/** Held-out rows stay where they were published: of two rows with one input the later kind here is rejected. */
const KEEP_FIRST: readonly (Origin | null)[] = [
  ...(['test', 'validation', 'probe', 'pool', 'train', null, 'prompts'] as const),
];
const rank = (origin: Origin | null): number => KEEP_FIRST.indexOf(origin);

/** Items that go into one split. */
export interface Unit {
  readonly items: readonly Item[];
  readonly origin: Origin | null;
  readonly stratum: string;
  /** The same whatever the seed and the order of the rows. */
  readonly key: string;
}

export interface Distinct {
  readonly units: readonly Unit[];
  readonly rejected: readonly RejectedRow[];
  readonly doubles: ImportSummary['doubles'];
  readonly notes: readonly string[];
}

/** Items without doubles, as units in the order of the files. */
export function distinctUnits(items: readonly Item[]): Distinct {
  const first = new Map<string, Item>();
  const near = new Map<string, Item>();
  const rejected: RejectedRow[] = [];
  const doubles = { same: 0, contradicting: 0, near: 0, crossing: 0 };
  const reject = (item: Item, before: Item, what: string) => {
    const isOther =
      before.row.output !== item.row.output && before.row.output !== '' && item.row.output !== '';
    const other = isOther ? ', with another answer' : '';
    const detail = `${what} ${before.file} line ${before.line}${other}: ${excerpt(item.row.input)}`;
    rejected.push({ file: item.file, line: item.line, reason: 'duplicate', detail });
    doubles.crossing += before.origin === item.origin ? 0 : 1;
    return isOther ? 1 : 0;
  };
  // An answered row says more than the same one without.
  const isAnswered = ({ row }: Item) => row.output !== '';
  for (const origin of KEEP_FIRST) {
    const own = items.filter((item) => item.origin === origin);
    for (const item of [...own.filter(isAnswered), ...own.filter((each) => !isAnswered(each))]) {
      const key = normalisedInput(item.row.input);
      const before = first.get(key);
      if (before !== undefined) {
        doubles.same++;
        doubles.contradicting += reject(item, before, 'the input of');
        continue;
      }
      const bare = bareInput(item.row.input);
      const alike = near.get(bare);
      if (
        alike !== undefined &&
        item.together === '' &&
        (alike.origin !== item.origin || isAnswered(alike) !== isAnswered(item))
      ) {
        doubles.contradicting += reject(item, alike, 'but for punctuation the input of');
        continue;
      }
      first.set(key, item);
      if (alike === undefined) near.set(bare, item);
      else doubles.near++;
    }
  }
  const kept = new Set(first.values());
  return { rejected, doubles, ...unitsOf(items.filter((item) => kept.has(item))) };
}

/** Items that belong together as one unit each: by the column that a person named, else as near-doubles. */
function unitsOf(items: readonly Item[]): Pick<Distinct, 'units' | 'notes'> {
  const byKey = new Map<string, Item[]>();
  const homes = new Map<string, Set<string>>();
  for (const item of items) {
    const bare = bareInput(item.row.input);
    const key = item.together === '' ? `text ${bare}` : `group ${item.together}`;
    const unit = byKey.get(key);
    if (unit === undefined) byKey.set(key, [item]);
    else unit.push(item);
    if (item.together !== '') homes.set(bare, (homes.get(bare) ?? new Set()).add(key));
  }
  let moved = 0;
  const units = [...byKey].map(([key, members]): Unit => {
    const [held] = [...members].sort((a, b) => rank(a.origin) - rank(b.origin));
    const origin = held?.origin ?? null;
    moved += members.filter((item) => item.origin !== origin).length;
    return { items: members, origin, stratum: held?.stratum ?? '', key };
  });
  const apart = [...homes.values()].filter(({ size }) => size > 1).length;
  return {
    units,
    notes: [
      ...(moved === 0
        ? []
        : [`${plural(moved, 'row')} moved to the published split that holds the rest of their group.`]),
      ...(apart === 0
        ? []
        : [
            `${plural(apart, 'text')} stand in several groups but for punctuation; the groups win, so they may be in several splits.`,
          ]),
    ],
  };
}
