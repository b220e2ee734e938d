/**
 * @file What came of the bundled experiments where they were run in full, as the page tells it beside their questions: each
 * pair of arms task by task, claimed before its runs or only looked at. Made by tools/results/answers.ts.
 */
import { plural } from '../core/plural.ts';
import type { Infer } from '../core/shape.ts';
import { array, count, finite, flag, nullable, object, optional, text, word } from '../core/shape.ts';
import { CLAIM_VERDICTS, differenceWords } from './paired.ts';

const MOST = 1000;

const answerLine = object({
  task: text,
  /** Of the score after the last round, zero-shot, paired by seed. */
  mean: finite,
  /** Of the 95% interval over seeds; null of one seed. */
  halfWidth: nullable(finite),
  /** Pairs of seeds. */
  n: count,
  /** No answer is ever right, so that zero says nothing of the arms. */
  isFloor: flag,
  /** Of what was claimed. */
  verdict: optional(word(CLAIM_VERDICTS)),
});
const answerPair = object({
  ...{ arm: text, against: text, lines: array(answerLine, MOST) },
  /** Claimed of, and not measured. */
  notRun: array(text, MOST),
});
export const answerShape = object({
  /** The experiment's. */
  title: text,
  model: text,
  pairs: array(answerPair, MOST),
});
export type AnswerLine = Infer<typeof answerLine>;
export type AnswerPair = Infer<typeof answerPair>;
export type Answer = Infer<typeof answerShape>;

export const answersShape = array(answerShape, MOST);

export interface AnswerWords {
  /** "SOFT above frozen teacher" of a claim, "SOFT+ minus SOFT" else. */
  readonly pair: string;
  /** "shown: two-cue-topic +0.121 ± 0.061" */
  readonly parts: readonly string[];
}

const figureOf = ({ task, isFloor, ...line }: AnswerLine): string =>
  `${task} ${isFloor ? '(nothing is ever right)' : differenceWords(line)}`;

export const isOfClaim = ({ lines, notRun }: AnswerPair): boolean =>
  notRun.length > 0 || lines.some(({ verdict }) => verdict !== undefined);
export const isClaimed = ({ pairs }: Answer): boolean => pairs.some(isOfClaim);

/** @param titleOf an arm's name for people */
export function answerWords(pair: AnswerPair, titleOf: (arm: string) => string): AnswerWords {
  const { arm, against, lines, notRun } = pair;
  const [a, b] = [titleOf(arm), titleOf(against)];
  if (!isOfClaim(pair))
    return { pair: `${a} minus ${b}, not claimed`, parts: [lines.map(figureOf).join(', ')] };
  const parts = CLAIM_VERDICTS.flatMap((verdict) => {
    const told = lines.filter((line) => line.verdict === verdict);
    return told.length === 0 ? [] : [`${verdict}: ${told.map(figureOf).join(', ')}`];
  });
  const rest = notRun.length === 0 ? [] : [`not run: ${notRun.join(', ')}`];
  return { pair: `${a} above ${b}, claimed`, parts: [...parts, ...rest] };
}

const seedsOf = (pairs: readonly AnswerPair[]): string => {
  const counts = [...new Set(pairs.flatMap(({ lines }) => lines.map(({ n }) => n)))].sort((a, b) => a - b);
  const most = counts.at(-1) ?? 0;
  return counts.length > 1 ? `${counts[0] ?? 0} to ${plural(most, 'seed')}` : plural(most, 'seed');
};

/** Of what kind the answer is: "Claims made before the runs; 10 seeds of nano" or "Nothing claimed; looked at, 3 seeds of nano". */
export const standingOf = (answer: Answer): string =>
  `${isClaimed(answer) ? 'Claims made before the runs;' : 'Nothing claimed; looked at,'} ${seedsOf(isClaimed(answer) ? answer.pairs.filter(isOfClaim) : answer.pairs)} of ${answer.model}`;

/** The same two arms on the same model elsewhere, with more seeds: how large a lead that was shown is. */
export function moreOf(answer: Answer, all: readonly Answer[]): readonly AnswerWords[] {
  return all
    .filter((other) => other.title !== answer.title && other.model === answer.model)
    .flatMap((other) =>
      other.pairs.flatMap(({ arm, against, lines }) => {
        const own = answer.pairs.find((pair) => pair.arm === arm && pair.against === against);
        const more = lines.filter(({ task, n }) =>
          own?.lines.some((line) => line.task === task && line.verdict !== undefined && line.n < n),
        );
        if (more.length === 0) return [];
        const pair = `Over ${seedsOf([{ arm, against, lines: more, notRun: [] }])}, not claimed (${other.title.toLowerCase()})`;
        return [{ pair, parts: [more.map(figureOf).join(', ')] }];
      }),
    );
}
