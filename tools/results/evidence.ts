/** @file What the page opens with, of experiments that have SOFT beside its frozen teacher: each task of each model, by seed. */
import { armTable } from '../../src/analysis/arm-table.ts';
import { claimLines } from '../../src/analysis/claims.ts';
import type { EvidenceLine, PooledEvidence } from '../../src/analysis/evidence.ts';
import type { PooledCell, PooledClaim } from '../../src/analysis/pooled.ts';
import { neededSeeds, seedDifferences } from '../../src/analysis/pooled.ts';
import { lastScore, metricOf, seedsOf } from './last-score.ts';
import type { PooledStudy } from './pooled.ts';
import { short } from './short.ts';
import type { Measured } from './study.ts';

const [ARM, AGAINST] = ['soft', 'frozen-teacher'];

/** SOFT and its frozen teacher as they are, and in other settings where that is claimed. */
function pairsIn({ arms, claims }: Measured['study']): readonly (readonly [string, string])[] {
  const methodOf = (arm: string) => arms.get(arm)?.method;
  const plain = arms.has(ARM) && arms.has(AGAINST) ? [[ARM, AGAINST] as const] : [];
  const others = claims
    .filter(({ arm, against }) => methodOf(arm) === ARM && methodOf(against) === AGAINST)
    .filter(({ arm }) => arm !== ARM)
    .map(({ arm, against }) => [arm, against] as const);
  return [...plain, ...others];
}

/** @param shipped the name of the model that the page opens with */
export function evidenceOf({ study, rows }: Measured, shipped: string): readonly EvidenceLine[] {
  const metric = metricOf(rows, study);
  const score = lastScore(rows, metric);
  return pairsIn(study).flatMap(([arm, against]) => {
    const claim = study.claims.find((one) => one.arm === arm && one.against === against);
    const claimed = claim === undefined ? [] : claimLines(rows, claim, metric);
    const p = new Map(claimed.map(({ task, holmP }) => [task, holmP]));
    return armTable(rows, { metric, against })
      .filter((line) => line.arm === arm)
      .flatMap(({ task, difference }) => {
        if (difference?.mean == null) return [];
        const pairs = seedsOf(rows).flatMap((seed) => {
          const [a, b] = [score(task, arm, seed), score(task, against, seed)];
          return a === undefined || b === undefined ? [] : [{ seed, difference: short(a - b) }];
        });
        return [
          {
            ...{ task, model: study.model, isShipped: study.model === shipped, isClaimed: p.has(task) },
            ...(arm === ARM ? {} : { setting: arm }),
            seeds: pairs.map(({ seed }) => seed),
            differences: pairs.map((pair) => pair.difference),
            mean: short(difference.mean),
            halfWidth: difference.halfWidth === null ? null : short(difference.halfWidth),
            p: p.get(task) ?? null,
          },
        ];
      });
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

/** Whether it is SOFT above its frozen teacher, in whatever setting. */
function isOfTeachers({ higher, than }: PooledClaim, cells: readonly PooledCell[]): boolean {
  const isMade = (arm: string, by: string) => cells.some(({ methodOf }) => methodOf(arm) === by);
  return isMade(higher.arm, ARM) && isMade(than.arm, AGAINST);
}

/** Of claims over several models: those of SOFT against its frozen teacher that were run. */
export function pooledEvidence({ file, cells, found }: PooledStudy): readonly PooledEvidence[] {
  return found.lines.flatMap(({ claim, over, verdict, cells: own }) => {
    if (over === null || verdict === 'not run' || !isOfTeachers(claim, cells)) return [];
    return [
      {
        ...(claim.higher.arm === ARM ? {} : { setting: claim.higher.arm }),
        ...{ verdict, seeds: over.leastSeeds },
        ...(file.planned === undefined ? {} : { planned: claim.seeds ?? file.planned.seeds }),
        ...(file.planned?.ended === undefined ? {} : { needed: neededSeeds(file.planned, claim.seeds) }),
        ...{ mean: short(over.mean), low: short(over.low), high: short(over.high) },
        cells: own.map(({ cell, own: one, seeds }) => {
          const pairs = seedDifferences(cell.scores(claim.higher), cell.scores(claim.than), seeds);
          return {
            ...{ task: cell.task, model: cell.model, seeds: pairs.map(([seed]) => seed) },
            differences: pairs.map(([, difference]) => short(difference)),
            ...{ mean: short(one.mean), low: short(one.low), high: short(one.high) },
          };
        }),
      },
    ];
  });
}
