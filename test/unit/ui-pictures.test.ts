/** Every picture that a view draws goes out with its title, what it is of, its legend and its figures. */
import type { ComponentType } from 'react';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import type { TrainStep } from '../../src/words/engine.ts';
import { DifferencePanel } from '../../src/ui/compare/difference-panel.tsx';
import { linesOf } from '../../src/ui/compare/overlay-lines.ts';
import { Panel } from '../../src/ui/inside/panel.tsx';
import { ToolsProvider } from '../../src/ui/lab-context.ts';
import type { StationId } from '../../src/ui/run/focus.ts';
import { FOLLOW, focusOn } from '../../src/ui/run/focus.ts';
import { Opening } from '../../src/ui/run/opening/opening.tsx';
import { SmallMultiples } from '../../src/ui/run/small-multiples.tsx';
import { toolsOf } from './draw-views.ts';
import { fakeLab } from './store-fakes.ts';
import { KEYS, round, runOf, sample, tested } from './ui-run.ts';

const fake = fakeLab();
const tools = toolsOf(fake.state(), fake.lab.actions);
const draw = <P extends object>(view: ComponentType<P>, props: P): string =>
  renderToString(createElement(ToolsProvider, { value: tools }, createElement(view, props)));

const STEP: TrainStep = {
  ...{ type: 'step', step: 1, maxSteps: 2, loss: 0.5, gradNorm: 1, learningRate: 0.001, tokens: 9 },
};
/** Seven of the eight are labels: 0.875, which an even share is not. */
const run = runOf('a', {
  1: [
    round(0, { evaluations: [tested(KEYS)] }),
    round(1, {
      samples: [sample('p1', 'food'), sample('p2', 'music')],
      curve: [STEP],
      evaluations: [tested(KEYS.map((key, i) => (i === 0 ? 'neither' : key)))],
    }),
  ],
});
const { arms } = run.setup;

const station = (name: StationId): string => {
  const focus = focusOn(run, { ...FOLLOW, round: 1, station: name });
  if (focus === null) throw new Error('The run has no cell.');
  return draw(Panel, { station: name, task: run.task, model: run.model.name, focus });
};
const small = (): string =>
  draw(SmallMultiples, {
    ...{ run, arms, rounds: 1, states: run.cells[0]?.state.rounds ?? [], whose: undefined, seed: undefined },
    ...{ facts: 'of it', name: 'it' },
  });
const difference = (): string => {
  const other = runOf('b', { 1: [round(1, { evaluations: [tested(KEYS)] })] });
  const measure = { metric: 'exact_match', mode: 'zero-shot' } as const;
  const lines = linesOf(
    [
      { letter: 'A', run },
      { letter: 'B', run: other },
    ],
    measure,
    true,
  );
  return draw(DifferencePanel, { lines, measure });
};

it.each<readonly [string, () => string, RegExp]>([
  ['Training', () => station('train'), /aria-label="Training loss, 0\.50/],
  ['Prompts from easy to hard', () => station('order'), /Strip of 2 prompts/],
  ['Key and answer', () => station('score'), /class="confusion"/],
  ['Watched every round', small, /aria-label="Arms".*SOFT/],
  ['SOFT minus its frozen teacher', () => draw(Opening, {}), /A small dot is a seed/],
  ['The difference', difference, /aria-label="Marks".*twice its standard error/],
])('%s goes out with its drawing, and is downloaded under its name', (title, html, wanted) => {
  const drawn = html();
  // What goes out is within the picture's marked parts.
  const [, picture = ''] = /<figure class="picture">(.*)<\/figure>/s.exec(drawn) ?? [];
  expect(picture).toContain('data-picture');
  expect(picture).toMatch(wanted);
  expect(picture).toContain(`aria-label="Download: ${title}"`);
  // Nothing is drawn that does not.
  const plots = (text: string) => text.split('plot-host').length;
  expect(plots(drawn)).toBe(plots(picture));
});

it('small figures are written as those of the large chart', () => {
  expect(small()).toContain('Valid labels by round. SOFT 1.00, 0.88');
});
