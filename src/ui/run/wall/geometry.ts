/** @file Where the tiles of a wall stand, and the outlines that tell them apart without colour. */
import type { Tile } from '../../../analysis/wall.ts';

export interface Grid {
  /** Pixels from one tile to the next. */
  readonly pitch: number;
  readonly columns: number;
  readonly rows: number;
}

/** A wall of few items is drawn large, one of thousands still so that its outlines differ. */
const LARGEST = 16;
const SMALLEST = 6;
/** Pixels that a wall takes in height, as long as its tiles are not the smallest. */
const HEIGHT = 200;
/** A narrower wall is put below the one before. */
const NARROWEST = 150;
export const GAP = 16;

/** Walls side by side: as many as have room. */
export const wallsAbreast = (width: number, arms: number): number =>
  Math.max(1, Math.min(arms, Math.floor((width + GAP) / (NARROWEST + GAP))));

/** @param width pixels of one wall */
export function gridOf(items: number, width: number): Grid {
  const even = Math.floor(Math.sqrt((width * HEIGHT) / Math.max(1, items)));
  const pitch = Math.min(LARGEST, Math.max(SMALLEST, even));
  const columns = Math.max(1, Math.min(items, Math.floor(width / pitch)));
  return { pitch, columns, rows: Math.ceil(items / columns) };
}

/** The place under a point of the wall; null beside the tiles. */
export function placeAt({ pitch, columns }: Grid, items: number, x: number, y: number): number | null {
  const [column, row] = [Math.floor(x / pitch), Math.floor(y / pitch)];
  const place = row * columns + column;
  return column < 0 || column >= columns || row < 0 || place >= items ? null : place;
}

/** The place that a key leads to; null for a key that leads nowhere. The first key reads the first tile.
 * @param place null where none is read */
export function placeAfter(key: string, place: number | null, grid: Grid, items: number): number | null {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: grid.columns, ArrowUp: -grid.columns }[key];
  if (key === 'Home') return 0;
  if (key === 'End') return items - 1;
  if (step === undefined) return null;
  if (place === null) return 0;
  const to = place + step;
  return to < 0 || to >= items ? place : to;
}

/** Outlines in a square of `side` at (x, y): a whole tile, half of one, a point in its middle, a corner of it. */
const OUTLINES: Readonly<Record<Tile, (x: number, y: number, side: number) => string>> = {
  right: (x, y, side) => `M${x} ${y}h${side}v${side}h${-side}z`,
  wrong: (x, y, side) => `M${x} ${y}l${side} ${side}h${-side}z`,
  none: (x, y, side) => {
    const [inset, dot] = [side * 0.3, side * 0.4];
    return `M${x + inset} ${y + inset}h${dot}v${dot}h${-dot}z`;
  },
  absent: (x, y, side) => `M${x} ${y + side - 1}h${side}v1h${-side}z`,
};

export const outline = (tile: Tile, side: number): string => OUTLINES[tile](0, 0, side);

/** All tiles of one sort as one path: thousands of them are one element.
 * @param tiles in the order of their places */
export function tilesPath(tiles: readonly Tile[], wanted: Tile, { pitch, columns }: Grid): string {
  const side = pitch - (pitch > 8 ? 2 : 1);
  return tiles
    .map((tile, place) =>
      tile === wanted
        ? OUTLINES[tile]((place % columns) * pitch, Math.floor(place / columns) * pitch, side)
        : '',
    )
    .join('');
}
