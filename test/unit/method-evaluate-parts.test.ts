/** @file An evaluation in parts: what is asked together, and a run that is stopped between two of them. */
import { describe, expect, test } from 'vitest';
import type { LastingEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { partEnds } from '../../src/method/evaluate.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { Plan } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';
import { NEW_RUN, foldEvents, roundOf, withoutParts } from '../../src/method/state.ts';
import type { Task, TaskRow } from '../../src/words/task.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';

const TEST_ITEMS = 200;

function largeTask(): Task {
  const task = fakeTask();
  const [row] = task.splits.test;
  if (row === undefined) throw new Error('The task has test rows.');
  const test = Array.from({ length: TEST_ITEMS }, (_, i): TaskRow => ({
    ...row,
    id: `test-${i}`,
    input: `a ${['apple', 'leaf', 'sky'][i % 3] ?? ''} test ${i}`,
  }));
  return { ...task, splits: { ...task.splits, test } };
}

const PLAN: Plan = {
  task: largeTask(),
  arm: armOf('soft', 'soft', {
    ...{ rounds: 2, promptsPerRound: 8, batchSize: 4, epochs: 1, poolSize: 12 },
    ...{ testItems: TEST_ITEMS, fewShotItems: 60, validationItems: 0, probeItems: 0 },
  }),
  seed: 1,
};

async function runFrom(past: readonly LastingEvent[]) {
  const { ports, recorded } = fakePorts();
  const told: LastingEvent[] = [];
  const phases: { readonly detail: string; readonly items: number }[] = [];
  for await (const event of bootstrap(PLAN, ports, foldEvents(past))) {
    if (isLasting(event)) told.push(event);
    if (event.type === 'phase' && event.phase === 'evaluate') phases.push(event);
  }
  return { told, recorded, phases };
}

/** Events without what they took. */
const timeless = (events: readonly LastingEvent[]): readonly unknown[] =>
  events.map((event) => ('cost' in event ? { ...event, cost: null } : event));

test('parts are whole batches but the last, a small one first', () => {
  expect(partEnds(0)).toEqual([0]);
  expect(partEnds(16)).toEqual([16]);
  expect(partEnds(48)).toEqual([48]);
  expect(partEnds(49)).toEqual([48, 49]);
  expect(partEnds(400)).toEqual([48, 176, 304, 400]);
});

describe('an evaluation of many items', () => {
  test('is told in parts, and then whole', async () => {
    const { told, recorded } = await runFrom([]);
    const ofBase = told.filter((event) => 'round' in event && event.round === 0);
    expect(ofBase.map(({ type }) => type)).toEqual([
      ...['answered', 'answered', 'evaluated'],
      ...['answered', 'evaluated'],
      'round-ended',
    ]);
    const [first, second, whole] = ofBase;
    if (first?.type !== 'answered' || second?.type !== 'answered' || whole?.type !== 'evaluated')
      throw new Error('The first three events are two parts and the whole.');
    expect([first, second].map(({ predictions }) => predictions.length)).toEqual([48, 128]);
    const { predictions } = whole.evaluation;
    expect(predictions.slice(0, 176)).toEqual([...first.predictions, ...second.predictions]);
    const ids = new Set(predictions.map(({ id }) => id));
    expect(ids).toEqual(new Set(PLAN.task.splits.test.map(({ id }) => id)));
    expect(recorded.generated.slice(0, 5).map(({ rows }) => rows.length)).toEqual([48, 128, 24, 48, 12]);
  });

  test('goes on behind what was answered, to the same end', async () => {
    const { told: whole } = await runFrom([]);
    const parts = whole.flatMap(({ type }, i) => (type === 'answered' ? [i] : []));
    expect(parts.length).toBeGreaterThan(5);
    for (const at of parts) {
      const past = whole.slice(0, at + 1);
      const { told, recorded, phases } = await runFrom(past);
      expect(timeless([...past, ...told])).toEqual(timeless(whole));
      const last = past.at(-1);
      if (last?.type !== 'answered') throw new Error('The past ends with a part.');
      const done = roundOf(foldEvents(past), last.round).answering?.predictions.length ?? 0;
      const all = last.mode === 'zero-shot' ? TEST_ITEMS : 60;
      expect(phases[0]?.items).toBe(all - done);
      expect(recorded.generated[0]?.rows).toHaveLength(Math.min(128, all - done));
    }
  });

  test('costs what all its parts took', async () => {
    const { told } = await runFrom([]);
    const at = told.findIndex(({ type }) => type === 'answered');
    const [before] = told.slice(at);
    if (before?.type !== 'answered') throw new Error('There is a part.');
    const slow = { ...before, cost: { ...before.cost, milliseconds: 1e6 } };
    const { told: rest } = await runFrom([...told.slice(0, at), slow]);
    const whole = rest.find(({ type }) => type === 'evaluated');
    if (whole?.type !== 'evaluated') throw new Error('It comes to its end.');
    expect(whole.cost.milliseconds).toBeGreaterThanOrEqual(1e6);
    expect(whole.cost.milliseconds).toBeLessThan(2e6);
  });

  test('keeps nothing of its parts once it is whole', async () => {
    const { told } = await runFrom([]);
    expect(foldEvents(withoutParts(told))).toEqual(foldEvents(told));
    expect(withoutParts(told).some(({ type }) => type === 'answered')).toBe(false);
    expect(foldEvents(told).rounds.map(({ answering }) => answering)).toEqual([null, null, null]);
    // What is not whole stays.
    const part = told.slice(0, 1);
    expect(withoutParts(part)).toEqual(part);
    expect(foldEvents(part)).not.toEqual(NEW_RUN);
  });
});
