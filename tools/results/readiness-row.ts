/** @file A line of docs/results/readiness.jsonl: readiness's word before a run, and what the run came to. */
import { floorWords, notAbove } from '../../src/analysis/floors.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { Infer } from '../../src/core/shape.ts';
import { array, count, finite, nullable, object, recordOf, text, word } from '../../src/core/shape.ts';
import { shareError } from '../../src/metrics/statistics.ts';
import type { Manifest } from '../../src/store/runs/manifest.ts';
import type { Arm } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';
import { METHODS, isMethodName } from '../../src/words/methods.ts';

const WORDS = ['ready', 'doubtful', 'not ready'] as const;
const HAPPENED = ['rose', 'did not rise'] as const;

export const readinessRow = object({
  ...{ model: text, task: text, arm: text, seed: count },
  /** What the arm sets otherwise than its method. */
  set: recordOf(text),
  word: word(WORDS),
  /** Codes of the reasons that stop it or give doubts. */
  reasons: array(text),
  /** Rows asked, share right and share of labels few-shot, share right zero-shot. */
  rows: count,
  fewShot: finite,
  labels: nullable(finite),
  zeroShot: finite,
  /** Zero-shot on the test: the base, the last round, over so many items. */
  base: finite,
  last: finite,
  items: count,
  /** Such as "chance 0.25"; '' where there is none. */
  floor: text,
  happened: word(HAPPENED),
});
export type ReadinessRow = Infer<typeof readinessRow>;

/** The last round zero-shot on the test, beside the base: it rose where it stands above the base by more than twice the
 * error of both, and above chance and majority by more than noise. null where the run scored too little to say. */
export function outcomeOf(
  rows: readonly ResultRow[],
  { task, arm, seed }: { readonly task: string; readonly arm: string; readonly seed: number },
  { runs }: Pick<Manifest, 'runs'>,
): Pick<ReadinessRow, 'base' | 'last' | 'items' | 'floor' | 'happened'> | null {
  const run = runs.find((one) => one.task === task && one.arm === arm && one.seed === seed);
  const metric = run?.floors?.metric;
  if (run === undefined || metric === undefined) return null;
  const own = rows
    .filter((row) => row.task === task && row.arm === arm && row.seed === seed && row.metric === metric)
    .filter(({ split, mode }) => split === 'test' && mode === 'zero-shot')
    .sort((a, b) => a.round - b.round);
  const [base] = own;
  const last = own.at(-1);
  if (base === undefined || last === undefined || base.round !== 0 || last.round === 0) return null;
  const floors = { chance: run.floors?.chance ?? null, majority: run.floors?.majority ?? null };
  const error = Math.hypot(shareError(base.value, base.n), shareError(last.value, last.n));
  const isHigher = last.value - base.value > 2 * error;
  const isAbove = notAbove(floors, { mean: last.value, halfWidth: null, items: last.n }) === null;
  return {
    ...{ base: base.value, last: last.value, items: last.n, floor: floorWords(floors, 2) },
    happened: isHigher && isAbove ? 'rose' : 'did not rise',
  };
}

/** Arms that learn from a model's labels of a task's prompts: of others readiness says nothing. */
export function labelArms({ config }: Pick<Manifest, 'config'>): readonly Arm[] {
  return Object.entries(config.arms).flatMap(([name, { method, ...knobs }]) => {
    if (!isMethodName(method)) return [];
    const { labels, teacher, trainsOn, schedule } = METHODS[method];
    const isLabelling = labels === 'new-prompts' || labels === 'all-prompts';
    const isModel = teacher === 'base' || teacher === 'previous';
    const isOne = schedule !== 'none' && isLabelling && isModel && trainsOn.includes('labels');
    return isOne ? [armOf(name, method, knobs)] : [];
  });
}

/** Sizes of scoring, and what is chosen by the model's size: they are no part of what readiness is asked. */
const PASSED_OVER = new Set<string>([
  ...['testItems', 'fewShotItems', 'validationItems', 'probeItems', 'constrained', 'learningRate'],
]);

/** What is set, as words: "rounds" to "2". */
export function setOf({ name, method, knobs }: Arm): Readonly<Record<string, string>> {
  const plain: Readonly<Record<string, unknown>> = armOf(name, method).knobs;
  return Object.fromEntries(
    Object.entries(knobs).flatMap(([knob, value]) =>
      PASSED_OVER.has(knob) || plain[knob] === value ? [] : [[knob, String(value)]],
    ),
  );
}

/** Rows of one run. */
export const runKey = ({ model, task, arm, seed, set, items }: ReadinessRow): string =>
  JSON.stringify([model, task, arm, seed, Object.entries(set).sort(), items]);
