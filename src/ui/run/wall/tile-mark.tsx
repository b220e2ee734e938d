/** @file One tile by itself, as legends and lists show it. */
import type { ReactNode } from 'react';
import type { Tile } from '../../../analysis/wall.ts';
import { outline } from './geometry.ts';

const SIDE = 11;

export const TILE_CLASS: Readonly<Record<Tile, string>> = {
  right: 'tile-right',
  wrong: 'tile-wrong',
  none: 'tile-none',
  absent: 'tile-absent',
};

export function TileMark({ tile, colour }: { readonly tile: Tile; readonly colour: string }): ReactNode {
  return (
    <svg className="tile-mark" width={SIDE} height={SIDE} aria-hidden="true">
      <path className={TILE_CLASS[tile]} d={outline(tile, SIDE)} style={{ color: colour }} />
    </svg>
  );
}
