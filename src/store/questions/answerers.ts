/** @file Who is asked: small pure functions of the state. */
import { roundOf } from '../../method/state.ts';
import type { Answerer, AskedAnswer, Barrier } from './ask-state.ts';
import type { Cell, RunView } from '../live/run-state.ts';

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

/** What keeps the base or a round of the run from being asked; null where nothing does.
 * @param sha256 of the loaded model; null of none */
export function barrierTo(answerer: Answerer, run: RunView | null, sha256: string | null): Barrier | null {
  if (run === null || answerer.kind === 'loaded') return null;
  if (run.model.sha256 !== sha256) return 'model';
  if (answerer.kind === 'base') return null;
  const cell = run.cells.find(({ key }) => key === answerer.cell);
  const found = cell === undefined ? null : roundOf(cell.state, answerer.round).adapter;
  return found?.absent === undefined ? null : 'adapter';
}
