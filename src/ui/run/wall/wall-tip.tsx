/** @file The item that is pointed at: its text, the right answer, what each arm said to it and how it went by round. */
import type { ReactNode } from 'react';
import { useLayoutEffect, useRef } from 'react';
import { ArmKey } from '../../charts/arm-key.tsx';
import { lookOf } from '../../words/arms.ts';
import { excerpt } from '../../words/excerpt.ts';
import { TileMark } from './tile-mark.tsx';
import type { ArmWall, Walls } from './wall-data.ts';
import { roundOfWall } from './wall-data.ts';

/** Pixels between a tile and what is said of it, and between that and the window's edge. */
const OFF = 10;

const shown = (answer: string): string => (answer === '' ? '(empty)' : excerpt(answer, 60));

interface SaidProps {
  readonly item: number;
  readonly round: number;
  /** What each tile means. */
  readonly words: Readonly<Record<string, string>>;
}

function Said({ arm, item, round, words }: SaidProps & { readonly arm: ArmWall }): ReactNode {
  const { method, nth, title, rounds } = arm;
  const { colour } = lookOf(arm);
  const now = roundOfWall(arm, round);
  const tile = now?.tiles[item] ?? 'absent';
  return (
    <li>
      <ArmKey {...{ method, nth }} />
      <span>{title}</span>
      <span className="wall-path" aria-hidden="true">
        {rounds.map((one) => (
          <span key={one.round} className={one.round === round ? 'is-now' : ''}>
            <TileMark tile={one.tiles[item] ?? 'absent'} colour={colour} />
          </span>
        ))}
      </span>
      {tile === 'absent' ? (
        <span className="faint">not scored in this round</span>
      ) : (
        <span>
          <b>{shown(now?.answers[item] ?? '')}</b> <span className="soft">{words[tile]}</span>
        </span>
      )}
    </li>
  );
}

export interface WallTipProps extends SaidProps {
  readonly walls: Walls;
  /** The tile, in the window. */
  readonly tile: DOMRect;
}

export function WallTip({ walls, item, tile, ...said }: WallTipProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tip = host.current;
    if (tip === null) return;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.max(OFF, Math.min(tile.left, window.innerWidth - width - OFF));
    const below = tile.bottom + OFF;
    // Above the tile where there is no room under it.
    const top = below + height + OFF > window.innerHeight ? tile.top - height - OFF : below;
    tip.style.left = `${left}px`;
    tip.style.top = `${Math.max(OFF, top)}px`;
  });
  const row = walls.items[item];
  if (row === undefined) return null;
  return (
    <div ref={host} className="wall-tip">
      <p>
        {excerpt(row.input, 240)} <span className="soft">The key:</span> <b>{excerpt(row.output, 60)}</b>
      </p>
      <ul>
        {walls.arms.map((arm) => (
          <Said key={arm.cell.key} {...{ arm, item, ...said }} />
        ))}
      </ul>
    </div>
  );
}
