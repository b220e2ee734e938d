import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/analysis/diagnose.ts';
import type { Evaluation } from '../../src/words/events.ts';
import type { RoundState, RunState } from '../../src/method/state.ts';
import type { TaskRow } from '../../src/words/task.ts';
import {
  distinctN,
  entropyOf,
  perplexityEdges,
  perplexityHistogram,
} from '../../src/analysis/diagnostics/counts.ts';
import { watchAnswers, watchSamples, watchTraining } from '../../src/analysis/watch.ts';
import {
  curveOf,
  evaluationOf,
  figure,
  LABELS,
  predict,
  roundWith,
  rowOf,
  sampleOf,
  taskOf,
} from './method-toy.ts';

describe('entropy and variety', () => {
  it('is 0 of one answer and the logarithm of how many even ones', () => {
    expect(entropyOf([7])).toBe(0);
    expect(entropyOf([3, 3, 3, 0])).toBeCloseTo(Math.log(3));
    expect(entropyOf([])).toBe(0);
  });

  it('counts different n-grams over all answers, none across two answers', () => {
    expect(distinctN(['a b a', 'A b'], 1)).toEqual({ value: 2 / 5, n: 5 });
    expect(distinctN(['a b a', 'A b'], 2)).toEqual({ value: 2 / 3, n: 3 });
    expect(distinctN(['a', ''], 2)).toBeNull();
  });
});

describe('the perplexity histogram', () => {
  it('has its edges where the values are, evenly spaced in the logarithm from 1', () => {
    const edges = perplexityEdges([1, 1.02, 1.1, 1.6]);
    expect(edges.at(-1)).toBeCloseTo(1.6);
    const ratios = edges.slice(1).map((edge, i) => edge / (edges[i] ?? NaN));
    for (const ratio of ratios) expect(ratio).toBeCloseTo(edges[0] ?? NaN);
    // Answers that are all rather sure do not share one bucket.
    expect(perplexityHistogram([1.02, 1.1, 1.6], edges).filter((count) => count > 0)).toHaveLength(3);
  });

  it('lets no single value that overflowed, and no lack of values, make its scale', () => {
    const many = Array.from({ length: 99 }, (_, i) => 1 + i / 100);
    expect(perplexityEdges([...many, 1e9]).at(-1)).toBeLessThan(2);
    expect(perplexityEdges([Infinity, 1.5]).at(-1)).toBeCloseTo(1.5);
    expect(perplexityEdges([1, 1]).at(-1)).toBeCloseTo(1.2);
    expect(perplexityEdges([]).every((edge) => edge > 1)).toBe(true);
  });

  it('puts every value in one bucket, what is above all edges in the last', () => {
    const counts = perplexityHistogram([1, 1.7, 2, 10, 999, 1001, Infinity], [2, 10, 1000]);
    expect(counts).toEqual([3, 1, 3]);
  });
});

describe("a round's samples", () => {
  const pool = [rowOf('d1', 'food'), rowOf('d2', 'music')];
  const task = taskOf({ pool });
  const samples = [
    sampleOf('1', 'food', 'food', { demonstrations: ['d1', 'd2'], perplexity: 1 }),
    sampleOf('2', 'Music', 'travel', { demonstrations: ['d1', 'd2'], perplexity: 2 }),
    sampleOf('3', 'travel', 'food', { demonstrations: ['d1'], perplexity: 9 }),
    sampleOf('4', '', 'music', { demonstrations: ['d2'], verdict: 'empty', ids: [], perplexity: null }),
    sampleOf('5', 'food', '', { demonstrations: ['d1'], perplexity: 4 }),
  ];
  const figures = watchSamples(task, samples);

  it('are judged against the hidden key before and after the filters, where there is one', () => {
    expect(figure(figures, 'self_label_accuracy')).toEqual([1 / 4, 4]);
    expect(figure(figures, 'kept_label_accuracy')).toEqual([1 / 3, 3]);
    expect(figure(figures, 'kept_share')).toEqual([4 / 5, 5]);
    expect(figure(figures, 'dropped_empty')).toEqual([1 / 5, 5]);
    expect(figure(figures, 'dropped_repeats')).toBeUndefined();
  });

  it('leak where a wrong answer stands among its own demonstrations', () => {
    // Only 2: 3 is wrong but not shown, 4 is empty, 5 has no key.
    expect(figure(figures, 'demonstration_leakage')).toEqual([1 / 4, 4]);
  });

  it('have a balance, a length and perplexities', () => {
    expect(figure(figures, 'majority_share')).toEqual([2 / 5, 5]);
    expect(figure(figures, 'label_entropy')?.[0]).toBeCloseTo(entropyOf([2, 1, 1, 1]));
    expect(figure(figures, 'kept_majority_share')).toEqual([2 / 4, 4]);
    expect(figure(figures, 'answer_tokens')).toEqual([8 / 5, 5]);
    expect(figure(figures, 'perplexity_mean')).toEqual([4, 4]);
    expect(figure(figures, 'perplexity_median')).toEqual([3, 4]);
    expect(figure(figures, 'distinct_1')).toEqual([3 / 4, 4]);
    expect(figure(figures, 'distinct_2')).toBeUndefined();
  });

  it('give no figures where nothing was labelled', () => {
    expect(watchSamples(task, [])).toEqual([]);
  });
});

