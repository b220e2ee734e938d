/** The loop's picture: its stations stand in the order in which an arm goes through them, and say what its filter lets through. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it, test } from 'vitest';
import type { LoopEvent, Sample } from '../../src/words/events.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { METHOD_NAMES } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { InsideFilter } from '../../src/ui/inside/inside-filter.tsx';
import { STATIONS, stationsOf } from '../../src/ui/run/focus.ts';
import type { Focus } from '../../src/ui/run/focus.ts';
import { idleStations, stationViews } from '../../src/ui/run/loop/station-view.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';
import { TOY, round, runOf, sample } from './ui-run.ts';

const KNOBS = armOf('soft', 'soft').knobs;
const SMALL = { rounds: 2, promptsPerRound: 8, batchSize: 4, epochs: 1, poolSize: 12, isaraNovelty: 0 };
const STATION_OF: Partial<Readonly<Record<LoopEvent['type'], string>>> = {
  ranked: 'order',
  labelled: 'label',
  trained: 'train',
};

function focusOn(samples: readonly Sample[], knobs: Partial<typeof KNOBS> = {}): Focus {
  const run = runOf('a', { 1: [round(0, {}), round(1, { samples })] });
  const [cell] = run.cells;
  if (cell === undefined) throw new Error('no cell');
  const arm = { ...cell.arm, knobs: { ...cell.arm.knobs, ...knobs } };
  return {
    ...{ cell: { ...cell, arm }, round: round(1, { samples }) },
    ...{ station: 'filter', isNow: true, stop: null },
  };
}

describe('the order of the stations', () => {
  test.each(METHOD_NAMES)('is that in which a run goes through them: %s', async (method: MethodName) => {
    const arm = armOf(method, method, SMALL);
    let questions = 0;
    const say = (prompt: string, answer: string) =>
      prompt.endsWith('Thing:') ? `a leaf with number ${questions++} of ${questions ** 3}` : answer;
    const stations: readonly string[] = stationsOf(arm.knobs);
    const met: number[] = [];
    for await (const event of bootstrap({ task: fakeTask(), arm, seed: 1 }, fakePorts({ say }).ports)) {
      const station = STATION_OF[event.type];
      if (station !== undefined && ('round' in event ? event.round : 0) < 2)
        met.push(stations.indexOf(station));
    }
    expect(met).toEqual(met.toSorted((a, b) => a - b));
    expect([...stations].sort()).toEqual([...STATIONS].sort());
  });

  it('says before anything ran what the order will be', () => {
    const noteOf = (knobs: Partial<typeof KNOBS>) =>
      idleStations({ ...KNOBS, ...knobs }, 'classification').find(({ id }) => id === 'order')?.note;
    expect(noteOf({})).toBe('as drawn');
    expect(noteOf({ withinRound: 'easy-first' })).toBe('easy first');
    expect(noteOf({ acrossRounds: 'hard-first' })).toBe('hard first');
  });

  it('counts a ranked arm as ordered while its prompts are being labelled', () => {
    const focus = focusOn([], { acrossRounds: 'easy-first' });
    const state = { ...focus.cell.state, ranking: [{ id: 'a', answer: 'x', perplexity: 1, tokens: 1 }] };
    const statusOf = (own: Focus) => stationViews(TOY, own).find(({ id }) => id === 'order')?.status;
    expect(statusOf(focus)).toBe('waiting');
    expect(statusOf({ ...focus, cell: { ...focus.cell, state } })).toBe('done');
  });
});

describe('what the filter lets through', () => {
  const SAID = [
    sample('a', 'food'),
    sample('b', 'cooking'),
    sample('c', 'Music '),
    sample('d', '', { verdict: 'empty' }),
  ];

  it('is told: answers that are no label stay in, unless they are taken out', () => {
    const filter = (samples: readonly Sample[], task = TOY) =>
      stationViews(task, focusOn(samples)).find(({ id }) => id === 'filter');
    expect(filter(SAID)).toMatchObject({ figure: '3 kept', note: '1 no label' });
    const strict = SAID.map((one) => (one.id === 'b' ? { ...one, verdict: 'outside-labels' as const } : one));
    expect(filter(strict)).toMatchObject({ figure: '2 kept', note: '2 out' });
    // Free text has no labels to be outside of.
    const free = { ...TOY, definition: { ...TOY.definition, kind: 'generation', labels: [] } as const };
    expect(filter(SAID, free)).toMatchObject({ figure: '3 kept', note: '1 out' });
    const inside = renderToStaticMarkup(createElement(InsideFilter, { task: TOY, focus: focusOn(SAID) }));
    expect(inside).toContain('1 of the 3 kept is no label of the task');
    expect(inside).toMatch(/cooking<span[^>]*> no label/);
    expect(
      renderToStaticMarkup(createElement(InsideFilter, { task: TOY, focus: focusOn(strict) })),
    ).not.toContain('of the task');
  });

  test.each([
    [{}, 'broken text out'],
    [{ degenerateFilter: false }, 'all stay in'],
    [{ degenerateFilter: false, maxPerplexity: 2 }, 'unsure ones out'],
    [{ labelSetFilter: true }, 'only labels in'],
  ])('is promised beforehand as it will be: %o', (knobs, note) => {
    const noteOf = (kind: 'classification' | 'generation') =>
      idleStations({ ...KNOBS, ...knobs }, kind).find(({ id }) => id === 'filter')?.note;
    expect(noteOf('classification')).toBe(note);
    // The label set is classification's alone.
    if (note === 'only labels in') expect(noteOf('generation')).toBe('broken text out');
  });
});
