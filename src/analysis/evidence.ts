/**
 * @file What the shipped experiments say of the lab's question: each line is SOFT minus its frozen teacher on one task of one
 * model, paired by seed; over real models, one number for all of them; and in which words that may be said.
 */
import type { Infer } from '../core/shape.ts';
import { array, count, finite, flag, nullable, object, optional, text, told, word } from '../core/shape.ts';
import { plural } from '../core/plural.ts';
import { formatSpread, signed } from '../core/figures.ts';
import { saidOf } from '../words/recorded.ts';
import type { ClaimVerdict } from './paired.ts';
import { CLAIM_VERDICTS, claimVerdict } from './paired.ts';

const MOST_LINES = 1000;
const MOST_SEEDS = 10_000;

export const evidenceLine = object({
  task: text,
  model: text,
  /** The model that the page opens with. */
  isShipped: flag,
  /** Claimed before its runs; else it is exploratory. */
  isClaimed: flag,
  setting: optional(
    told(text, 'The arm of SOFT, where it is not SOFT as it is; its frozen teacher has the same.'),
  ),
  seeds: array(count, MOST_SEEDS),
  /** Of each seed: the last student's zero-shot score, SOFT minus frozen teacher. */
  differences: array(finite, MOST_SEEDS),
  mean: finite,
  /** Of the 95% interval over seeds; null of one seed. */
  halfWidth: nullable(finite),
  /** Corrected over the claimed tasks; null of what was not claimed. */
  p: nullable(finite),
});
export type EvidenceLine = Infer<typeof evidenceLine>;

const cellLine = object({
  ...{ task: text, model: text, seeds: array(count, MOST_SEEDS), differences: array(finite, MOST_SEEDS) },
  ...{ mean: finite, low: finite, high: finite },
});
/** A claim of several models and tasks (pooled.ts): one number for all of its cells, which are in nobody's claim. */
const pooledEvidence = object({
  setting: optional(told(text, 'As a line’s.')),
  verdict: word(CLAIM_VERDICTS),
  seeds: told(count, 'That every cell has whole.'),
  planned: optional(told(count, 'Seeds, before the first run.')),
  needed: optional(
    told(count, 'Seeds before which there is no verdict: those planned, or fewer where the work ended.'),
  ),
  ...{ mean: finite, low: finite, high: finite },
  cells: array(cellLine, MOST_LINES),
});
export type PooledEvidence = Infer<typeof pooledEvidence>;

export const evidenceShape = object({
  lines: array(evidenceLine, MOST_LINES),
  pooled: array(pooledEvidence, MOST_LINES),
});
export type Evidence = Infer<typeof evidenceShape>;

export type Verdict = ClaimVerdict | 'exploratory';

export const verdictOf = (line: EvidenceLine): Verdict =>
  line.isClaimed ? claimVerdict({ ...line, n: line.seeds.length }) : 'exploratory';

const differenceText = ({ mean, halfWidth }: EvidenceLine): string => signed(mean) + formatSpread(halfWidth);

const spanned = ({ mean, low, high }: Pick<PooledEvidence, 'mean' | 'low' | 'high'>): string =>
  `${signed(mean)} (${signed(low)} to ${signed(high)})`;

/** Zero in every seed is no narrow interval: nothing is told apart, as where no answer is ever right. */
const figureOf = (line: EvidenceLine): string => {
  const isFlat = line.differences.every((difference) => difference === 0);
  return `${line.task} (${isFlat ? 'no seed differs at all' : differenceText(line)})`;
};

/** SOFT as it is: what the picture shows. */
export const asItIs = <T extends { readonly setting?: string }>(all: readonly T[]): readonly T[] =>
  all.filter(({ setting }) => setting === undefined);

/** A row of the picture: dots, their mean and its interval. */
export interface EvidenceRow {
  readonly name: string;
  readonly dots: readonly { readonly seed: number; readonly difference: number }[];
  readonly mean: number;
  /** null: of one seed. */
  readonly low: number | null;
  readonly high: number | null;
  readonly words: string;
  readonly verdict: Verdict;
}

const span = (seeds: readonly number[]): string =>
  seeds.length < 2 ? `(${seeds[0] ?? ''})` : `(${seeds[0] ?? ''}–${seeds.at(-1) ?? ''})`;
const dotsOf = ({ seeds, differences }: Pick<EvidenceLine, 'seeds' | 'differences'>) =>
  differences.map((difference, i) => ({ difference, seed: seeds[i] ?? 0 }));

