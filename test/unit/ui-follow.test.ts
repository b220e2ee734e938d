import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { AskedAnswer } from '../../src/store/questions/ask-state.ts';
import { changesOf, moved, probabilityOf, takeDown } from '../../src/ui/follow/answer-facts.ts';
import { Answers } from '../../src/ui/follow/answers.tsx';
import { perplexityScale } from '../../src/ui/words/perplexity.ts';

const answer = (round: number, text: string, status: AskedAnswer['status'] = 'done'): AskedAnswer => ({
  answerer: round === 0 ? { kind: 'base' } : { kind: 'round', cell: 'soft/1', round },
  ...{ status, text, tokens: [], fault: null, readBack: null },
});

describe('what changed in a followed prompt’s answers', () => {
  it('is told against the round before and against the answer before the last change', () => {
    const before = takeDown([answer(0, ' food\n'), answer(1, ' food\n'), answer(2, ' mu', 'answering')]);
    const now = [answer(0, ' food'), answer(1, ' music'), answer(2, ' Music')];
    expect(changesOf(now, before)).toEqual([
      { sinceRound: null, sinceEdit: null },
      { sinceRound: 'food', sinceEdit: 'food' },
      { sinceRound: null, sinceEdit: null },
    ]);
  });

  it('is not told of an answer that is not whole yet', () => {
    const before = takeDown([answer(0, 'food'), answer(1, 'food')]);
    expect(changesOf([answer(0, 'food'), answer(1, 'mus', 'answering')], before)[1]).toEqual({
      ...{ sinceRound: null, sinceEdit: null },
    });
  });

  it('stands beside how sure the model is', () => {
    const token = (id: number, text: string) => ({ id, text, probability: 0.5, alternatives: [] });
    const answers = [answer(0, ' food'), answer(1, ' music')].map((one, i) => ({
      ...one,
      tokens: [token(i, one.text)],
    }));
    const scale = perplexityScale([]);
    const drawn = renderToStaticMarkup(createElement(Answers, { answers, scale, before: new Map() }));
    const [base = '', first = ''] = drawn.split('round 1');
    expect(base).toContain('probability of all of it 50%');
    expect(first).toContain('the one before said “food”');
    expect(first).toContain('probability of all of it 50%');
  });

  it('has the probability of all tokens together', () => {
    const token = (probability: number) => ({ id: 1, text: 'a', probability, alternatives: [] });
    expect(probabilityOf({ ...answer(0, 'aa'), tokens: [token(0.5), token(0.5)] })).toBe(0.25);
    expect(probabilityOf(answer(0, ''))).toBeNull();
  });
});

describe('moving a demonstration', () => {
  it('changes places with its neighbour and stops at the ends', () => {
    expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c']);
  });
});
