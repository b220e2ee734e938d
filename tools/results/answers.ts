/** @file What the cards of the experiments answer with: each study's claims, and the arms that nobody claimed anything of against the
 * first. */
import type { ArmLine } from '../../src/analysis/arm-table.ts';
import { armTable } from '../../src/analysis/arm-table.ts';
import type { Answer, AnswerLine } from '../../src/analysis/answers.ts';
import type { ClaimLine } from '../../src/analysis/claims.ts';
import { claimLines } from '../../src/analysis/claims.ts';
import { metricOf } from './last-score.ts';
import { short } from './short.ts';
import type { Measured } from './study.ts';

function lineOf(line: ArmLine & Partial<Pick<ClaimLine, 'verdict'>>): readonly AnswerLine[] {
  const { task, difference, mean, verdict } = line;
  if (difference?.mean == null) return [];
  return [
    {
      ...{ task, mean: short(difference.mean), n: difference.n },
      halfWidth: difference.halfWidth === null ? null : short(difference.halfWidth),
      isFloor: mean === 0 && difference.mean === 0,
      ...(verdict === undefined ? {} : { verdict }),
    },
  ];
}

/** Asked few-shot: its zero-shot score is the untrained base's, which no student is to be held against. */
const isAskedFewShot = ({ arms }: Measured['study'], arm: string): boolean => arms.get(arm)?.method === 'icl';

export function answerOf({ study, rows }: Measured): Answer {
  const metric = metricOf(rows, study);
  const [first = '', ...others] = study.arms.keys();
  const claimed = study.claims.map((claim) => {
    const lines = claimLines(rows, claim, metric).flatMap(lineOf);
    return {
      ...{ arm: claim.arm, against: claim.against, lines },
      notRun: claim.tasks.filter((task) => !lines.some((line) => line.task === task)),
    };
  });
  const inClaims = new Set(claimed.flatMap(({ arm, against }) => [arm, against]));
  const table = armTable(rows, { metric, against: first });
  const looked = others
    .filter((arm) => !inClaims.has(arm) && !isAskedFewShot(study, arm))
    .map((arm) => ({
      // As claims are put: what it is about minus what it is held against.
      ...{ arm: first, against: arm, notRun: [] },
      lines: table
        .filter((line) => line.arm === arm)
        .flatMap(lineOf)
        .map((line) => ({ ...line, mean: 0 - line.mean })),
    }))
    .filter(({ lines }) => lines.length > 0);
  return { title: study.title, model: study.model, pairs: [...claimed, ...looked] };
}
