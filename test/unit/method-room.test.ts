/** @file What has no room in the model's context is counted, kept with the run, and told; few-shot is not called what is not. */
import { describe, expect, it } from 'vitest';
import type { LastingEvent, LoopEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { lossesOf } from '../../src/analysis/losses.ts';
import type { MethodName } from '../../src/words/methods.ts';
import type { Plan } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';
import { tidyRows } from '../../src/analysis/results.ts';
import { NO_SHOTS, saidMode, shotsOf } from '../../src/method/room.ts';
import type { RunState } from '../../src/method/state.ts';
import { NEW_RUN, foldEvents } from '../../src/method/state.ts';
import { lastingEvent } from '../../src/words/events.ts';
import { parse } from '../../src/core/shape.ts';
import type { FakeOptions } from './fake-ports.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';

const SMALL = { rounds: 2, promptsPerRound: 8, batchSize: 4, epochs: 1, poolSize: 12, isaraNovelty: 0 };
/** Positions, a character each: for the prompt alone; for one of three demonstrations; for everything. */
const BARE = 45;
const SOME = 80;
const ALL = 4096;

function planOf(method: MethodName, set: Readonly<Record<string, unknown>> = {}): Plan {
  return { task: fakeTask(), arm: armOf(method, method, { ...SMALL, ...set }), seed: 1 };
}

async function runOf(
  plan: Plan,
  maxPositions: number,
  state: RunState = NEW_RUN,
  more: Pick<FakeOptions, 'say'> = {},
) {
  const { ports } = fakePorts({ maxPositions, ...more });
  const events: LoopEvent[] = [];
  const loop = bootstrap(plan, ports, state);
  let next = await loop.next();
  for (; next.done !== true; next = await loop.next()) events.push(next.value);
  return { state: next.value, events, lasting: events.filter(isLasting) };
}

const modesOf = (plan: Plan, state: RunState) =>
  new Set(tidyRows('fake', plan, state).map(({ mode }) => mode));
const phases = (events: readonly LoopEvent[]) =>
  events.flatMap((event) => (event.type === 'phase' && event.phase === 'evaluate' ? [event.detail] : []));

describe('a run whose demonstrations do not fit', () => {
  it('says nothing, and keeps nothing more, where all fit', async () => {
    const plan = planOf('soft+');
    const { state, lasting } = await runOf(plan, ALL);
    expect(lossesOf(state)).toEqual([]);
    expect(/shots|tooLong/.test(JSON.stringify(lasting))).toBe(false);
    expect(modesOf(plan, state)).toEqual(new Set([null, 'zero-shot', 'few-shot']));
  });

  it.each(['soft', 'soft+', 'frozen-teacher', 'single-round', 'vote'] as const)(
    'is not called few-shot where none fits: %s',
    async (method) => {
      const plan = planOf(method);
      const { state, events } = await runOf(plan, BARE);
      expect(modesOf(plan, state)).toEqual(new Set([null, 'zero-shot', NO_SHOTS]));
      expect(phases(events)).toContain(`test, ${NO_SHOTS}`);
      expect(phases(events)).not.toContain('test, few-shot');
      const said = lossesOf(state);
      expect(said).toContainEqual(
        expect.stringMatching(/^Labelling, rounds? .*: zero-shot, no demonstration fitted\.$/),
      );
      expect(said).toContainEqual('Scoring with demonstrations on test: zero-shot, no demonstration fitted.');
      if (method === 'soft+') expect(said).toContainEqual(expect.stringMatching(/^Ordering: zero-shot/));
    },
  );

  it('counts by round what did not fit where some do, and is few-shot still', async () => {
    const plan = planOf('soft');
    const { state } = await runOf(plan, SOME);
    expect(modesOf(plan, state)).toContain('few-shot');
    const [first] = state.rounds.flatMap(({ shots }) => shots?.label ?? []);
    const samples = state.rounds.find(({ round }) => round === 1)?.samples ?? [];
    const shown = samples.reduce((sum, { demonstrations }) => sum + demonstrations.length, 0);
    expect(first).toMatchObject({ prompts: samples.length, drawn: 3 * samples.length });
    expect(first?.leftOut).toBe(3 * samples.length - shown);
    expect(lossesOf(state)).toContainEqual(
      expect.stringMatching(/^Labelling, rounds 1 and 2: \d+ of 48 demonstrations did not fit/),
    );
  });

  it('counts those of the training template', async () => {
    const { state } = await runOf(planOf('soft', { template: 'one-shot' }), BARE);
    expect(lossesOf(state)).toContainEqual('Training, rounds 1 and 2: zero-shot, no demonstration fitted.');
  });

  it('keeps of ISARA the demonstrations that were shown, not those that were drawn', async () => {
    let asked = 0;
    const say = (prompt: string, answer: string) =>
      prompt.endsWith('Thing:') ? `thing ${asked++} of ${'abcdefgh'[asked % 8] ?? ''}` : answer;
    const { state } = await runOf(planOf('isara'), 110, NEW_RUN, { say });
    const samples = state.rounds.flatMap((round) => round.samples);
    const counts = samples
      .filter(({ verdict }) => verdict === 'kept')
      .map((one) => one.demonstrations.length);
    expect(counts.length).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThan(3);
    expect(lossesOf(state)).toContainEqual(expect.stringMatching(/^Labelling, round.*did not fit/));
  });
});

describe('rows that are longer than the model takes', () => {
  it('are counted by split among those that were looked at, once, whatever the run is resumed after', async () => {
    const plan = planOf('soft');
    const { state, lasting, events } = await runOf(plan, BARE);
    const found = state.rounds[0]?.end?.tooLong;
    expect(found?.positions).toBe(BARE);
    const validation = found?.rows.find(({ split }) => split === 'validation');
    expect(validation?.of).toBe(12);
    const scored = state.rounds[0]?.evaluations.find(({ split }) => split === 'validation')?.predictions
      .length;
    expect(validation?.leftOut).toBe(12 - (scored ?? NaN));
    expect(lossesOf(state)[0]).toMatch(
      /^Longer than the model's 45 positions allow, so never used: .*\d+ of 12 validation items/,
    );
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
    expect(notices[0]).toBe(lossesOf(state)[0]);
    for (let cut = 0; cut < lasting.length; cut++) {
      const resumed = await runOf(plan, BARE, foldEvents(lasting.slice(0, cut)));
      expect(resumed.state, `after ${cut} events`).toEqual(state);
    }
  });

  it('are told by events that files can hold', async () => {
    const { lasting } = await runOf(planOf('soft+', { template: 'one-shot' }), BARE);
    const read = (event: LastingEvent) => parse(lastingEvent, structuredClone(event), 'event', 'internal');
    expect(lasting.map(read)).toEqual(lasting);
    expect(JSON.stringify(lasting).includes('tooLong')).toBe(true);
  });
});

describe('the account of some prompts', () => {
  const prompt = (shown: number, leftOut: number) => ({ demonstrations: Array(shown).fill(0), leftOut });

  it('is none where nothing was left out, and calls only prompts bare that lost all they had', () => {
    expect(shotsOf([prompt(3, 0), prompt(0, 0)])).toBeUndefined();
    expect(shotsOf([prompt(1, 2), prompt(0, 3), prompt(3, 0)])).toEqual({
      ...{ prompts: 3, drawn: 9, leftOut: 5, bare: 1 },
    });
  });

  it('makes a mode zero-shot only where every prompt is bare', () => {
    expect(saidMode('few-shot', shotsOf([prompt(0, 3), prompt(0, 3)]))).toBe(NO_SHOTS);
    expect(saidMode('few-shot', shotsOf([prompt(0, 3), prompt(1, 2)]))).toBe('few-shot');
    expect(saidMode('few-shot', undefined)).toBe('few-shot');
    expect(saidMode('zero-shot', undefined)).toBe('zero-shot');
  });
});
