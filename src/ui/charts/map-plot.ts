/**
 * @file The map: across the errors that a base makes under most draws of demonstrations, up those that vary; a mark is a
 * task with a setting, by what its teacher gained; shaded where the fit tells more than it is off by.
 */
import type { Markish } from '@observablehq/plot';
import { LEAST } from '../../analysis/paired.ts';
import type { ErrorShares } from '../../analysis/error-map.ts';
import { gainOf } from '../../analysis/error-map.ts';
import type { MapCell, MapFile } from '../../analysis/map-file.ts';
import { isUseful, toldAt } from '../../analysis/map-file.ts';
import { formatShare, formatSpread, signed } from '../../core/figures.ts';
import { plural } from '../../core/plural.ts';
import { interval } from '../../metrics/statistics.ts';
import type { PlotLibrary } from './plot-figure.tsx';
import { tipOver } from './tip.ts';

const COLUMNS = 24;
/** From this gain or loss on the shade grows no darker. */
const DARK = 0.15;
const MOST_SHADE = 0.4;
const STEP = 0.1;

export const GAIN = 'var(--arm-soft)';
export const LOSS = 'var(--arm-soft-plus)';

export interface OwnPlace {
  /** Its kinds of errors; null before they were asked for. */
  readonly shares: ErrorShares | null;
  /** Its base's few-shot accuracy, where one draw of demonstrations alone is known; null without. */
  readonly accuracy: number | null;
  /** What the run's own teacher came to beside the frozen one's; null before, or of another setup. */
  readonly gain: number | null;
}

type Kind = 'gain' | 'loss' | 'small';
export const kindOf = (cell: Pick<MapCell, 'gains'>): Kind => {
  const gain = gainOf(cell);
  return Math.abs(gain) <= LEAST ? 'small' : gain > 0 ? 'gain' : 'loss';
};

/** Every run a cell of its own: of one seed. */
export const byRun = (cells: readonly MapCell[]): readonly MapCell[] =>
  cells.flatMap((cell) => cell.gains.map((gain) => ({ ...cell, gains: [gain] })));

const ceiling = (values: readonly number[]): number =>
  Math.min(1, STEP * Math.ceil(Math.max(STEP, ...values) / STEP));

/** Up to where it is drawn: all that was measured, and the own place. */
export function reachOf({ cells }: Pick<MapFile, 'cells'>, { shares }: OwnPlace): readonly [number, number] {
  const all = [...cells, ...(shares === null ? [] : [shares])];
  return [ceiling(all.map(({ systematic }) => systematic)), ceiling(all.map(({ varying }) => varying))];
}

/** Pixels from a base to the marks that stand around it, where a ring holds them. */
const APART = 8.5;
/** More are packed as a sunflower packs its seeds, each with as much room. */
const MOST_IN_RING = 6;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
const PACKED = 4.4;
const MARGINS = { marginTop: 12, marginRight: 16, marginBottom: 42, marginLeft: 62 } as const;

/** A cell, and where its mark stands: in its place, or around it where it has the place with others. */
export type Placed = MapCell & { readonly x: number; readonly y: number; readonly isShared: boolean };

/** Where the i-th of several marks stands, in pixels from their base. */
function around(i: number, count: number): readonly [across: number, up: number] {
  const isRing = count <= MOST_IN_RING;
  const angle = isRing ? (2 * Math.PI * i) / count : i * GOLDEN_ANGLE;
  const radius = isRing ? APART : PACKED * Math.sqrt(i + 0.5);
  return [radius * Math.sin(angle), radius * Math.cos(angle)];
}

/** Settings of one task at one k have one base, so one place: their marks stand around it, the greatest gain on top and on
 * clockwise, or from the middle outwards where they are many.
 * @param unit what a pixel is along either axis */
export function setApart(
  cells: readonly MapCell[],
  [across, up]: readonly [number, number],
): readonly Placed[] {
  const baseOf = ({ systematic, varying }: MapCell): string => `${systematic} ${varying}`;
  const bases = [...new Set(cells.map(baseOf))].map((base) => cells.filter((cell) => baseOf(cell) === base));
  return bases.flatMap((own) =>
    own
      .toSorted((a, b) => gainOf(b) - gainOf(a))
      .map((cell, i) => {
        const { systematic: x, varying: y } = cell;
        if (own.length === 1) return { ...cell, x, y, isShared: false };
        const [right, above] = around(i, own.length);
        return { ...cell, x: x + right * across, y: y + above * up, isShared: true };
      }),
  );
}

