/** @file Tints of perplexities: their scale comes of what a view shows, and the view says what it is. */
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { LabModel } from '../../src/store/lab-model.ts';
import type { AskedAnswer } from '../../src/store/questions/ask-state.ts';
import { FollowView } from '../../src/ui/follow/follow-view.tsx';
import { ToolsProvider } from '../../src/ui/lab-context.ts';
import { PerplexityLegend } from '../../src/ui/inside/perplexity-legend.tsx';
import { Glyph } from '../../src/ui/run/loop/glyphs.tsx';
import { rowsOf, scalesOf } from '../../src/ui/samples/sample-rows.ts';
import { perplexityScale, perplexityTint } from '../../src/ui/words/perplexity.ts';
import { toolsOf } from './draw-views.ts';
import { fakeLab } from './store-fakes.ts';
import { TOY, round, runOf, sample } from './ui-run.ts';

/** Per cent of colour of each tint in a drawn view. */
const tintsIn = (drawn: string): readonly number[] =>
  [...drawn.matchAll(/var\(--perplexity\) (\d+)%/g)].map(([, share]) => Number(share));
const shares = (perplexities: readonly number[]): readonly number[] => {
  const scale = perplexityScale(perplexities);
  return tintsIn(perplexities.map((one) => perplexityTint(one, scale, 100)).join());
};

describe('the scale of perplexities', () => {
  it('goes from the lowest to the highest of what is shown, wherever they lie', () => {
    expect(shares([1, 1.1, 1.21])).toEqual([0, 50, 100]);
    expect(shares([50, 500, 5000])).toEqual([0, 50, 100]);
  });

  it('of many leaves the ends out: one that surprised pales no others, and what overflowed is full', () => {
    const many = Array.from({ length: 20 }, (_, i) => 2 ** i);
    expect(perplexityScale([...many, 1e300])).toEqual({ from: 2, to: 2 ** 19 });
    expect(shares([2, 4, NaN, Infinity])).toEqual([0, 100, 100, 100]);
  });

  it('makes no great difference of a small one, and of all alike neither pale nor full', () => {
    expect(Math.max(...shares([1, 1.01]))).toBeLessThan(10);
    expect(shares([30, 30])).toEqual([50, 50]);
    expect(shares([1, 1])).toEqual([0, 0]);
    expect(perplexityScale([])).toEqual({ from: 1, to: 1.2 });
  });

  it('is told by its two ends', () => {
    const told = (perplexities: readonly number[]) =>
      renderToString(createElement(PerplexityLegend, { scale: perplexityScale(perplexities) })).replace(
        /<[^>]*>/g,
        '',
      );
    expect(told([1, 3.4])).toBe('1.00  3.40 and more: perplexity of a token');
    expect(told([20, 340])).toBe('20.0 and less  340 and more: perplexity of a token');
  });
});

describe('the tints of a view', () => {
  it('followed through the rounds reach from none to full over all answers, and it says where full is', () => {
    const answer = (number: number, ...probabilities: readonly number[]): AskedAnswer => ({
      ...{ status: 'done', text: 'food', fault: null, readBack: null },
      answerer: number === 0 ? { kind: 'base' } : { kind: 'round', cell: 'soft/1', round: number },
      tokens: probabilities.map((probability, id) => ({ id, text: 'a', probability, alternatives: [] })),
    });
    const pinned: LabModel['pinned'] = {
      ...{ input: 'item 0', rowId: 't0', cell: null, mode: 'zero-shot', drawnIn: null, chosen: null },
      ...{ prompt: null, answers: [answer(0, 0.5, 0.8), answer(1, 1, 0.9)] },
    };
    const { state, lab } = fakeLab();
    const tools = toolsOf({ ...state(), pinned, tasks: { ...state().tasks, task: TOY } }, lab.actions);
    const drawn = renderToString(createElement(ToolsProvider, { value: tools }, createElement(FollowView)));
    expect(tintsIn(drawn)).toEqual([62, 20, 0, 9]);
    expect(drawn).toContain('It is strongest from perplexity 2.00 on.');
  });

  it('of samples are of all rows and rounds, whole answers and tokens each by their own', () => {
    const said = (...logprobs: readonly number[]) => ({
      logprobs,
      perplexity: Math.exp(-(logprobs[0] ?? 0)),
    });
    const run = runOf('a', {
      1: [
        round(0, {}),
        round(1, { samples: [sample('p0', 'food', said(-1, -2)), sample('p1', 'food', said(0))] }),
        round(2, { samples: [sample('p0', 'food', said(-3, -5))] }),
      ],
    });
    const { answers, tokens } = scalesOf(rowsOf(run, 'prompts'));
    expect([answers.from, answers.to]).toEqual([1, Math.exp(3)]);
    expect([tokens.from, tokens.to]).toEqual([1, Math.exp(5)]);
  });

  it('in the loop differ where all answers are rather sure', () => {
    const station = {
      ...({ id: 'label', status: 'done', figure: '', note: '', share: null } as const),
      values: [1.01, 1.05, 1.3],
    };
    const drawn = renderToString(createElement(Glyph, { station }));
    expect(tintsIn(drawn)).toEqual([0, 15, 100]);
  });
});
