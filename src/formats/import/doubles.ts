/**
 * @file Rows that say the same: of equal texts the most held-out one is kept, texts that differ in punctuation only stay in one
 * split, and so do the rows of one passage or conversation where a person asks for that.
 */
import { plural } from '../../core/plural.ts';
import type { ImportSummary, Origin, RejectedRow } from '../../words/importing.ts';
import type { Item } from './items.ts';
import { excerpt } from './table.ts';

/** An input as duplicates are found: without case, Unicode variants, and spaces that tokenizers of datasets add. */
export function normalisedInput(input: string): string {
  return input
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ (?=[?.!,;:])/g, '')
    .trim();
}

interface Known {
  readonly item: Item;
  readonly normalised: string;
  /** As near-doubles are found: letters and digits. Where a text has none, itself. */
  readonly bare: string;
}

/** An item with its text as doubles are found; made once, since it is most of a large import's time. */
function known(item: Item): Known {
  const normalised = normalisedInput(item.row.input);
  const bare = normalised.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  return { item, normalised, bare: bare === '' ? normalised : bare };
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
  const all = items.map(known);
  const first = new Map<string, Item>();
  const near = new Map<string, Item>();
  const kept = new Set<Known>();
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
    const own = all.filter(({ item }) => item.origin === origin);
    const inTurn = [
      ...own.filter(({ item }) => isAnswered(item)),
      ...own.filter(({ item }) => !isAnswered(item)),
    ];
    for (const each of inTurn) {
      const { item, normalised, bare } = each;
      const before = first.get(normalised);
      if (before !== undefined) {
        doubles.same++;
        doubles.contradicting += reject(item, before, 'the input of');
        continue;
      }
      const alike = near.get(bare);
      if (
        alike !== undefined &&
        item.together === '' &&
        (alike.origin !== item.origin || isAnswered(alike) !== isAnswered(item))
      ) {
        doubles.contradicting += reject(item, alike, 'but for punctuation the input of');
        continue;
      }
      first.set(normalised, item);
      kept.add(each);
      if (alike === undefined) near.set(bare, item);
      else doubles.near++;
    }
  }
  return { rejected, doubles, ...unitsOf(all.filter((each) => kept.has(each))) };
}

/** Items that belong together as one unit each: by the column that a person named, else as near-doubles. */
function unitsOf(items: readonly Known[]): Pick<Distinct, 'units' | 'notes'> {
  const byKey = new Map<string, Item[]>();
  const homes = new Map<string, Set<string>>();
  for (const { item, bare } of items) {
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
  const groups = [...byKey.keys()].filter((key) => key.startsWith('group ')).length;
  return {
    units,
    notes: [
      ...(groups === 0 ? [] : [`Rows are kept together in ${plural(groups, 'group')}, each in one split.`]),
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
