/** What is said while a round is being scored: the share of the answers so far, with their number. */
import { describe, expect, it } from 'vitest';
import { NEW_RUN, apply } from '../../src/method/state.ts';
import { armOf } from '../../src/words/plan.ts';
import type { Cell } from '../../src/store/live/run-state.ts';
import { leadUp } from '../../src/store/runs/lead-up.ts';
import type { EvaluatedSplit } from '../../src/words/events.ts';
import type { Task } from '../../src/words/task.ts';
import { focusOn, FOLLOW } from '../../src/ui/run/focus.ts';
import { stationViews } from '../../src/ui/run/loop/station-view.ts';
import { scoredSoFar } from '../../src/ui/run/scored-so-far.ts';
import { KEYS, TOY, round, runOf, tested } from './ui-run.ts';

/** These answers have come, in the middle of scoring. */
function scoring(
  said: readonly string[],
  split: EvaluatedSplit = 'test',
): Pick<Cell, 'activity' | 'live' | 'state'> {
  const answers = said.map((text, i) => ({
    ...({ round: 1, phase: 'evaluate' } as const),
    completion: { key: `t${i}`, text, ids: [1], logprobs: [-0.1], finishReason: 'stop-string' as const },
  }));
  return {
    activity: {
      ...{ round: 1, phase: 'evaluate', detail: '', items: KEYS.length, done: said.length },
      ...{ rate: null, secondsLeft: null, evaluating: { split, mode: 'zero-shot' } },
    },
    live: { asked: [], writing: new Map(), answers, curve: [] },
    state: NEW_RUN,
  };
}
const withMetric = (metric: Task['definition']['metric']): Task => ({
  ...TOY,
  definition: { ...TOY.definition, metric },
});

describe('a score that is being taken', () => {
  it('is the share of the test answers so far', () => {
    expect(scoredSoFar(TOY, scoring(['food', 'food', ' food ']))).toEqual({ right: 2, answered: 3 });
    expect(scoredSoFar(TOY, scoring([]))).toBeNull();
    expect(scoredSoFar(TOY, scoring(['food'], 'validation'))).toBeNull();
    expect(scoredSoFar(withMetric('token_f1'), scoring(['food']))).toBeNull();
    expect(scoredSoFar(TOY, { ...scoring(['food']), activity: null })).toBeNull();
  });

  it('counts an answer without its end as wrong, as the score does', () => {
    const { activity, live, state } = scoring(['food', 'music']);
    const cut = live.answers.map(({ completion, ...one }) => ({
      ...one,
      completion: { ...completion, finishReason: 'length' as const },
    }));
    expect(scoredSoFar(TOY, { activity, state, live: { ...live, answers: cut } })).toEqual({
      right: 0,
      answered: 2,
    });
  });

  it('counts what was answered before the run was stopped, each item once', () => {
    const { activity, live } = scoring(['food', 'food', 'food']);
    const predictions = ['t2', 't3', 't4'].map((id) => ({
      ...{ id, answer: 'music', isFinished: true, isExact: id === 't3' },
    }));
    const ofBefore = (mode: 'zero-shot' | 'few-shot') =>
      apply(NEW_RUN, {
        ...{ type: 'answered', round: 1, split: 'test', mode, predictions },
        ...{ entropy: { sum: 0, count: 0 }, cost: { tokens: 0, milliseconds: 0 } },
      });
    // Three right of five: of t2 the answer that came now counts.
    expect(scoredSoFar(TOY, { activity, live, state: ofBefore('zero-shot') })).toEqual({
      right: 3,
      answered: 5,
    });
    expect(scoredSoFar(TOY, { activity, live, state: ofBefore('few-shot') })?.answered).toBe(3);
  });

  it('stands at its station with its number until the score does', () => {
    const run = runOf('a', { 1: [round(0, { evaluations: [tested(KEYS)] })] });
    const viewOf = (evaluations: readonly ReturnType<typeof tested>[]) => {
      const cells = run.cells.map((cell): Cell => ({
        ...{ ...cell, ...scoring(['food', 'food', 'food']), status: 'running' },
        state: { ...cell.state, rounds: [...cell.state.rounds, round(1, { evaluations })] },
      }));
      const going = { ...run, cells, current: cells[0]?.key ?? null, status: 'running' as const };
      const focus = focusOn(going, FOLLOW);
      if (focus === null) throw new Error('nothing is looked at');
      return stationViews(TOY, focus).find(({ id }) => id === 'score');
    };
    expect(viewOf([])).toMatchObject({ figure: '0.67', note: '2 of 3 so far', values: [] });
    expect(viewOf([tested(KEYS)])).toMatchObject({ figure: '1.00' });
  });

  it('is so in a replay too', () => {
    const evaluation = tested(KEYS);
    const event = { type: 'evaluated', round: 1, evaluation, cost: { tokens: 0, milliseconds: 0 } } as const;
    const lead = leadUp(TOY, armOf('soft', 'soft'), event, 0.5);
    if (lead === null) throw new Error('nothing leads to it');
    const { started, done, live } = lead;
    const activity = { ...started, done, rate: null, secondsLeft: null };
    expect(scoredSoFar(TOY, { activity, live, state: NEW_RUN })).toEqual({ right: 4, answered: 4 });
  });
});
