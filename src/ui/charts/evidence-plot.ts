/** @file Paired differences of what ships: a row for each task and model, a dot for each seed, the mean with its interval. */
import type { EvidenceLine } from '../../analysis/evidence.ts';
import { differenceText, verdictOf } from '../../analysis/evidence.ts';
import { signed } from '../../core/figures.ts';
import type { PlotLibrary } from './plot-figure.tsx';

const MARGIN = { top: 4, bottom: 34, left: 178, right: 14 };
const ROW = 24;
const LABEL_FROM = 400;
export const evidenceHeight = (lines: readonly EvidenceLine[]): number =>
  MARGIN.top + MARGIN.bottom + ROW * lines.length;

/** A task may stand there with other seeds too. */
const nameOf = ({ task, model, isShipped, seeds }: EvidenceLine): string =>
  `${task}${isShipped ? '' : `, ${model}`} (${seeds[0] ?? ''}–${seeds.at(-1) ?? ''})`;

export function drawEvidence(
  lines: readonly EvidenceLine[],
  plot: PlotLibrary,
  width: number,
  height: number,
): Element {
  const rows = lines.map((line) => ({ line, name: nameOf(line), verdict: verdictOf(line) }));
  const dots = rows.flatMap(({ line, name }) =>
    line.differences.map((difference, i) => ({ name, difference, seed: line.seeds[i] ?? 0 })),
  );
  const fill = ({ verdict }: { readonly verdict: string }) =>
    verdict === 'shown' ? 'var(--arm-soft)' : 'var(--ink-faint)';
  return plot.plot({
    ...{ width, height, marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
    ...{ marginLeft: MARGIN.left, marginRight: MARGIN.right },
    style: { fontSize: '12px' },
    x: {
      // Where it has no room, the words below say it.
      label: width < LABEL_FROM ? null : 'SOFT minus frozen teacher',
      ...{ labelAnchor: 'center', labelArrow: 'none', labelOffset: 30 },
      tickFormat: (value: number) => signed(value, 2),
    },
    y: { domain: rows.map(({ name }) => name), label: null, tickSize: 0 },
    marks: [
      plot.ruleX([0], { stroke: 'var(--line-strong)' }),
      plot.ruleY(
        rows.filter(({ line }) => line.halfWidth !== null),
        {
          y: 'name',
          x1: ({ line }: (typeof rows)[number]) => line.mean - (line.halfWidth ?? 0),
          x2: ({ line }: (typeof rows)[number]) => line.mean + (line.halfWidth ?? 0),
          stroke: fill,
          strokeWidth: 3,
        },
      ),
      plot.dot(dots, { x: 'difference', y: 'name', r: 2.5, stroke: 'var(--ink-faint)', strokeOpacity: 0.7 }),
      plot.dot(rows, {
        ...{ x: ({ line }: (typeof rows)[number]) => line.mean, y: 'name', r: 5, fill },
        title: ({ line, name, verdict }: (typeof rows)[number]) =>
          `${name}\n${differenceText(line)}, ${line.seeds.length} seeds\n${verdict}`,
      }),
    ],
  });
}
