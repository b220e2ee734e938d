/** @file The prompt of an evaluated item, made again from the plan, against what the model was given. */
import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/words/events.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { MethodName } from '../../src/words/methods.ts';
import type { Plan } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';
import type { TaskRow } from '../../src/words/task.ts';
import { wholeText } from '../../src/method/prompt-text.ts';
import type { TextPorts } from '../../src/method/items.ts';
import { promptMaker } from '../../src/method/prompt-maker.ts';
import type { FakeOptions } from './fake-ports.ts';
import { fakePorts, fakeTask, textOf } from './fake-ports.ts';

const SMALL = { rounds: 2, promptsPerRound: 8, batchSize: 4, epochs: 1, poolSize: 12, testItems: 9 };
async function evaluatedPrompt(plan: Plan, ports: TextPorts, row: TaskRow, mode: Mode) {
  const maker = await promptMaker(plan, ports);
  return maker.evaluated(await maker.itemOf(row), mode);
}
const MODES: readonly Mode[] = ['zero-shot', 'few-shot'];

interface Case extends FakeOptions {
  readonly method: MethodName;
  readonly set?: Readonly<Record<string, unknown>>;
}

/** What the model was given for each test item, [evaluation][item]: zero-shot and few-shot in turn. */
async function evaluated({ method, set = {}, ...options }: Case) {
  const plan = {
    task: fakeTask(),
    arm: armOf(method, method, { ...SMALL, fewShotItems: 5, ...set }),
    seed: 3,
  };
  const { ports, recorded } = fakePorts(options);
  const loop = bootstrap(plan, ports);
  while ((await loop.next()).done !== true);
  const given = recorded.generated
    .filter(({ rows }) => rows.every(({ key }) => key.startsWith('test-')))
    .map(({ rows }) => rows.map(({ key, ids }) => ({ id: key, prompt: textOf(ids) })));
  return { plan, ports, given };
}

describe('the prompt of an evaluated item', () => {
  test.each<readonly [string, Case]>([
    ['SOFT', { method: 'soft' }],
    ['a preamble', { method: 'soft', set: { preamble: 'Be right.\n' } }],
    ['a control whose labels are shown other demonstrations', { method: 'reuse' }],
    ['ICL, which retrieves', { method: 'icl' }],
    ['ICL with demonstrations that are fixed', { method: 'icl', set: { drawing: 'fixed' } }],
    ['a model too short for all demonstrations', { method: 'soft', maxPositions: 90 }],
  ])('is, made again, what the model was given, in every round: %s', async (_name, wanted) => {
    const { plan, ports, given } = await evaluated(wanted);
    expect(given.length).toBeGreaterThanOrEqual(2);
    for (const [i, items] of given.entries()) {
      expect(items).toHaveLength(i % 2 === 0 ? 9 : 5);
      for (const { id, prompt } of items) {
        const row = plan.task.splits.test.find((other) => other.id === id);
        if (row === undefined) throw new Error(`${id} is no test item`);
        const again = await evaluatedPrompt(plan, ports, row, MODES[i % 2] ?? 'zero-shot');
        expect(textOf(again.ids)).toBe(prompt);
        expect(wholeText(again.parts)).toBe(prompt);
        for (const shown of again.demonstrations) expect(prompt).toContain(shown.row.input);
      }
    }
  });

  test('leaves out from the front what the model has no room for', async () => {
    const { plan, ports, given } = await evaluated({ method: 'soft', maxPositions: 90 });
    const [row] = plan.task.splits.test.filter(({ id }) => given[1]?.some((item) => item.id === id) === true);
    if (row === undefined) throw new Error('no test item was evaluated');
    const whole = await evaluatedPrompt(plan, fakePorts().ports, row, 'few-shot');
    const cut = await evaluatedPrompt(plan, ports, row, 'few-shot');
    expect(cut.leftOut).toBeGreaterThan(0);
    expect(cut.demonstrations).toEqual(whole.demonstrations.slice(cut.leftOut));
  });
});