const rowOfLine = (line: EvidenceLine): EvidenceRow => ({
  // A task may stand there with other seeds too.
  name: `${line.task}${line.isShipped ? '' : `, ${line.model}`} ${span(line.seeds)}`,
  ...{ dots: dotsOf(line), mean: line.mean, verdict: verdictOf(line) },
  low: line.halfWidth === null ? null : line.mean - line.halfWidth,
  high: line.halfWidth === null ? null : line.mean + line.halfWidth,
  words: `${differenceText(line)}, ${plural(line.seeds.length, 'seed')}`,
});

/** All cells as one, which was claimed, then each. */
const rowsOfPooled = (one: PooledEvidence): readonly EvidenceRow[] => [
  {
    name: `real models, all ${one.cells.length} ${span(one.cells[0]?.seeds ?? [])}`,
    ...{ dots: [], mean: one.mean, low: one.low, high: one.high, verdict: one.verdict },
    words: pooledWords(one),
  },
  ...one.cells.map((cell) => {
    const { task, short } = saidOf(cell.model, cell.task);
    return {
      name: `${task}, ${short} ${span(cell.seeds)}`,
      ...{ dots: dotsOf(cell), mean: cell.mean, low: cell.low, high: cell.high },
      words: `${spanned(cell)}, ${plural(cell.seeds.length, 'seed')}`,
      verdict: 'exploratory' as const,
    };
  }),
];

/** SOFT as it is: what was claimed on toys, then over real models, then what nobody claimed. */
export function evidenceRows({ lines, pooled }: Evidence): readonly EvidenceRow[] {
  const own = asItIs(lines);
  return [
    ...own.filter(({ isClaimed }) => isClaimed).map(rowOfLine),
    ...asItIs(pooled).flatMap(rowsOfPooled),
    ...own.filter(({ isClaimed }) => !isClaimed).map(rowOfLine),
  ];
}

const named = (list: readonly string[]): string => [...new Set(list)].join(' and ');

/** What the rows' names leave out. */
export function evidenceFacts({ lines }: Evidence): string {
  const shipped = named(lines.flatMap(({ model, isShipped }) => (isShipped ? [model] : [])));
  return `Model ${shipped} where a row names no other; behind each task its seeds`;
}

const verdictWords = (claimed: readonly EvidenceLine[]): string => {
  const of = (verdict: Verdict) => claimed.filter((line) => verdictOf(line) === verdict).map(figureOf);
  return (['shown', 'shown the other way', 'smaller than 0.03', 'undecided'] as const)
    .flatMap((verdict) => (of(verdict).length === 0 ? [] : [`${verdict} on ${of(verdict).join(', ')}`]))
    .join('; ');
};

/** "undecided (no verdict before 6 seeds)", "undecided (6 seeds were planned)" */
function pooledVerdict({ seeds, planned = 0, needed = planned, verdict }: PooledEvidence): string {
  if (seeds < needed) return `${verdict} (no verdict before ${needed} seeds)`;
  return seeds < planned ? `${verdict} (${planned} seeds were planned)` : verdict;
}

/** "one number for all 4, 3 seeds each: -0.072 (-0.125 to -0.025), undecided" */
const pooledWords = (one: PooledEvidence): string =>
  `one number for all ${one.cells.length}, ${plural(one.seeds, 'seed')} each: ${spanned(one)}, ${pooledVerdict(one)}.`;

/** Of claims in other settings, one sentence for each setting and model, and for each over several models. */
function settingWords({ lines, pooled }: Evidence): readonly string[] {
  const claimed = lines.filter(({ setting, isClaimed }) => setting !== undefined && isClaimed);
  const nameOf = ({ setting = '', model }: EvidenceLine) => `${setting} on ${model}`;
  return [
    ...[...new Set(claimed.map(nameOf))].map((name) => {
      const own = claimed.filter((line) => nameOf(line) === name);
      const seeds = Math.min(...own.map((line) => line.seeds.length));
      return `In another setting, ${name}, claimed too, with ${seeds} seeds: ${verdictWords(own)}.`;
    }),
    ...pooled.flatMap((one) =>
      one.setting === undefined ? [] : [`${one.setting} on the real models: ${pooledWords(one)}`],
    ),
  ];
}

const modelsOf = (lines: readonly EvidenceLine[]): string =>
  named(
    lines.map(({ model, isShipped }) => (isShipped ? `${model}, the toy that this page comes with` : model)),
  );

/** What more seeds said, by nobody claimed, of a task where a claim was shown: what few seeds show is likely to be too large. */
function moreSeedsWords(claimed: readonly EvidenceLine[], all: readonly EvidenceLine[]): string {
  const shown = claimed.filter((line) => verdictOf(line).startsWith('shown'));
  return shown
    .flatMap(({ task, model, seeds }) => {
      const more = all
        .filter((line) => !line.isClaimed && line.task === task && line.model === model)
        .filter((line) => line.seeds.length > seeds.length)
        .toSorted((a, b) => b.seeds.length - a.seeds.length)[0];
      return more === undefined
        ? []
        : [`; over ${more.seeds.length} seeds, not claimed, it is ${differenceText(more)} on ${task}`];
    })
    .join('');
}

