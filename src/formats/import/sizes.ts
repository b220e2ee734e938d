/**
 * @file How many rows each split gets. Full sizes where there are enough rows, the same shares scaled down where there
 * are not, and floors under which no run makes sense; what cannot be done is refused with what can.
 */
import { LabError } from '../../core/errors.ts';
import type { SplitName } from '../../words/task.ts';

/** Full sizes. Prompts have none: they get the rest. */
const FULL: Readonly<Record<Drawn, number>> = { pool: 96, validation: 128, probe: 256, test: 2000 };
/** Shares of a bag that must fill every split. */
const SHARE: Readonly<Record<SplitName, number>> = {
  pool: 0.15,
  prompts: 0.35,
  validation: 0.12,
  probe: 0.13,
  test: 0.25,
};
/** Fewer rows measure nothing; a probe under its floor is left out and its rows become prompts. */
const FLOOR: Readonly<Record<Drawn, number>> = { pool: 8, validation: 8, probe: 16, test: 8 };
/** The smallest run that is let through unasked. */
const LEAST_ROUNDS = 3;
const LEAST_PROMPTS_PER_ROUND = 8;

type Drawn = Exclude<SplitName, 'prompts'>;
export type Sizes = Readonly<Record<SplitName, number>>;

/** One bag of rows and the splits that it must fill; the others come from elsewhere. */
export interface Bag {
  readonly rows: number;
  readonly fills: readonly Drawn[];
  /** Prompts without answers that are there beside the bag. */
  readonly otherPrompts: number;
  /** Default number of demonstrations: the pool has no fewer. */
  readonly k: number;
}

export interface WantedRun {
  readonly rounds?: number | undefined;
  readonly promptsPerRound?: number | undefined;
  /** Rows of each split, where a person says so; the splits that are not named keep what their files have. */
  readonly sizes?: Partial<Sizes> | undefined;
}

/** The most prompts per round for a few numbers of rounds, as "1 x 64, 2 x 32". */
function feasibleRuns(prompts: number): readonly { rounds: number; promptsPerRound: number }[] {
  return [1, 2, 3, 5, 7]
    .map((rounds) => ({ rounds, promptsPerRound: Math.floor(prompts / rounds) }))
    .filter(({ promptsPerRound }) => promptsPerRound >= 4);
}

export function feasibleText(prompts: number): string {
  const runs = feasibleRuns(prompts);
  if (runs.length === 0) return 'no run at all';
  return runs.map(({ rounds, promptsPerRound }) => `${rounds} x ${promptsPerRound}`).join(', ');
}

/** Sizes of the splits that one bag fills, prompts included; 0 for the others.
 * @throws LabError `import-refused` naming the feasible rounds x prompts. */
export function sizesOf({ rows, fills, otherPrompts, k }: Bag, run: WantedRun): Sizes {
  const needed = (run.rounds ?? LEAST_ROUNDS) * (run.promptsPerRound ?? LEAST_PROMPTS_PER_ROUND);
  const ownNeeded = Math.max(0, needed - otherPrompts);
  const floor = (split: Drawn) => (split === 'probe' ? 0 : Math.max(FLOOR[split], split === 'pool' ? k : 0));
  const shares = [...fills, ...(ownNeeded > 0 ? (['prompts'] as const) : [])];
  const whole = shares.reduce((sum, split) => sum + SHARE[split], 0);
  const sizes = { pool: 0, prompts: 0, validation: 0, probe: 0, test: 0 };
  for (const split of fills) {
    const share = Math.min(FULL[split], Math.floor((rows * SHARE[split]) / whole));
    sizes[split] = split === 'probe' && share < FLOOR.probe ? 0 : Math.max(floor(split), share);
  }
  const rest = () => rows - fills.reduce((sum, split) => sum + sizes[split], 0);
  // Too few prompts: the other splits give, in this order, down to their floors.
  for (const split of ['probe', 'test', 'pool', 'validation'] as const) {
    if (!fills.includes(split)) continue;
    const give = Math.min(Math.max(0, ownNeeded - rest()), sizes[split] - floor(split));
    sizes[split] -= Math.max(0, give);
  }
  // A probe that gave until it was too small is no probe.
  if (sizes.probe < FLOOR.probe) sizes.probe = 0;
  if (rest() < 0 && otherPrompts > 0) throw tooFewAnswers(rows, fills, floor, otherPrompts);
  if (rest() < ownNeeded) throw tooFew(rows, fills, floor, rest() + otherPrompts, needed, run);
  sizes.prompts = rest();
  return sizes;
}

type Floor = (split: Drawn) => number;
const leastOf = (fills: readonly Drawn[], floor: Floor): readonly string[] =>
  fills.filter((split) => floor(split) > 0).map((split) => `${split} ${floor(split)}`);
const POOL_FILE = 'give the pool in a file of its own (--pool FILE)';

/** Prompts need no answers; the other splits do. */
function tooFewAnswers(rows: number, fills: readonly Drawn[], floor: Floor, prompts: number): LabError {
  const needed = fills.reduce((sum, split) => sum + floor(split), 0);
  return new LabError(
    'import-refused',
    `Too few rows have an answer: ${rows} beside ${prompts} without; ${leastOf(fills, floor).join(', ')} need ${needed}.`,
    { remedy: `Answer more rows, or ${POOL_FILE}.` },
  );
}

function tooFew(
  rows: number,
  fills: readonly Drawn[],
  floor: Floor,
  prompts: number,
  needed: number,
  { rounds = LEAST_ROUNDS, promptsPerRound = LEAST_PROMPTS_PER_ROUND }: WantedRun,
): LabError {
  const least = leastOf(fills, floor);
  const parts = least.length === 0 ? '' : ` beside ${least.join(', ')}`;
  const feasible = feasibleRuns(prompts);
  const nearest = feasible.filter((run) => run.rounds <= rounds).at(-1);
  const pasted =
    nearest === undefined
      ? `Add rows, or ${POOL_FILE}.`
      : `Add rows, ${POOL_FILE}, or ask for what is feasible: --rounds ${nearest.rounds} --prompts ${nearest.promptsPerRound}`;
  return new LabError(
    'import-refused',
    `Too few rows: ${rows} usable ones leave ${Math.max(0, prompts)} prompts${parts}, ` +
      `but ${rounds} x ${promptsPerRound} (rounds x prompts) need ${needed}.`,
    { remedy: `Feasible with these rows: ${feasibleText(prompts)}. ${pasted}` },
  );
}

/** Sizes out of a published validation file: the rest of it is probe, and test where no test was published. */
export function validationSizes(rows: number, hasTest: boolean): Sizes {
  const part = hasTest ? 2 / 3 : rows < 128 ? 1 / 2 : 1 / 4;
  const validation = Math.min(FULL.validation, Math.ceil(rows * part));
  const left = rows - validation;
  const share = hasTest ? left : Math.floor(left / 3);
  const probe = share < FLOOR.probe || (!hasTest && rows < 128) ? 0 : Math.min(FULL.probe, share);
  const test = hasTest ? 0 : Math.min(FULL.test, left - probe);
  return {
    pool: 0,
    prompts: 0,
    validation: hasTest && probe === 0 ? Math.min(FULL.validation, rows) : validation,
    probe,
    test,
  };
}

export const FULL_TEST = FULL.test;
