/** @file Self-consistency: a label is the majority over sampled answers of the current teacher; ties go to the first said. */
import { describe, expect, test } from 'vitest';
import { bootstrap } from '../../src/method/loop.ts';
import type { Ports } from '../../src/method/ports.ts';
import type { RunState } from '../../src/method/state.ts';
import { roundOf } from '../../src/method/state.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import { fakePorts, fakeTask, textOf } from './fake-ports.ts';

const SMALL = { rounds: 3, promptsPerRound: 8, batchSize: 4, epochs: 1, poolSize: 12 };

async function runOf(
  method: MethodName,
  set: Readonly<Record<string, unknown>> = {},
  changed: (ports: Ports) => Ports = (ports) => ports,
) {
  const { ports, recorded } = fakePorts();
  const plan = { task: fakeTask(), arm: armOf(method, method, { ...SMALL, ...set }), seed: 1 };
  const loop = bootstrap(plan, changed(ports));
  let next = await loop.next();
  while (next.done !== true) next = await loop.next();
  const ballots = recorded.generated.filter(({ rows }) => rows[0]?.key.startsWith('label') === true);
  return { state: next.value, ballots };
}

const samplesOf = ({ rounds }: RunState) => rounds.flatMap(({ samples }) => samples);

/** Ports whose votes say these words, whatever the prompt is. */
const saying =
  (words: readonly string[]) =>
  (ports: Ports): Ports => ({
    ...ports,
    async *generate(request) {
      for await (const completion of ports.generate(request)) {
        const vote = /^label(?:, vote (\d+))?\//.exec(completion.key);
        const word = vote === null ? undefined : words[Number(vote[1] ?? 0)];
        yield word === undefined ? completion : { ...completion, text: ` ${word}` };
      }
    },
  });

describe('self-consistency', () => {
  test('samples five answers to every prompt, each round by the teacher of the round', async () => {
    const { state, ballots } = await runOf('self-consistency', { temperature: 0.9, topP: 0.8 });
    const teachers = [null, roundOf(state, 1).adapter, roundOf(state, 2).adapter];
    expect(ballots.map(({ adapter }) => adapter)).toEqual(
      teachers.flatMap((one) => [one, one, one, one, one]),
    );
    for (const { config } of ballots)
      expect(config).toMatchObject({ doSample: true, temperature: 0.9, topP: 0.8 });
    // Draws are keyed by the row: no two votes share theirs.
    const keys = ballots.flatMap(({ rows }) => rows.map(({ key }) => key));
    expect(new Set(keys).size).toBe(3 * 5 * 8);
  });

  test('asks as often as the knob says, each vote after demonstrations of its own', async () => {
    const { ballots } = await runOf('self-consistency', { votes: 3 });
    expect(ballots.length).toBe(3 * 3);
    const [first, second] = ballots.map(({ rows }) => rows.map(({ ids }) => textOf(ids)));
    const asked = (text: string) => text.slice(text.lastIndexOf('Thing:'));
    expect(second?.map(asked)).toEqual(first?.map(asked));
    expect(second).not.toEqual(first);
    const fixed = await runOf('self-consistency', { votes: 3, drawing: 'fixed' });
    const [one, other] = fixed.ballots.map(({ rows }) => rows.map(({ ids }) => ids));
    expect(other).toEqual(one);
  });

  test('with one vote is SOFT with sampled labels, to the last number', async () => {
    const one = await runOf('self-consistency', { votes: 1 });
    const soft = await runOf('soft', { decoding: 'sampled' });
    expect(one.state).toEqual(soft.state);
  });

  test.each([
    ['the most frequent', ['red', 'green', 'green', 'green', 'blue'], 'green'],
    ['of equally frequent ones the first said', ['blue', 'green', 'red', 'red', 'green'], 'green'],
    ['the first of five different ones', ['blue', 'green', 'red', 'sky', 'leaf'], 'blue'],
    ['one that differs in case alone as the same', ['blue', 'Red', 'green', 'red', 'green'], 'Red'],
  ])('takes %s, and keeps what the first vote said', async (_what, words, wanted) => {
    const { state } = await runOf('self-consistency', {}, saying(words));
    expect(samplesOf(state).length).toBe(24);
    for (const { answer, said } of samplesOf(state)) {
      expect(answer).toBe(wanted);
      expect(said).toBe(words[0] === wanted ? undefined : words[0]);
    }
  });

  test('is the verb of vote: with as many votes as rounds and greedy answers of the base, the same labels', async () => {
    const words = ['red', 'blue', 'blue'];
    const voted = await runOf('vote', {}, saying(words));
    const own = await runOf('self-consistency', { votes: 3, decoding: 'greedy' }, saying(words));
    expect(samplesOf(own.state).map(({ id, answer, said }) => [id, answer, said])).toEqual(
      samplesOf(voted.state).map(({ id, answer, said }) => [id, answer, said]),
    );
    const greedy = await runOf('self-consistency', { votes: 3, decoding: 'greedy' });
    expect(greedy.ballots.every(({ config }) => !config.doSample)).toBe(true);
  });
});
