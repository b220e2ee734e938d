/**
 * @file What the shipped experiments say of the lab's question: each line is SOFT minus its frozen teacher on one task of one
 * model, paired by seed; and in which words that may be said.
 */
import type { Infer } from '../core/shape.ts';
import { array, count, finite, flag, nullable, object, optional, text, told } from '../core/shape.ts';
import { formatSpread, signed } from '../core/figures.ts';
import type { ClaimVerdict } from './paired.ts';
import { claimVerdict } from './paired.ts';

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
export const evidenceLines = array(evidenceLine, MOST_LINES);

export type Verdict = ClaimVerdict | 'exploratory';

export const verdictOf = (line: EvidenceLine): Verdict =>
  line.isClaimed ? claimVerdict({ ...line, n: line.seeds.length }) : 'exploratory';

export const differenceText = ({ mean, halfWidth }: EvidenceLine): string =>
  signed(mean) + formatSpread(halfWidth);

/** Zero in every seed is no narrow interval: nothing is told apart, as where no answer is ever right. */
const figureOf = (line: EvidenceLine): string => {
  const isFlat = line.differences.every((difference) => difference === 0);
  return `${line.task} (${isFlat ? 'no seed differs at all' : differenceText(line)})`;
};

/** SOFT as it is: what the picture shows. */
export const asItIs = (lines: readonly EvidenceLine[]): readonly EvidenceLine[] =>
  lines.filter(({ setting }) => setting === undefined);

const verdictWords = (claimed: readonly EvidenceLine[]): string => {
  const of = (verdict: Verdict) => claimed.filter((line) => verdictOf(line) === verdict).map(figureOf);
  return (['shown', 'shown the other way', 'smaller than 0.03', 'undecided'] as const)
    .flatMap((verdict) => (of(verdict).length === 0 ? [] : [`${verdict} on ${of(verdict).join(', ')}`]))
    .join('; ');
};

/** Of claims in other settings, one sentence for each setting and model. */
function settingWords(claimed: readonly EvidenceLine[]): readonly string[] {
  const nameOf = ({ setting = '', model }: EvidenceLine) => `${setting} on ${model}`;
  return [...new Set(claimed.map(nameOf))].map((name) => {
    const own = claimed.filter((line) => nameOf(line) === name);
    const seeds = Math.min(...own.map((line) => line.seeds.length));
    return `In another setting, ${name}, claimed too, with ${seeds} seeds: ${verdictWords(own)}.`;
  });
}

const modelsOf = (lines: readonly EvidenceLine[]): string =>
  [
    ...new Set(
      lines.map(({ model, isShipped }) =>
        isShipped ? `${model}, the toy that this page comes with` : model,
      ),
    ),
  ].join(' and ');

/** What was asked and what came of it: of the claims in their verdicts, then of what nobody had claimed. */
export function evidenceWords(all: readonly EvidenceLine[]): readonly string[] {
  const lines = asItIs(all);
  const claimed = lines.filter(({ isClaimed }) => isClaimed);
  const rest = lines.filter(({ isClaimed }) => !isClaimed);
  const seeds = Math.min(...claimed.map((line) => line.seeds.length));
  const others = [...new Set(rest.filter(({ isShipped }) => !isShipped).map(({ model }) => model))];
  const tasks = new Set(lines.map(({ task }) => task)).size;
  return [
    ...(claimed.length === 0
      ? []
      : [
          `On ${modelsOf(claimed)}: a teacher that improves, against one that stays the base, by what the last student scores. Claimed before the runs on ${claimed.length} tasks, with ${seeds} seeds each. The first’s lead is ${verdictWords(claimed)}.`,
        ]),
    ...settingWords(all.filter(({ setting, isClaimed }) => setting !== undefined && isClaimed)),
    ...(rest.length === 0
      ? []
      : [
          `Beside them stand runs of which nothing was claimed${others.length === 0 ? '' : `, ${others.length === 1 ? 'another model' : `${others.length} other models`} among them`}; ${tasks} tasks were tried in all.`,
        ]),
  ];
}
