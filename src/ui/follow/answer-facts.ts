/** @file What the follow view reads out of answers: who answers, how sure it was, what changed. */
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { Answerer, AskedAnswer } from '../../store/questions/ask-state.ts';
import { roundTitle } from '../words/rounds.ts';

export function answererTitle(answerer: Answerer): string {
  switch (answerer.kind) {
    case 'base':
      return 'base';
    case 'round':
      return roundTitle(answerer.round);
    case 'loaded':
      return answerer.name;
  }
}

export const answererKey = (answerer: Answerer): string =>
  answerer.kind === 'round' ? `${answerer.cell} ${answerer.round}` : answererTitle(answerer);

/** The answer cut as a label is: without the stop and the space around it; null while it is not known whole. */
const wholeAnswer = ({ status, text }: AskedAnswer): string | null =>
  status === 'done' ? text.trim() : null;

/** Probability of all tokens of the answer together; null without any. */
export const probabilityOf = ({ tokens }: AskedAnswer): number | null =>
  tokens.length === 0 ? null : tokens.reduce((product, { probability }) => product * probability, 1);

/** Whole answers by answerer: what is kept of them when something is changed. */
export const takeDown = (answers: readonly AskedAnswer[]): ReadonlyMap<string, string> =>
  new Map(
    answers.flatMap((answer) => {
      const text = wholeAnswer(answer);
      return text === null ? [] : [[answererKey(answer.answerer), text] as const];
    }),
  );

export interface Changed {
  /** The answer of the round before, where this one differs from it. */
  readonly sinceRound: string | null;
  /** The answer before the last change of the prompt, where this one differs from it. */
  readonly sinceEdit: string | null;
}

const differs = (a: string, b: string): boolean => normaliseLabel(a) !== normaliseLabel(b);

/** What changed in each answer, in their order; nothing is said of an answer that is not whole yet. */
export function changesOf(
  answers: readonly AskedAnswer[],
  before: ReadonlyMap<string, string>,
): readonly Changed[] {
  return answers.map((answer, i) => {
    const now = wholeAnswer(answer);
    const earlier = answers[i - 1];
    const round = earlier === undefined ? null : wholeAnswer(earlier);
    const edit = before.get(answererKey(answer.answerer)) ?? null;
    return {
      sinceRound: now !== null && round !== null && differs(now, round) ? round : null,
      sinceEdit: now !== null && edit !== null && differs(now, edit) ? edit : null,
    };
  });
}

/** The item one place earlier or later; the list itself at its ends. */
export function moved(ids: readonly string[], at: number, by: -1 | 1): readonly string[] {
  const [id, other] = [ids[at], ids[at + by]];
  if (id === undefined || other === undefined) return ids;
  return ids.map((each, i) => (i === at ? other : i === at + by ? id : each));
}
