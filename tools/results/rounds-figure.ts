/**
 * @file docs/rounds.svg: of SOFT and its frozen teacher, as they are and with mixed training, what the student of each round scores
 * zero-shot and few-shot on the same test items, and how many of the labels that it learnt from were right. Seeds as thin
 * lines, their mean as a thick one.
 */
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { formatScore } from '../../src/core/figures.ts';
import { mean } from '../../src/metrics/metric.ts';
import { metricOf } from './last-score.ts';
import type { Measured } from './study.ts';

const PANEL = { width: 200, height: 130 };
const PLOT = { left: 26, right: 10, top: 8, bottom: 28 };
const MARGIN = { left: 140, top: 58, bottom: 8 };
const INK = { text: '#1b1f23', soft: '#59636e', line: '#d1d9e0', paper: '#ffffff' };

/** Told apart by dashes too. */
const LINES = [
  { says: 'student, zero-shot', colour: '#0b5fa5', dash: '' },
  { says: 'student, few-shot', colour: '#b34700', dash: '6 3' },
  { says: 'labels right, on prompts', colour: '#59636e', dash: '2 3' },
] as const;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

type BySeed = ReadonlyMap<number, ReadonlyMap<number, number>>;

function bySeed(rows: readonly ResultRow[], isWanted: (row: ResultRow) => boolean): BySeed {
  const seeds = new Map<number, Map<number, number>>();
  for (const row of rows.filter(isWanted)) {
    const rounds = seeds.get(row.seed) ?? new Map<number, number>();
    seeds.set(row.seed, rounds.set(row.round, row.value));
  }
  return seeds;
}

function pathOf(points: readonly (readonly [round: number, value: number])[], last: number): string {
  const width = PANEL.width - PLOT.left - PLOT.right;
  const height = PANEL.height - PLOT.top - PLOT.bottom;
  return points
    .toSorted(([a], [b]) => a - b)
    .map(([round, value], i) => {
      const [x, y] = [PLOT.left + (width * round) / last, PLOT.top + height * (1 - value)];
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join('');
}

function curves(seeds: BySeed, last: number, { colour, dash }: (typeof LINES)[number]): string {
  const rounds = [...new Set([...seeds.values()].flatMap((own) => [...own.keys()]))];
  // Of other seeds than the first round's, a mean would move by who is in it.
  const whole = [...seeds.values()].filter((own) => rounds.every((round) => own.has(round)));
  const means = rounds.map((round) => [round, mean(whole.map((own) => own.get(round) ?? 0))] as const);
  const stroke = `fill="none" stroke="${colour}"`;
  const thin = whole.map(
    (own) => `<path d="${pathOf([...own], last)}" ${stroke} stroke-width="1" stroke-opacity="0.22"/>`,
  );
  if (whole.length === 0) return '';
  return `${thin.join('')}<path d="${pathOf(means, last)}" ${stroke} stroke-width="2.5" stroke-dasharray="${dash}"/>`;
}

function panel(rows: readonly ResultRow[], last: number, metric: string): string {
  const [left, right] = [PLOT.left, PANEL.width - PLOT.right];
  const height = PANEL.height - PLOT.top - PLOT.bottom;
  const grid = [0, 0.5, 1].map((value) => {
    const y = PLOT.top + height * (1 - value);
    return `<path d="M${left},${y}H${right}" stroke="${INK.line}"/><text x="${left - 4}" y="${y + 4}" text-anchor="end" fill="${INK.soft}">${formatScore(value).slice(0, 3)}</text>`;
  });
  const ticks = Array.from({ length: last + 1 }, (_, round) => {
    const x = left + ((right - left) * round) / last;
    return `<text x="${x}" y="${PANEL.height - PLOT.bottom + 15}" text-anchor="middle" fill="${INK.soft}">${round === 0 ? 'base' : round}</text>`;
  });
  const of = (mode: string | null, split: string, name: string) => (row: ResultRow) =>
    row.mode === mode && row.split === split && row.metric === name;
  const wanted = [
    of('zero-shot', 'test', metric),
    of('few-shot', 'test', metric),
    of(null, 'prompts', 'self_label_accuracy'),
  ];
  const drawn = LINES.map((line, i) => curves(bySeed(rows, wanted[i] ?? (() => false)), last, line));
  return [...grid, ...ticks, ...drawn].join('');
}

const DRAWN = [
  ['soft', 'SOFT'],
  ['frozen-teacher', 'its frozen teacher'],
  ['soft-mixed', 'SOFT, mixed training'],
  ['frozen-mixed', 'frozen teacher, mixed'],
] as const;

export const hasMixed = ({ study: { arms } }: Measured): boolean => DRAWN.every(([arm]) => arms.has(arm));

/** @param studies that have all four arms @returns SVG */
export function roundsFigure(studies: readonly Measured[]): string {
  const rows = studies.flatMap(({ study, rows: own }) =>
    [...study.tasks.keys()].map((task) => ({
      name: [task, study.model],
      rounds: Math.max(1, ...own.map(({ round }) => round)),
      metric: metricOf(own, study)(task),
      rows: own.filter((row) => row.task === task),
    })),
  );
  const width = MARGIN.left + PANEL.width * DRAWN.length;
  const height = MARGIN.top + PANEL.height * rows.length + MARGIN.bottom;
  const legend = LINES.map(
    ({ says, colour, dash }, i) =>
      `<path d="M${12 + 230 * i},16h30" stroke="${colour}" stroke-width="2.5" stroke-dasharray="${dash}"/><text x="${48 + 230 * i}" y="20" fill="${INK.text}">${says}</text>`,
  );
  const heads = DRAWN.map(
    ([, says], i) =>
      `<text x="${MARGIN.left + PANEL.width * i + PLOT.left}" y="${MARGIN.top - 10}" font-weight="600" fill="${INK.text}">${says}</text>`,
  );
  const panels = rows.flatMap(({ name: [task = '', model = ''], rounds, metric, rows: own }, y) => {
    const top = MARGIN.top + PANEL.height * y;
    const seeds = new Set(own.map(({ seed }) => seed)).size;
    const title = `<text x="12" y="${top + 44}" font-weight="600" fill="${INK.text}">${escaped(task)}</text><text x="12" y="${top + 60}" fill="${INK.soft}">${escaped(model)}</text><text x="12" y="${top + 76}" fill="${INK.soft}">${seeds} seeds</text>`;
    return [
      title,
      ...DRAWN.map(
        ([arm], x) =>
          `<g transform="translate(${MARGIN.left + PANEL.width * x},${top})">${panel(
            own.filter((row) => row.arm === arm),
            rounds,
            metric,
          )}</g>`,
      ),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11" role="img"><title>Students zero-shot and few-shot, and labels right, by round</title><rect width="${width}" height="${height}" fill="${INK.paper}"/>${[...legend, ...heads, ...panels].join('\n')}</svg>\n`;
}