describe("an evaluation's answers", () => {
  const a = rowOf('a', 'food');
  const b = rowOf('b', 'music');
  const c = rowOf('c', 'music');
  const rows = [a, b, c];

  const task = taskOf({ test: rows });
  const before = evaluationOf([predict(a, 'food'), predict(b, 'food')]);
  const now = evaluationOf([predict(a, 'music'), predict(b, 'music'), predict(c, 'travel')], {
    tokenEntropy: 0.4,
  });

  it('flip against the round before, over the items that both have', () => {
    const figures = watchAnswers(task, now, before);
    expect(figure(figures, 'label_flips')).toEqual([1, 2]);
    expect(figure(figures, 'flips_to_right')).toEqual([1 / 2, 2]);
    expect(figure(figures, 'flips_to_wrong')).toEqual([1 / 2, 2]);
  });

  it('do not flip without a round before', () => {
    expect(figure(watchAnswers(task, now, undefined), 'label_flips')).toBeUndefined();
  });

  it('tell entropies and the label that is recognised worst', () => {
    const figures = watchAnswers(task, now, before);
    expect(figure(figures, 'token_entropy')).toEqual([0.4, 3]);
    expect(figure(figures, 'answer_entropy')?.[0]).toBeCloseTo(entropyOf([2, 1]));
    expect(figure(figures, 'worst_label_recall')).toEqual([0, 1]);
    expect(figure(watchAnswers(task, before, undefined), 'token_entropy')).toBeUndefined();
  });
});

describe('a student that is asked again what it was trained on', () => {
  const [a, b, c, d, e] = [
    rowOf('a', 'food'),
    rowOf('b', 'food'),
    rowOf('c', 'music'),
    rowOf('d', 'music'),
    rowOf('e', ''),
  ];
  const task = taskOf({ prompts: [a, b, c, d, e] });
  // Right, then four wrong ones but for the last, whose key nobody knows.
  const samples = [
    sampleOf('a', 'food', 'food'),
    sampleOf('b', 'food', 'food'),
    sampleOf('c', 'food', 'music'),
    sampleOf('d', 'travel', 'music'),
    sampleOf('e', 'food', ''),
  ];
  const answers = [
    predict(a, 'food'),
    predict(b, 'travel'),
    predict(c, 'music'),
    predict(d, ' Travel'),
    predict(e, 'food'),
  ];
  const evaluation = evaluationOf(answers, { split: 'prompts' });

  it('mends a wrong label, repeats one, or loses a right one', () => {
    const figures = watchAnswers(task, evaluation, undefined, samples);
    expect(figure(figures, 'wrong_labels_mended')).toEqual([1 / 2, 2]);
    expect(figure(figures, 'wrong_labels_repeated')).toEqual([1 / 2, 2]);
    expect(figure(figures, 'right_labels_lost')).toEqual([1 / 2, 2]);
  });

  it('has no share of labels that there are none of', () => {
    const figures = watchAnswers(task, evaluation, undefined, samples.slice(0, 2));
    expect(figure(figures, 'wrong_labels_mended')).toBeUndefined();
    expect(figure(figures, 'right_labels_lost')).toEqual([1 / 2, 2]);
  });

  it('is no matter of other splits', () => {
    const test = taskOf({ test: [a, b, c, d, e] });
    const figures = watchAnswers(test, evaluationOf(answers), undefined, samples);
    expect(figure(figures, 'wrong_labels_mended')).toBeUndefined();
  });
});

describe("a round's training", () => {
  it('is told by the loss of its first and last step, over their tokens', () => {
    const figures = watchTraining(curveOf(2, 1, 0.5));
    expect(figure(figures, 'train_loss_first')).toEqual([2, 20]);
    expect(figure(figures, 'train_loss_last')).toEqual([0.5, 20]);
    expect(watchTraining([])).toEqual([]);
  });
});

