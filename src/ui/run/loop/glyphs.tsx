/** @file The small pictures in the stations: each drawn from the round's own data. */
import type { ReactNode } from 'react';
import { highest, thinned } from '../../words/excerpt.ts';
import { perplexityScale, perplexityTint } from '../../words/perplexity.ts';
import type { StationView } from './station-view.ts';

/** Of a pixel. */
const tenths = (pixels: number): number => Math.round(10 * pixels) / 10;

/** More than the picture has pixels. */
const MOST_POINTS = 200;
const WIDTH = 84;
const HEIGHT = 34;

function Pool({ values: [k = 4, size = 24] }: { readonly values: readonly number[] }): ReactNode {
  const shown = Math.min(size, 32);
  return Array.from({ length: shown }, (_, i) => (
    <rect
      key={i}
      x={2 + (i % 8) * 10}
      y={2 + Math.floor(i / 8) * 8}
      width="8"
      height="5"
      rx="1"
      fill={i < k ? 'var(--ink)' : 'none'}
      stroke="var(--line-strong)"
    />
  ));
}

function Label({ values }: { readonly values: readonly number[] }): ReactNode {
  const newest = values.slice(-64);
  const scale = perplexityScale(newest);
  return Array.from({ length: 64 }, (_, i) => {
    const perplexity = newest[i];
    return (
      <rect
        key={i}
        x={2 + (i % 16) * 5}
        y={3 + Math.floor(i / 16) * 7}
        width="4"
        height="5"
        rx="1"
        fill={perplexity === undefined ? 'var(--line)' : perplexityTint(perplexity, scale, 100)}
        stroke={perplexity === undefined ? 'none' : 'var(--line-strong)'}
        strokeWidth="0.6"
      />
    );
  });
}

function Filter({ values: [kept = 0, out = 0] }: { readonly values: readonly number[] }): ReactNode {
  const all = kept + out;
  const share = all === 0 ? 1 : kept / all;
  return (
    <>
      <path d="M6 3H78L52 17V31H32V17Z" fill="none" stroke="var(--line-strong)" strokeWidth="1.4" />
      {all > 0 && <rect x="32" y={31 - 13 * share} width="20" height={13 * share} fill="var(--ink-soft)" />}
      {out > 0 && <path d="M60 22l8 8m0-8l-8 8" stroke="var(--ink)" strokeWidth="1.6" />}
    </>
  );
}

function Order({ values }: { readonly values: readonly number[] }): ReactNode {
  const shown =
    values.length === 0 ? [1.2, 1.5, 1.3, 2, 1.4, 1.8, 1.1, 1.6, 2.2, 1.5, 1.2, 1.9] : values.slice(0, 40);
  // Beyond ten thousand, and where it overflowed, a bar is as high as it gets.
  const logs = shown.map((value) => Math.log(Math.max(1, Number.isNaN(value) ? 1e4 : Math.min(1e4, value))));
  const top = Math.max(0.5, ...logs);
  const scale = perplexityScale(shown);
  const step = 80 / shown.length;
  return logs.map((value, i) => {
    const height = 3 + (27 * value) / top;
    return (
      <rect
        key={i}
        x={2 + i * step}
        y={32 - height}
        width={Math.max(1, step - 1)}
        height={height}
        fill={values.length === 0 ? 'var(--line)' : perplexityTint(shown[i] ?? 1, scale, 100)}
        stroke={values.length === 0 ? 'none' : 'var(--line-strong)'}
        strokeWidth="0.5"
      />
    );
  });
}

function Train({ values }: { readonly values: readonly number[] }): ReactNode {
  // A loss that overflowed has no place on the picture.
  const drawn = thinned(
    values.filter((loss) => Number.isFinite(loss)),
    MOST_POINTS,
  );
  const top = highest(drawn, 1e-6);
  const points = drawn.map(
    (loss, i) => `${tenths(2 + (80 * i) / Math.max(1, drawn.length - 1))},${tenths(31 - (28 * loss) / top)}`,
  );
  return (
    <>
      <path d="M2 2V32H82" fill="none" stroke="var(--line-strong)" />
      {drawn.length > 1 && (
        <polyline points={points.join(' ')} fill="none" stroke="var(--ink)" strokeWidth="1.8" />
      )}
    </>
  );
}

function Score({ values }: { readonly values: readonly number[] }): ReactNode {
  const [first, second] = values;
  const now = second ?? first ?? 0;
  return (
    <>
      <rect x="2" y="13" width="80" height="10" rx="2" fill="var(--line)" />
      <rect x="2" y="13" width={80 * now} height="10" rx="2" fill="var(--ink)" />
      {second !== undefined && first !== undefined && (
        <path d={`M${2 + 80 * first} 8V28`} stroke="var(--ink-faint)" strokeWidth="2" />
      )}
    </>
  );
}

const GLYPHS = { pool: Pool, label: Label, filter: Filter, order: Order, train: Train, score: Score };

export function Glyph({ station }: { readonly station: StationView }): ReactNode {
  const Picture = GLYPHS[station.id];
  return (
    <svg
      className="glyph"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <Picture values={station.values} />
    </svg>
  );
}
