/** @file An arm's line and mark, as it stands in every chart, list and legend. */
import type { ReactNode } from 'react';
import type { MethodLook } from '../../words/methods.ts';
import type { Looked } from '../words/arms.ts';
import { lookOf, markPaint } from '../words/arms.ts';
import './arm-key.css';

const POINTS: Readonly<Record<MethodLook['mark'], string>> = {
  circle: 'M4 0a4 4 0 1 1-8 0a4 4 0 1 1 8 0z',
  square: 'M-3.5-3.5h7v7h-7z',
  triangle: 'M0-4.6L4.2 3H-4.2z',
  diamond: 'M0-5L3.4 0L0 5L-3.4 0z',
  star: 'M0-5L1.5-1.6L5-1.4L2.3.9L3.2 4.4L0 2.5L-3.2 4.4L-2.3.9L-5-1.4L-1.5-1.6z',
  cross: 'M-1.4-4.2h2.8v2.8h2.8v2.8h-2.8v2.8h-2.8v-2.8h-2.8v-2.8h2.8z',
  wye: 'M-1.2 4.4V.7L-4.2-1.2L-3-3.3L0-1.5L3-3.3L4.2-1.2L1.2.7V4.4z',
  times: 'M-3.5-3.5L3.5 3.5M-3.5 3.5L3.5-3.5',
  plus: 'M0-4.4V4.4M-4.4 0H4.4',
};

export function ArmKey(arm: Looked): ReactNode {
  const look = lookOf(arm);
  const { colour, mark, dash } = look;
  return (
    <svg className="arm-key" width="28" height="12" viewBox="-14 -6 28 12" aria-hidden="true">
      <line x1="-14" x2="14" stroke={colour} strokeWidth="2" strokeDasharray={dash} />
      <path d={POINTS[mark]} {...markPaint(look)} />
    </svg>
  );
}
