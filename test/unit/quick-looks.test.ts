/** What quick looks say, held against a study: each part by hand. */
import { describe, expect, it } from 'vitest';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { NEW_RUN } from '../../src/method/state.ts';
import { armOf } from '../../src/words/plan.ts';
import { lookedAt, measuredBy, saidBy } from '../../tools/bench/quick-looks.ts';
import { KEYS, TOY, round, tested } from './ui-run.ts';

const ARMS = 'Is the method above its first control?';
const wrong = KEYS.map(() => 'neither');
/** So many of the eight right in the last round. */
const look = (seed: number, right: number, control: number) => {
  const state = (count: number) => ({
    ...NEW_RUN,
    rounds: [wrong, [...KEYS.slice(0, count), ...wrong.slice(count)]].map((said, number) =>
      round(number, { evaluations: [tested(said)] }),
    ),
  });
  return lookedAt(TOY, seed, [
    { arm: armOf('soft', 'soft'), state: state(right) },
    { arm: armOf('frozen-teacher', 'frozen-teacher'), state: state(control) },
  ]);
};

const row = (
  arm: string,
  seed: number,
  of: number,
  value: number,
  mode: 'zero-shot' | 'few-shot',
): ResultRow => ({
  ...{ model: 'nano', task: 'toy', arm, method: 'soft', seed, round: of, split: 'test', mode },
  ...{ metric: 'exact_match', value, n: 8 },
});
const study = [1, 2].flatMap((seed) => [
  ...[0, 1, 2].map((of) => row('soft', seed, of, 0.2 + 0.1 * of + 0.01 * seed, 'zero-shot')),
  ...[0, 1, 2].map((of) => row('soft', seed, of, 0.3 + 0.05 * of, 'few-shot')),
  ...[0, 1, 2].map((of) => row('frozen-teacher', seed, of, 0.3, 'zero-shot')),
]);
const MEASURES = measuredBy({ arms: ['soft', 'frozen-teacher'], metric: 'exact_match' });

describe('the bench of quick looks', () => {
  it('takes of a study the difference that a look states', () => {
    const of = (question: string) => MEASURES.get(question)?.(study, 2);
    expect(of(ARMS)).toBeCloseTo(0.42 - 0.3, 12);
    // The student of round 2 and its teacher, the model of round 1.
    expect(of('Did the student beat its teacher?')).toBeCloseTo(0.42 - 0.35, 12);
    expect(of('Did the teacher get better?')).toBeCloseTo(0.1, 12);
    expect(of('Format or meaning?')).toBeNull();
    expect(MEASURES.get(ARMS)?.(study, 3)).toBeNull();
  });

  it('counts a direction against the study’s as wrong, and what is not told apart by itself', () => {
    const looks = [look(1, 8, 0), look(2, 8, 1), look(3, 0, 8), look(4, 4, 3), look(5, 5, 5)];
    const [arms] = saidBy(looks, study, MEASURES);
    expect(arms).toMatchObject({
      ...{ question: ARMS, looks: 5, higher: 2, lower: 1, tooFewToTell: 2, wrong: 0.2, untold: 0.4 },
      study: { seeds: 2 },
    });
    const other = study.map((one) => (one.arm === 'soft' ? { ...one, value: one.value - 0.4 } : one));
    expect(saidBy(looks, other, MEASURES)[0]).toMatchObject({ wrong: 0.4, untold: 0.4 });
    expect(saidBy([], study, MEASURES)[0]).toMatchObject({ looks: 0, wrong: null, untold: null });
  });

  it('answers the verdict’s questions by the sentences’ own figures', () => {
    expect([...look(1, 8, 0).keys()]).toEqual([...MEASURES.keys()]);
    expect(look(1, 8, 0).get(ARMS)).toMatchObject({ mean: 1, seeds: 1, items: 8 });
  });
});