function claimedWords(claimed: readonly EvidenceLine[], all: readonly EvidenceLine[]): readonly string[] {
  if (claimed.length === 0) return [];
  const seeds = Math.min(...claimed.map((line) => line.seeds.length));
  return [
    `On ${modelsOf(claimed)}, the lead of a teacher that improves over one that stays the base, claimed before the runs on ${plural(claimed.length, 'task')} with ${plural(seeds, 'seed')} each, is ${verdictWords(claimed)}${moreSeedsWords(claimed, all)}.`,
  ];
}

/** Where the one number is a mean of opposites, which. */
function apartWords({ cells }: PooledEvidence): string {
  const [least, most] = [Math.min, Math.max].map((end) => {
    const at = end(...cells.map(({ mean }) => mean));
    return cells.find(({ mean }) => mean === at);
  });
  if (least === undefined || most === undefined || least.high >= 0 || most.low <= 0) return '';
  const said = (cell: typeof least) => {
    const { task, short } = saidOf(cell.model, cell.task);
    return `${signed(cell.mean)} on ${task} with ${short}`;
  };
  return `; the cells go both ways, from ${said(least)} to ${said(most)}`;
}

/** Of SOFT as it is, over real models. */
function realWords(one: PooledEvidence): string {
  const said = one.cells.map(({ model, task }) => saidOf(model, task));
  return `On real models (${named(said.map(({ model }) => model))}) and real tasks (${named(said.map(({ task }) => task))}) the same lead, claimed as one number for all ${one.cells.length} with ${plural(one.seeds, 'seed')} each, is ${spanned(one)}: ${pooledVerdict(one)}${apartWords(one)}.`;
}

/** To "does a better teacher make a better student?". */
const ANSWERS: Readonly<Record<ClaimVerdict, string>> = {
  shown: 'yes',
  'shown the other way': 'no, a worse one',
  'smaller than 0.03': 'no difference above 0.03',
  undecided: 'undecided',
};

/** "In short: on a toy yes on 1 of 5 tasks, undecided on 4; on real models undecided." */
function answerWords(claimed: readonly EvidenceLine[], pooled: readonly PooledEvidence[]): string {
  const said = CLAIM_VERDICTS.flatMap((verdict) => {
    const own = claimed.filter((line) => verdictOf(line) === verdict).length;
    return own === 0 ? [] : [{ verdict, own }];
  });
  const counts = said.map(({ verdict, own }, i) => {
    const of = i > 0 ? '' : ` of ${plural(claimed.length, 'task')}`;
    return `${ANSWERS[verdict]} on ${own}${of}`;
  });
  const toys = counts.length === 0 ? [] : [`on a toy ${counts.join(', ')}`];
  const real = pooled.map(({ verdict }) => `on real models ${ANSWERS[verdict]}`);
  const all = [...toys, ...real];
  return all.length === 0 ? '' : `In short: ${all.join('; ')}.`;
}

export interface EvidenceWords {
  /** All of it in a line; '' of nothing claimed. */
  readonly answer: string;
  /** What was asked and what came of it: of the claims in their verdicts, a sentence for toys, one for real models. */
  readonly found: readonly string[];
  /** What else was tried. */
  readonly beside: readonly string[];
  /** Tasks of all that was tried. */
  readonly tasks: number;
}

export function evidenceWords({ lines: all, pooled }: Evidence): EvidenceWords {
  const lines = asItIs(all);
  const rest = lines.filter(({ isClaimed }) => !isClaimed);
  const others = new Set(rest.filter(({ isShipped }) => !isShipped).map(({ model }) => model)).size;
  const cells = pooled.flatMap((one) => one.cells);
  const tasks = new Set([...lines, ...cells].map(({ task }) => task)).size;
  const besides = others === 0 ? '' : `, ${others === 1 ? 'another toy' : `${others} other toys`} among them`;
  const claimed = lines.filter(({ isClaimed }) => isClaimed);
  return {
    answer: answerWords(claimed, asItIs(pooled)),
    found: [...claimedWords(claimed, lines), ...asItIs(pooled).map(realWords)],
    beside: [
      ...settingWords({ lines: all, pooled }),
      ...(rest.length === 0
        ? []
        : [
            `Beside them stand runs of which nothing was claimed${besides}; ${tasks} tasks were tried in all.`,
          ]),
    ],
    tasks,
  };
}
