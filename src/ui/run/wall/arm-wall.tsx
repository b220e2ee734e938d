/** @file The wall of one arm in one round: a single drawing of all tiles, read with the pointer or the arrow keys. */
import type { ReactNode } from 'react';
import { memo, useRef } from 'react';
import type { Tile } from '../../../analysis/wall.ts';
import { TILES } from '../../../analysis/wall.ts';
import type { Grid } from './geometry.ts';
import { placeAfter, placeAt, tilesPath } from './geometry.ts';
import { TILE_CLASS } from './tile-mark.tsx';

/** A tile that is read. */
export interface Read {
  readonly place: number;
  /** Where it stands in the window. */
  readonly tile: DOMRect;
  /** It was reached by keys: it is said aloud. */
  readonly isByKeys: boolean;
}

export interface ArmWallProps {
  /** What it shows, in words. */
  readonly label: string;
  readonly tiles: readonly Tile[];
  readonly grid: Grid;
  readonly colour: string;
  /** The place that is read, here or in another arm's wall; null for none. */
  readonly place: number | null;
  readonly onRead: (read: Read | null) => void;
  readonly onFollow: (place: number) => void;
}

/** Drawn again only where a tile has changed, not for every one that is pointed at. */
const Tiles = memo(function Tiles({ tiles, grid }: Pick<ArmWallProps, 'tiles' | 'grid'>): ReactNode {
  return TILES.map((tile) => (
    <path key={tile} className={TILE_CLASS[tile]} d={tilesPath(tiles, tile, grid)} />
  ));
});

export function ArmWall(props: ArmWallProps): ReactNode {
  const { label, tiles, grid, colour, place, onRead, onFollow } = props;
  const { pitch, columns, rows } = grid;
  const host = useRef<HTMLButtonElement>(null);
  /** Where a finger went down: the second time on the same tile follows it. */
  const touched = useRef<number | null>(null);
  const read = (at: number | null, isByKeys: boolean) => {
    const box = host.current?.getBoundingClientRect();
    if (at === null || box === undefined) {
      onRead(null);
      return;
    }
    const [x, y] = [box.left + (at % columns) * pitch, box.top + Math.floor(at / columns) * pitch];
    onRead({ place: at, tile: new DOMRect(x, y, pitch, pitch), isByKeys });
  };
  const under = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }) => {
    const box = host.current?.getBoundingClientRect();
    return box === undefined ? null : placeAt(grid, tiles.length, clientX - box.left, clientY - box.top);
  };
  return (
    <button
      ref={host}
      type="button"
      className="arm-wall"
      aria-label={label}
      onPointerMove={(event) => {
        if (event.pointerType === 'mouse') read(under(event), false);
      }}
      onPointerLeave={({ pointerType }) => {
        if (pointerType === 'mouse') onRead(null);
      }}
      onFocus={({ currentTarget }) => {
        if (currentTarget.matches(':focus-visible')) read(place ?? 0, true);
      }}
      onBlur={() => {
        onRead(null);
      }}
      onPointerUp={(event) => {
        const at = under(event);
        const isFirstTouch = event.pointerType !== 'mouse' && touched.current !== at;
        touched.current = at;
        if (at !== null && event.button === 0 && !isFirstTouch) onFollow(at);
        else read(at, false);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          if (place !== null) onFollow(place);
          return;
        }
        if (event.key === 'Escape') onRead(null);
        const next = placeAfter(event.key, place, grid, tiles.length);
        if (next === null) return;
        event.preventDefault();
        read(next, true);
      }}
    >
      <svg width={columns * pitch} height={rows * pitch} style={{ color: colour }} aria-hidden="true">
        <Tiles tiles={tiles} grid={grid} />
        {place !== null && (
          <rect
            className="tile-read"
            x={(place % columns) * pitch - 1.5}
            y={Math.floor(place / columns) * pitch - 1.5}
            width={pitch + 1}
            height={pitch + 1}
          />
        )}
      </svg>
    </button>
  );
}
