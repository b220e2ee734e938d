/** How a number is written: one style, held by what it is and not by who writes it. */
import { expect, test } from 'vitest';
import {
  formatCount,
  formatMean,
  formatMeasure,
  formatProbability,
  formatRange,
  formatRate,
  formatScore,
  formatShare,
  formatSpread,
  formatTail,
  signed,
} from '../../src/core/figures.ts';
import { formatFigure } from '../../src/ui/words/numbers.ts';

test.each([
  [formatScore(0.5749), '0.57'],
  [signed(0.12), '+0.120'],
  [signed(-0.02), '−0.020'],
  [signed(-0.5, 2), '−0.50'],
  [formatSpread(null), ''],
  [formatSpread(0.0594), ' ± 0.059'],
  [formatMean(0.92, 0.03), '0.920 ± 0.030'],
  [formatMean(0.92, null), '0.92'],
  [formatRange(0.75, 0.512, 0.9), '0.75 (0.51 to 0.90)'],
  [formatShare(0.664), '66%'],
  [formatTail(0.0314), '0.031'],
  [formatTail(0.0002), '< 0.001'],
  [formatCount(106944), '106,944'],
  [formatCount(1.25e6), '1.3 million'],
  [formatRate(0.00413), '0.0041'],
  [formatRate(0.004), '0.004'],
  [formatMeasure(1.5), '1.50'],
  [formatMeasure(1234.6), '1,235'],
  // A share is written as every score, whatever chart it stands in.
  [formatFigure(0.87, 'share'), '0.87'],
  [formatFigure(0.87, 'nats'), '0.870'],
  [formatFigure(12.25, 'tokens'), '12.3'],
])('%s', (written, wanted) => {
  expect(written).toBe(wanted);
});

test('a probability is never said to be what it is not: none is 0%, and only what is all but certain is all but 100%', () => {
  for (const share of [0, 1e-9, 0.0009]) expect(formatProbability(share)).toBe('<0.1%');
  for (const share of [0.99951, 1]) expect(formatProbability(share)).toBe('>99.9%');
  expect([0.001, 0.0894, 0.1, 0.634, 0.99, 0.9949, 0.9994].map(formatProbability)).toEqual([
    ...['0.1%', '8.9%', '10%', '63%', '99%', '99.5%', '99.9%'],
  ]);
});
