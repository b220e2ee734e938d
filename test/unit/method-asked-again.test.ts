/** @file A student that is asked again what it was trained on. */
import { describe, expect, test } from 'vitest';
import type { RunState } from '../../src/method/state.ts';
import type { MethodName } from '../../src/words/methods.ts';
import type { Plan } from '../../src/words/plan.ts';
import { armOf } from '../../src/words/plan.ts';
import { fakeTask, textOf } from './fake-ports.ts';
import { runOf } from './fake-run.ts';

const SMALL = { rounds: 3, promptsPerRound: 8, batchSize: 4, epochs: 2, poolSize: 12, isaraNovelty: 0 };
const planOf = (method: MethodName, trainedItems: number): Plan => ({
  task: fakeTask(),
  arm: armOf(method, method, { ...SMALL, trainedItems }),
  seed: 1,
});
const samplesOf = ({ rounds }: RunState) => rounds.flatMap(({ samples }) => samples);
const again = ({ rounds }: RunState) =>
  rounds.map(({ evaluations }) => evaluations.find(({ split }) => split === 'prompts'));

describe('the prompts that a round was trained on', () => {
  const say = (prompt: string, answer: string) => (/[048]\nColour:$/.test(prompt) ? '' : answer);

  test('are asked again, the first of those that were kept; of the base nothing is asked', async () => {
    const { state } = await runOf(planOf('soft', 5), { say });
    const [ofBase, ...ofStudents] = again(state);
    expect(ofBase).toBeUndefined();
    expect(ofStudents.length).toBe(3);
    expect(samplesOf(state).some(({ verdict }) => verdict !== 'kept')).toBe(true);
    for (const [i, evaluation] of ofStudents.entries()) {
      const kept = (state.rounds[i + 1]?.samples ?? []).filter(({ verdict }) => verdict === 'kept');
      expect(evaluation?.mode).toBe('zero-shot');
      expect(evaluation?.predictions.map(({ id }) => id)).toEqual(kept.slice(0, 5).map(({ id }) => id));
    }
  });

  test('stand alone, without a demonstration', async () => {
    const { state, recorded } = await runOf(planOf('soft', 5), { say });
    const wanted = again(state).map((evaluation) => evaluation?.predictions.map(({ id }) => id) ?? []);
    const asked = recorded.generated.filter(({ rows }) =>
      wanted.some((ids) => ids.length > 0 && ids.join() === rows.map(({ key }) => key).join()),
    );
    expect(asked.length).toBe(3);
    for (const { ids } of asked.flatMap(({ rows }) => rows))
      expect(textOf(ids).match(/Colour:/g)).toHaveLength(1);
  });

  test('change nothing of the labels and the training', async () => {
    const [with5, without] = [
      await runOf(planOf('soft', 5), { say }),
      await runOf(planOf('soft', 0), { say }),
    ];
    expect(again(without.state)).toEqual([undefined, undefined, undefined, undefined]);
    expect(samplesOf(with5.state)).toEqual(samplesOf(without.state));
    expect(with5.state.rounds.map(({ adapter }) => adapter)).toEqual(
      without.state.rounds.map(({ adapter }) => adapter),
    );
  });

  test.each(['isara', 'pool-sft', 'icl'] as const)('%s has none of its own to ask', async (method) => {
    const { state } = await runOf(planOf(method, 5));
    expect(again(state).every((evaluation) => evaluation === undefined)).toBe(true);
  });
});