describe('the three troubles', () => {
  const rows = Array.from({ length: 60 }, (_, i) =>
    rowOf(`r${i}`, LABELS[i % 3] ?? '', i % 2 === 0 ? 'easy' : 'hard'),
  );
  const task = taskOf({ validation: rows, probe: rows, test: rows });
  /** Right on the first `right` items, `wrong` on the others. */
  const answers = (right: number, wrong: (row: TaskRow) => string = () => 'nonsense') =>
    rows.map((row, i) => predict(row, i < right ? row.output : wrong(row)));
  const stateOf = (...rounds: readonly Partial<RoundState>[]): RunState => ({
    ...{ ranking: null, end: null },
    rounds: rounds.map((round, i) => roundWith(i, round)),
  });
  const validation = (right: number) => evaluationOf(answers(right), { split: 'validation' });
  const probe = (right: number) => evaluationOf(answers(right), { split: 'probe', mode: 'few-shot' });

  it('is overfitting when validation falls while the training loss falls', () => {
    const state = stateOf(
      { evaluations: [validation(40)] },
      { evaluations: [validation(50)], curve: curveOf(2, 1) },
      { evaluations: [validation(35)], curve: curveOf(1.5, 0.2) },
    );
    const [finding, ...others] = diagnose(task, state);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ trouble: 'overfitting', round: 2, against: 1 });
    expect(finding?.figures[0]).toMatchObject({ metric: 'exact_match', before: 50 / 60, after: 35 / 60 });
    expect(finding?.figures[1]).toMatchObject({ metric: 'train_loss_last', before: 1.5, after: 0.2 });
  });

  it('is not overfitting when the loss rises, or when a fall is within chance', () => {
    const rising = { evaluations: [validation(35)], curve: curveOf(0.2, 1.5) };
    expect(diagnose(task, stateOf({ evaluations: [validation(50)] }, rising))).toEqual([]);
    const slight = { evaluations: [validation(48)], curve: curveOf(2, 1) };
    expect(diagnose(task, stateOf({ evaluations: [validation(50)] }, slight))).toEqual([]);
  });

  it("is error accumulation when the teacher's accuracy on the probe falls", () => {
    const state = stateOf(
      { evaluations: [probe(50)] },
      { evaluations: [probe(49)] },
      { evaluations: [probe(30)] },
    );
    expect(diagnose(task, state)).toMatchObject([{ trouble: 'error-accumulation', round: 2, against: 0 }]);
  });

  it('is collapse when the entropy of answers and the accuracy on hard items fall together', () => {
    const healthy = evaluationOf(answers(60));
    const collapsed = evaluationOf(
      rows.map((row) => predict(row, row.difficulty === 'easy' ? row.output : 'food')),
    );
    const state = stateOf({ evaluations: [healthy] }, { evaluations: [collapsed] });
    expect(diagnose(task, state)).toMatchObject([
      {
        ...{ trouble: 'collapse', round: 1, against: 0 },
        figures: [{ metric: 'answer_entropy' }, { metric: 'exact_match_hard', before: 1 }],
      },
    ]);
  });

  it('is not collapse when answers vary as before, or when only their variety falls', () => {
    const other = (row: TaskRow) => LABELS[(LABELS.indexOf(row.output) + 1) % 3] ?? '';
    const varied = stateOf(
      { evaluations: [evaluationOf(answers(60))] },
      { evaluations: [evaluationOf(answers(20, other))] },
    );
    expect(diagnose(task, varied)).toEqual([]);
    const chatter = evaluationOf(answers(30, ({ id }) => `words of ${id}`));
    const settled = stateOf(
      { evaluations: [chatter] },
      { evaluations: [evaluationOf(answers(30, () => 'food'))] },
    );
    expect(diagnose(task, settled)).toEqual([]);
  });

  it('takes the label least answered for the rare one where no row has a difficulty', () => {
    const plain = rows.map(({ id, input, output }) => ({ id, input, output }));
    const noTravel = evaluationOf(
      plain.map((row) => predict(row, row.output === 'travel' ? 'food' : row.output)),
    );
    const healthy = evaluationOf(plain.map((row) => predict(row, row.output)));
    const state = stateOf({ evaluations: [healthy] }, { evaluations: [noTravel] });
    expect(diagnose(taskOf({ test: plain }), state)).toMatchObject([
      {
        trouble: 'collapse',
        figures: [{}, { metric: 'worst_label_recall', label: 'travel', before: 1, after: 0 }],
      },
    ]);
  });

  it.each([1, 2, 7])('is not found in %s items, however they fell', (count) => {
    const some = (evaluation: Evaluation): Evaluation => ({
      ...evaluation,
      predictions: evaluation.predictions.slice(0, count),
    });
    const fallen = stateOf(
      { evaluations: [validation(60), probe(60), evaluationOf(answers(60))].map(some) },
      { evaluations: [validation(0), probe(0), evaluationOf(answers(0))].map(some), curve: curveOf(2, 1) },
    );
    expect(diagnose(task, fallen)).toEqual([]);
  });

  it('finds nothing in a run that climbs, or that has only begun', () => {
    const climbing = stateOf(
      { evaluations: [validation(20), probe(20)] },
      { evaluations: [validation(40), probe(40)], curve: curveOf(2, 1) },
    );
    expect(diagnose(task, climbing)).toEqual([]);
    expect(diagnose(task, stateOf())).toEqual([]);
  });
});
