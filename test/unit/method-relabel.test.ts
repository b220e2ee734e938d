/** @file Relabel: every round the current teacher labels all prompts so far, and the base is trained on all of them. */
import { describe, expect, test } from 'vitest';
import type { LastingEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { RunState } from '../../src/method/state.ts';
import { NEW_RUN, foldEvents, roundOf } from '../../src/method/state.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { FakeOptions } from './fake-ports.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';

const SMALL = { rounds: 3, promptsPerRound: 8, batchSize: 4, epochs: 2, poolSize: 12 };
const EMPTY_FOURTH = (prompt: string, answer: string) => (/[048]\nColour:$/.test(prompt) ? '' : answer);

async function runOf(
  method: MethodName,
  set: Readonly<Record<string, unknown>> = {},
  options: FakeOptions = {},
  state: RunState = NEW_RUN,
) {
  const { ports, recorded } = fakePorts(options);
  const plan = { task: fakeTask(), arm: armOf(method, method, { ...SMALL, ...set }), seed: 1 };
  const lasting: LastingEvent[] = [];
  const loop = bootstrap(plan, ports, state);
  let next = await loop.next();
  for (; next.done !== true; next = await loop.next()) if (isLasting(next.value)) lasting.push(next.value);
  const labels = recorded.generated.filter(({ rows }) => rows[0]?.key.startsWith('label/') === true);
  return { state: next.value, recorded, labels, lasting };
}

const inRound = (state: RunState, round: number) => roundOf(state, round).samples;
const shown = (state: RunState, round: number) =>
  inRound(state, round).map(({ id, demonstrations }) => [id, demonstrations]);

describe('relabel', () => {
  test('labels in round t the prompts of rounds 1 to t, those of SOFT, by the teacher of round t', async () => {
    const { state, labels } = await runOf('relabel');
    const soft = await runOf('soft');
    expect([1, 2, 3].map((round) => inRound(state, round).length)).toEqual([8, 16, 24]);
    for (const round of [1, 2, 3]) {
      const all = [1, 2, 3].slice(0, round).flatMap((part) => shown(soft.state, part));
      // With the very demonstrations that SOFT shows: the teacher alone is another one.
      expect(shown(state, round)).toEqual(all);
    }
    const adapters = [null, roundOf(state, 1).adapter, roundOf(state, 2).adapter];
    expect(labels.map(({ adapter }) => adapter)).toEqual([0, 1, 1, 2, 2, 2].map((of) => adapters[of]));
  });

  test('trains from the base on all of them, with as many steps in every round as SOFT', async () => {
    const { recorded } = await runOf('relabel');
    const soft = await runOf('soft');
    expect(recorded.trained.map(({ examples }) => examples.length)).toEqual([8, 16, 24]);
    expect(recorded.trained.map(({ start }) => start)).toEqual([null, null, null]);
    const configs = (trained: typeof recorded.trained) => trained.map(({ config }) => config);
    expect(configs(recorded.trained)).toEqual(configs(soft.recorded.trained));
  });

  test('says of an old prompt what the new teacher says', async () => {
    const { state } = await runOf('relabel', {}, { skillAfter: (_, training) => (training === 1 ? 1 : 0) });
    const right = [1, 2, 3].map((round) =>
      inRound(state, round)
        .slice(0, 8)
        .map(({ isRight }) => isRight),
    );
    expect(right[1]).toEqual(Array.from({ length: 8 }, () => true));
    expect(right[2]).toEqual(Array.from({ length: 8 }, () => false));
  });

  test('refills from the reserves of the rounds so far until it trains on as many as it labels', async () => {
    const { state } = await runOf('relabel', {}, { say: EMPTY_FOURTH });
    expect(state.rounds.slice(1).map(({ examples }) => examples)).toEqual([8, 16, 24]);
    for (const round of [1, 2, 3]) {
      const ids = inRound(state, round).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBeGreaterThan(8 * round);
    }
  });

  test.each(['relabel', 'relabel-frozen'] as const)(
    '%s resumed after any of its lasting events ends the same',
    async (method) => {
      const set = { rounds: 2, promptsPerRound: 6 };
      const { state, lasting } = await runOf(method, set, { say: EMPTY_FOURTH });
      for (let cut = 0; cut < lasting.length; cut++) {
        const before = foldEvents(lasting.slice(0, cut));
        const resumed = await runOf(method, set, { say: EMPTY_FOURTH }, before);
        expect(resumed.state, `after ${cut} events`).toEqual(state);
      }
    },
  );

  test('frozen has the base’s labels in every round, and differs in the teacher alone', async () => {
    const moving = await runOf('relabel');
    const frozen = await runOf('relabel-frozen');
    expect(frozen.labels.every(({ adapter }) => adapter === null)).toBe(true);
    for (const round of [1, 2, 3]) expect(shown(frozen.state, round)).toEqual(shown(moving.state, round));
    const said = (round: number) => inRound(frozen.state, round).map(({ id, answer }) => [id, answer]);
    expect(said(2).slice(0, 8)).toEqual(said(1));
    expect(said(3).slice(0, 16)).toEqual(said(2));
    const single = await runOf('single-round');
    // In the last round it has what the base labels all at once.
    expect(said(3)).toEqual(inRound(single.state, 3).map(({ id, answer }) => [id, answer]));
    const base = inRound(frozen.state, 1).map(({ answer }) => answer);
    expect(inRound(moving.state, 1).map(({ answer }) => answer)).toEqual(base);
  });
});
