/** @file Who is asked: small pure functions of the state. */
import type { Answerer, AskedAnswer } from './ask-state.ts';
import type { Cell } from '../live/run-state.ts';

export const waiting = (answerer: Answerer): AskedAnswer => ({
  answerer,
  status: 'waiting',
  text: '',
  tokens: [],
  fault: null,
  readBack: null,
});

export const isSameAnswerer = (a: Answerer, b: Answerer): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Base and the rounds of a cell that have an adapter. */
export function answerersOf(cell: Cell | null): readonly Answerer[] {
  const rounds = (cell?.state.rounds ?? []).filter(({ adapter }) => adapter !== null);
  return [
    { kind: 'base' },
    ...rounds.map(({ round }): Answerer => ({ kind: 'round', cell: cell?.key ?? '', round })),
  ];
}

/** With the answer in the place of its answerer's. */
export const replaced = (answers: readonly AskedAnswer[], answer: AskedAnswer): readonly AskedAnswer[] =>
  answers.map((other) => (isSameAnswerer(other.answerer, answer.answerer) ? answer : other));