function shades(plot: PlotLibrary, file: MapFile, [wide, high]: readonly [number, number]): Markish[] {
  if (!isUseful(file)) return [];
  const rows = Math.round(COLUMNS * 0.75);
  const tiles = Array.from({ length: COLUMNS * rows }, (_, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
    const [x1, y1] = [(wide * column) / COLUMNS, (high * row) / rows];
    const [x2, y2] = [(wide * (column + 1)) / COLUMNS, (high * (row + 1)) / rows];
    const place = { systematic: (x1 + x2) / 2, varying: (y1 + y2) / 2, accuracy: 0 };
    return { x1, x2, y1, y2, ...toldAt(file, place) };
  }).filter(({ says }) => says !== 'nothing');
  type Tile = (typeof tiles)[number];
  return [
    plot.rect(tiles, {
      ...{ x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2' },
      fill: ({ says }: Tile) => (says === 'gain' ? GAIN : LOSS),
      fillOpacity: ({ gain }: Tile) => MOST_SHADE * Math.min(1, Math.abs(gain) / DARK),
    }),
  ];
}

export const tipText =
  (file: MapFile) =>
  (cell: MapCell): string =>
    [
      // In short lines: a narrow map has no more room.
      `${cell.task}, ${cell.setting}`,
      cell.model,
      `always wrong ${formatShare(cell.systematic)}`,
      `else wrong ${formatShare(cell.varying)}`,
      cell.gains.length === 1
        ? `this run’s gain ${signed(gainOf(cell))}`
        : `gain ${signed(gainOf(cell))}${formatSpread(interval(cell.gains).halfWidth)}`,
      `told ${signed(toldAt(file, cell).gain)}`,
      ...(cell.gains.length === 1
        ? []
        : [`of ${plural(cell.gains.length, 'seed')}: ${cell.gains.map((gain) => signed(gain)).join(' ')}`]),
    ].join('\n');

function marksOf(plot: PlotLibrary, cells: readonly Placed[], isByRun: boolean): Markish[] {
  const at = { x: 'x', y: 'y' };
  const [small, large] = isByRun ? [1.75, 2.75] : [3, 4.5];
  const only = (kind: Kind) => cells.filter((cell) => kindOf(cell) === kind);
  const edge = { stroke: 'var(--card)', strokeWidth: 0.75 };
  // Packed marks cover the middle.
  const shared = isByRun ? [] : cells.filter(({ isShared }) => isShared);
  return [
    plot.dot(shared, { x: 'systematic', y: 'varying', r: 1.5, fill: 'var(--ink-faint)' }),
    plot.dot(only('small'), { ...at, r: small, stroke: 'var(--ink-faint)', strokeWidth: 1.25 }),
    plot.dot(only('loss'), { ...at, symbol: 'triangle', rotate: 180, r: large, fill: LOSS, ...edge }),
    plot.dot(only('gain'), { ...at, symbol: 'triangle', r: large, fill: GAIN, ...edge }),
  ];
}

/** Of one draw only the sum is known: all places that come to it. */
function sameAccuracy(plot: PlotLibrary, accuracy: number, [wide]: readonly [number, number]): Markish[] {
  const points = Array.from({ length: 41 }, (_, i) => (i * Math.min(wide, 1 - accuracy)) / 40).map((x) => ({
    x,
    y: x === 1 ? 0 : Math.max(0, 1 - accuracy / (1 - x)),
  }));
  return [
    plot.lineY(points, {
      ...{ x: 'x', y: 'y', stroke: 'var(--ink)', strokeWidth: 1.5, strokeDasharray: '2 4', clip: true },
    }),
  ];
}

function ownMarks(plot: PlotLibrary, { shares, accuracy, gain }: OwnPlace, reach: readonly [number, number]) {
  if (shares === null) return accuracy === null ? [] : sameAccuracy(plot, accuracy, reach);
  const at = { x: 'systematic', y: 'varying' };
  return [
    plot.dot([shares], { ...at, r: 9, stroke: 'var(--ink)', strokeWidth: 2.5 }),
    plot.text([shares], {
      ...{
        ...at,
        text: () => (gain === null ? 'yours' : `yours: ${signed(gain)}`),
        dy: -17,
        fontWeight: 650,
        fontSize: 12.5,
      },
      ...{ fill: 'var(--ink)', stroke: 'var(--card)', strokeWidth: 4 },
    }),
  ];
}

export function drawMap(
  file: MapFile,
  own: OwnPlace,
  isByRun: boolean,
  plot: PlotLibrary,
  width: number,
  height: number,
): Element {
  const reach = reachOf(file, own);
  const { marginTop, marginRight, marginBottom, marginLeft } = MARGINS;
  const unit = [
    reach[0] / Math.max(1, width - marginLeft - marginRight),
    reach[1] / Math.max(1, height - marginTop - marginBottom),
  ] as const;
  const cells = setApart(isByRun ? byRun(file.cells) : file.cells, unit);
  const axis = {
    ...({ ticks: 5, grid: true, tickSize: 0, labelArrow: 'none', labelAnchor: 'center' } as const),
    tickFormat: (value: number) => formatShare(value),
  };
  return plot.plot({
    ...{ width, height, ...MARGINS },
    style: { fontSize: '12px', overflow: 'visible' },
    x: { ...axis, domain: [0, reach[0]], label: 'wrong under most draws', labelOffset: 38, tickPadding: 9 },
    y: { ...axis, domain: [0, reach[1]], label: 'else wrong, varying', labelOffset: 56 },
    marks: [
      ...shades(plot, file, reach),
      ...marksOf(plot, cells, isByRun),
      ...ownMarks(plot, own, reach),
      tipOver(plot, cells, width, { x: 'x', y: 'y', title: tipText(file) }),
    ],
  });
}
