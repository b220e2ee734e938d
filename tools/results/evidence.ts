/** @file What the page opens with, of experiments that have SOFT beside its frozen teacher: each task of each model, by seed. */
import { armTable } from '../../src/analysis/arm-table.ts';
import { claimLines } from '../../src/analysis/claims.ts';
import type { EvidenceLine } from '../../src/analysis/evidence.ts';
import { lastScore, metricOf, seedsOf } from './last-score.ts';
import type { Measured } from './study.ts';

const [ARM, AGAINST] = ['soft', 'frozen-teacher'];
/** Digits that are kept: of shares over some hundred items. */
const DIGITS = 6;
const short = (value: number): number => Number(value.toFixed(DIGITS));

/** @param shipped the name of the model that the page opens with */
export function evidenceOf({ study, rows }: Measured, shipped: string): readonly EvidenceLine[] {
  if (!study.arms.has(ARM) || !study.arms.has(AGAINST)) return [];
  const metric = metricOf(rows, study);
  const claim = study.claims.find((one) => one.arm === ARM && one.against === AGAINST);
  const claimed = claim === undefined ? [] : claimLines(rows, claim, metric);
  const p = new Map(claimed.map(({ task, holmP }) => [task, holmP]));
  const score = lastScore(rows, metric);
  return armTable(rows, { metric, against: AGAINST })
    .filter(({ arm }) => arm === ARM)
    .flatMap(({ task, difference }) => {
      if (difference?.mean == null) return [];
      const pairs = seedsOf(rows).flatMap((seed) => {
        const [a, b] = [score(task, ARM, seed), score(task, AGAINST, seed)];
        return a === undefined || b === undefined ? [] : [{ seed, difference: short(a - b) }];
      });
      return [
        {
          ...{ task, model: study.model, isShipped: study.model === shipped, isClaimed: p.has(task) },
          seeds: pairs.map(({ seed }) => seed),
          differences: pairs.map((pair) => pair.difference),
          mean: short(difference.mean),
          halfWidth: difference.halfWidth === null ? null : short(difference.halfWidth),
          p: p.get(task) ?? null,
        },
      ];
    });
}

/** Claims first, then what ships, each from the highest difference down. */
export const sortedEvidence = (lines: readonly EvidenceLine[]): readonly EvidenceLine[] =>
  lines.toSorted(
    (a, b) =>
      Number(b.isClaimed) - Number(a.isClaimed) ||
      Number(b.isShipped) - Number(a.isShipped) ||
      b.mean - a.mean,
  );
