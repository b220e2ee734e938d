/** @file Paired differences of what ships: a row for each task and model, a dot for each seed, the mean with its interval. */
import type { EvidenceRow } from '../../analysis/evidence.ts';
import { signed } from '../../core/figures.ts';
import { csv } from './download.ts';
import type { PlotLibrary } from './plot-figure.tsx';

const MARGIN = { top: 4, bottom: 34, left: 178, right: 14 };
const ROW = 24;
const LABEL_FROM = 400;
const COLUMNS = ['row', 'seed', 'difference', 'mean', 'low', 'high', 'verdict'] as const;
export const evidenceHeight = (rows: readonly EvidenceRow[]): number =>
  MARGIN.top + MARGIN.bottom + ROW * rows.length;

/** A line for each dot; a row that has none, as what is of several others, has one all the same. */
export const evidenceCsv = (rows: readonly EvidenceRow[]): string =>
  csv(
    COLUMNS,
    rows.flatMap(({ name, dots, mean, low, high, verdict }) =>
      (dots.length === 0 ? [{ seed: null, difference: null }] : dots).map((dot) => ({
        ...{ row: name, ...dot, mean, low, high, verdict },
      })),
    ),
  );

export function drawEvidence(
  rows: readonly EvidenceRow[],
  plot: PlotLibrary,
  width: number,
  height: number,
): Element {
  const dots = rows.flatMap(({ name, dots: own }) => own.map((dot) => ({ ...dot, name })));
  const fill = ({ verdict }: EvidenceRow) => (verdict === 'shown' ? 'var(--arm-soft)' : 'var(--ink-faint)');
  return plot.plot({
    ...{ width, height, marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
    ...{ marginLeft: MARGIN.left, marginRight: MARGIN.right },
    style: { fontSize: '12px' },
    x: {
      // Where it has no room, the words below say it.
      label: width < LABEL_FROM ? null : 'SOFT minus frozen teacher',
      ...{ labelAnchor: 'center', labelArrow: 'none', labelOffset: 30 },
      ...(width < LABEL_FROM ? { ticks: 5 } : {}),
      tickFormat: (value: number) => signed(value, width < LABEL_FROM ? 1 : 2),
    },
    y: { domain: rows.map(({ name }) => name), label: null, tickSize: 0 },
    marks: [
      plot.ruleX([0], { stroke: 'var(--line-strong)' }),
      plot.ruleY(
        rows.filter(({ low }) => low !== null),
        { y: 'name', x1: 'low', x2: 'high', stroke: fill, strokeWidth: 3 },
      ),
      plot.dot(dots, { x: 'difference', y: 'name', r: 2.5, stroke: 'var(--ink-faint)', strokeOpacity: 0.7 }),
      plot.dot(rows, {
        ...{ x: 'mean', y: 'name', r: 5, fill },
        title: ({ name, words, verdict }: EvidenceRow) => `${name}\n${words}\n${verdict}`,
      }),
    ],
  });
}
