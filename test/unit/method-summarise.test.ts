import { describe, expect, it } from 'vitest';
import { constrainedAccuracy } from '../../src/metrics/scores/constrained.ts';
import { summarise } from '../../src/metrics/summarise.ts';
import type { TaskRow } from '../../src/words/task.ts';
import { definitionOf, evaluationOf, figure, predict, rowMap, rowOf } from './method-toy.ts';

const classification = definitionOf('classification');
const food = rowOf('f', 'food', 'easy');
const music = rowOf('m', 'music', 'hard');
const travel = rowOf('t', 'travel', 'hard');
const unknown = rowOf('u', '');

describe('scores of a classification task', () => {
  const rows = rowMap([food, music, travel, unknown]);

  it('separates knowledge from format', () => {
    const figures = summarise(
      classification,
      rows,
      evaluationOf([
        predict(food, 'food'),
        predict(music, 'food'),
        predict(travel, 'by train'),
        predict(unknown, 'music'),
      ]),
    );
    expect(figure(figures, 'exact_match')).toEqual([1 / 3, 3]);
    expect(figure(figures, 'valid_label_rate')).toEqual([3 / 4, 4]);
    expect(figure(figures, 'accuracy_given_valid')).toEqual([1 / 2, 2]);
  });

  it('counts an answer that did not stop as no label', () => {
    const cut = predict(food, 'food', { isFinished: false, isExact: false });
    const figures = summarise(classification, rows, evaluationOf([cut]));
    expect(figure(figures, 'valid_label_rate')).toEqual([0, 1]);
    expect(figure(figures, 'accuracy_given_valid')).toBeUndefined();
  });

  it('tells exact match by difficulty where rows have one', () => {
    const figures = summarise(
      classification,
      rows,
      evaluationOf([predict(food, 'food'), predict(music, 'music'), predict(travel, 'food')]),
    );
    expect(figure(figures, 'exact_match_easy')).toEqual([1, 1]);
    expect(figure(figures, 'exact_match_hard')).toEqual([1 / 2, 2]);
    expect(figure(figures, 'exact_match_medium')).toBeUndefined();
  });

  it('takes the most likely label, and after calibration the one that gained most', () => {
    const figures = summarise(
      classification,
      rows,
      evaluationOf(
        [
          predict(food, '', { labelLogprobs: [-1, -2, -9] }),
          predict(music, '', { labelLogprobs: [-1, -1.5, -9] }),
        ],
        { contentFree: [-0.5, -2, -9] },
      ),
    );
    expect(figure(figures, 'constrained_accuracy')).toEqual([1 / 2, 2]);
    // Gains: -0.5, 0, 0 and -0.5, 0.5, 0: the first tie goes to the earlier label.
    expect(figure(figures, 'calibrated_accuracy')).toEqual([1 / 2, 2]);
    expect(figure(figures, 'answer_loss')).toEqual([(1 + 1.5) / 2, 2]);
  });

  it('has no constrained scores without log-probabilities, no calibrated ones without a content-free prompt', () => {
    const plain = summarise(classification, rows, evaluationOf([predict(food, 'food')]));
    expect(figure(plain, 'constrained_accuracy')).toBeUndefined();
    const scored = evaluationOf([predict(food, 'food', { labelLogprobs: [-1, -2, -3] })]);
    expect(figure(summarise(classification, rows, scored), 'calibrated_accuracy')).toBeUndefined();
  });

  it('has no text scores', () => {
    const figures = summarise(classification, rows, evaluationOf([predict(food, 'food')]));
    expect(figure(figures, 'token_f1')).toBeUndefined();
  });

  it('has no figures of no predictions', () => {
    expect(summarise(classification, rows, evaluationOf([]))).toEqual([]);
  });

  it('refuses an item that is not of the split', () => {
    expect(() =>
      summarise(classification, rows, evaluationOf([predict(rowOf('x', 'food'), 'food')])),
    ).toThrow('No row "x"');
  });
});

describe('scores of a multiple-choice task', () => {
  const row: TaskRow = {
    ...{ id: 'q', input: 'Which?', output: 'figs' },
    choices: [
      { text: 'pears', correct: true },
      { text: 'figs', correct: true, best: true },
      { text: 'stones', correct: false },
    ],
  };
  const score = (labelLogprobs: readonly number[]) =>
    summarise(
      definitionOf('multiple-choice'),
      rowMap([row]),
      evaluationOf([predict(row, 'Pears', { labelLogprobs })]),
    );

  it('gives MC1 to a best answer above every incorrect one, whatever other correct ones do', () => {
    const figures = score([Math.log(0.5), Math.log(0.3), Math.log(0.2)]);
    expect(figure(figures, 'mc1')).toEqual([1, 1]);
    expect(figure(figures, 'mc2')?.[0]).toBeCloseTo(0.8);
    expect(figure(figures, 'constrained_accuracy')).toEqual([1, 1]);
    expect(figure(figures, 'valid_label_rate')).toEqual([1, 1]);
  });

  it('gives no MC1 on a tie, and masses even of very unlikely texts', () => {
    const figures = score([-2000, -1000, -1000]);
    expect(figure(figures, 'mc1')).toEqual([0, 1]);
    expect(figure(figures, 'mc2')?.[0]).toBeCloseTo(0.5);
  });

  it('takes the first correct choice where none is marked best', () => {
    const plain: TaskRow = {
      ...row,
      choices: (row.choices ?? []).map(({ text, correct }) => ({ text, correct })),
    };
    const predictions = [predict(plain, '', { labelLogprobs: [-5, -1, -3] })];
    const figures = summarise(definitionOf('multiple-choice'), rowMap([plain]), evaluationOf(predictions));
    expect(figure(figures, 'mc1')).toEqual([0, 1]);
  });
});

describe('one constrained answer', () => {
  it('is right, wrong, or not to be judged', () => {
    const said = predict(music, '', { labelLogprobs: [-3, -1, -2] });
    const { valueOf } = constrainedAccuracy;
    expect(valueOf(said, music, classification)).toBe(1);
    expect(valueOf(said, food, classification)).toBe(0);
    expect(valueOf(said, unknown, classification)).toBeNull();
    expect(valueOf(predict(music, 'music'), music, classification)).toBeNull();
    expect(valueOf(said, music, definitionOf('generation'))).toBeNull();
  });
});

describe('scores of a generation task', () => {
  it('has text scores over the rows with a key, and nothing of labels', () => {
    const oak: TaskRow = { ...rowOf('o', 'an old oak'), references: ['a tree'] };
    const figures = summarise(
      definitionOf('generation'),
      rowMap([oak, unknown]),
      evaluationOf([predict(oak, 'the tree'), predict(unknown, 'anything')]),
    );
    expect(figure(figures, 'token_f1')).toEqual([1, 1]);
    expect(figure(figures, 'rouge_l')).toEqual([1 / 2, 1]);
    expect(figure(figures, 'valid_label_rate')).toBeUndefined();
  });
});
