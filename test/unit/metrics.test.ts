/** @file Every metric as a module: what each must say of itself, and that its parts agree. */
import { describe, expect, it } from 'vitest';
import { METRICS, isMetricName } from '../../src/analysis/metrics.ts';
import type { Asked, KeyedRow, Prediction } from '../../src/metrics/item.ts';
import type { Score } from '../../src/metrics/metric.ts';
import { OWN_METRICS, SCORES, STOP_METRICS, floors, scoresOfKind } from '../../src/metrics/scores.ts';
import { itemValues, summarise } from '../../src/metrics/summarise.ts';
import { ALL_TERMS, termOf } from '../../src/ui/glossary/terms.ts';
import { chartedScores } from '../../src/ui/words/metrics.ts';
import { KNOBS } from '../../src/words/knobs.ts';
import { LABELS, definitionOf, predict, rowMap, rowOf } from './method-toy.ts';

const KINDS = ['classification', 'generation', 'multiple-choice'] as const;
const ALL: readonly Score[] = SCORES;

interface Case {
  readonly asked: Asked;
  readonly rows: readonly KeyedRow[];
  readonly predictions: readonly Prediction[];
}

/** Twelve items of every difficulty, some right, some wrong, one unfinished, one that is no label; the last row has no key. */
function caseOf(kind: (typeof KINDS)[number]): Case {
  const levels = ['easy', 'medium', 'hard'] as const;
  const rows = Array.from({ length: 12 }, (_, i): KeyedRow => {
    const output = i === 11 ? '' : (LABELS[(i * i) % 3] ?? '');
    const row = rowOf(`r${i}`, output, levels[i % 3]);
    const choices = LABELS.slice(0, 2 + (i % 2)).map((text) => ({ text, correct: text === output }));
    return kind === 'multiple-choice' ? { ...row, choices } : row;
  });
  const predictions = rows.map((row, i): Prediction => {
    const answer = i === 4 ? 'by train' : (LABELS[i % 3] ?? '');
    const isFinished = i !== 5;
    const logprobs = LABELS.slice(0, row.choices?.length ?? 3).map((_, j) => -1 - ((i + 2 * j) % 4) / 3);
    return {
      ...{ id: row.id, answer, isFinished, isExact: isFinished && answer === row.output },
      ...(kind === 'generation' ? {} : { labelLogprobs: logprobs }),
    };
  });
  const { labels } = definitionOf(kind);
  return { asked: { kind, labels, contentFree: [-1, -2, -1.5] }, rows, predictions };
}
const CASES = KINDS.map(caseOf);

const evaluationOf = ({ asked: { contentFree = [] }, predictions }: Case) => ({ predictions, contentFree });
const within = (value: number, [low, high]: readonly [number, number | null]): boolean =>
  value >= low && value <= (high ?? Infinity);

describe('every metric', () => {
  it('has a name of its own, words, and a range', () => {
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
    for (const { name, title, help, unit, range } of METRICS) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(isMetricName(name)).toBe(true);
      expect(title, name).toMatch(/^\S(.*\S)?$/);
      expect(help, name).toMatch(/^\S[^\n]*\.$/);
      expect(unit === 'share', name).toBe(range[1] === 1);
    }
  });

  it('is a score of some kind of task, or a diagnostic, each once', () => {
    expect(new Set(METRICS.map(({ name }) => name))).toEqual(
      new Set([...SCORES, ...METRICS.filter(({ kind }) => kind === 'diagnostic')].map(({ name }) => name)),
    );
    for (const { name, kinds } of ALL) expect(kinds.length, name).toBeGreaterThan(0);
  });
});

describe.each(CASES)('a score of a $asked.kind task', (one) => {
  const { asked, rows } = one;
  const evaluation = evaluationOf(one);
  const figures = summarise(asked, rowMap(rows.map((row) => ({ input: '', ...row }))), evaluation);

  it('is there for each that the kind has, within its range', () => {
    expect(figures.map(({ metric }) => metric)).toEqual(scoresOfKind(asked.kind).map(({ name }) => name));
    for (const { metric, value } of figures) {
      const score = ALL.find(({ name }) => name === metric);
      expect(within(value, score?.range ?? [NaN, NaN]), metric).toBe(true);
    }
  });

  it('is the mean of its values by item where it says nothing else', () => {
    const means = scoresOfKind(asked.kind).filter(({ aggregate }) => aggregate === undefined);
    expect(means.length).toBeGreaterThan(2);
    for (const { name, range } of means) {
      const byId = new Map(rows.map((row) => [row.id, row]));
      const values = [...itemValues(name, asked, byId, evaluation).values()];
      expect(
        values.every((value) => within(value, range)),
        name,
      ).toBe(true);
      const found = figures.find(({ metric }) => metric === name);
      expect(found?.n, name).toBe(values.length);
      expect(found?.value, name).toBe(values.reduce((sum, value) => sum + value, 0) / values.length);
    }
  });

  it('has floors within its range, or none; and no figure and no floor of no items', () => {
    for (const { name, range } of SCORES) {
      for (const of of [rows, rows.slice(0, 1), []]) {
        const { chance, majority } = floors(asked, of, name);
        for (const floor of [chance, majority])
          if (floor !== null) expect(within(floor, range), name).toBe(true);
      }
    }
    expect(summarise(asked, new Map(), { predictions: [] })).toEqual([]);
  });

  it('gives a task of its kind a metric of its own, and the chart something to offer, the own first', () => {
    const own = OWN_METRICS.filter((name) =>
      ALL.find((score) => score.name === name)?.ownOf?.includes(asked.kind),
    );
    expect(own.length).toBeGreaterThan(0);
    const definition = definitionOf(asked.kind);
    const offered = chartedScores(definition);
    expect(offered[0]).toBe(definition.metric);
    expect(new Set(offered).size).toBe(offered.length);
    for (const name of offered)
      expect(scoresOfKind(asked.kind).find((score) => score.name === name)?.isCharted).toBe(true);
  });
});

describe('what goes by the list', () => {
  it('is the stopping knob: scores that have a value for each item', () => {
    expect(KNOBS.stopMetric.options).toEqual(['exact_match', 'constrained_accuracy', 'token_f1']);
    for (const name of STOP_METRICS)
      expect(ALL.find((score) => score.name === name)?.aggregate).toBeUndefined();
  });

  it('is what a task may name as its own', () => {
    expect(OWN_METRICS).toEqual(['exact_match', 'token_f1', 'rouge_l', 'mc1']);
  });

  it('is the glossary', () => {
    for (const { title, name, isCharted } of ALL) {
      if (isCharted)
        expect(
          ALL_TERMS.map((term) => term.title),
          name,
        ).toContain(title);
    }
    expect(termOf('exact_match').text).toContain('word for word');
    expect(termOf('mc1').title).toBe('MC1');
  });

  it('judges one item alone', () => {
    const row = rowOf('a', 'food');
    const asked = definitionOf('classification');
    const value = (name: string) =>
      itemValues(name, asked, rowMap([row]), { predictions: [predict(row, 'food')] }).get('a');
    expect(value('exact_match')).toBe(1);
    expect(value('constrained_accuracy')).toBeUndefined();
    expect(value('no_such_metric')).toBeUndefined();
  });
});
