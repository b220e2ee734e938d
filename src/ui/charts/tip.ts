/**
 * @file What is said of the mark that is pointed at, beside it and whole within the drawing, wherever the mark lies. Plot's own
 * tip stands above a mark where it fits neither above nor below, and there loses its first lines.
 */
import type { ChannelValueSpec, Dimensions, Markish, RenderFunction } from '@observablehq/plot';
import type { PlotLibrary } from './plot-figure.tsx';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Mark {
  readonly x: number;
  readonly y: number;
}

export interface Beside {
  readonly side: 'above' | 'below' | 'right' | 'left' | 'over';
  readonly left: number;
  readonly top: number;
}

/** Pixels from a mark to what is said of it, around its words, and half of its tail's foot. */
const OFF = 10;
const PADDING = 8;
const FOOT = 6;

const within = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));

/** Where a box stands that neither leaves the frame nor covers the mark; over it where no side has room. */
export function boxBeside({ x, y }: Mark, box: Size, frame: Edges): Beside {
  const left = within(x - box.width / 2, frame.left, frame.right - box.width);
  const top = within(y - box.height / 2, frame.top, frame.bottom - box.height);
  const sides: readonly Beside[] = [
    { side: 'above', left, top: y - OFF - box.height },
    { side: 'below', left, top: y + OFF },
    { side: 'right', left: x + OFF, top },
    { side: 'left', left: x - OFF - box.width, top },
  ];
  const hasRoom = (at: Beside): boolean =>
    at.left >= frame.left &&
    at.top >= frame.top &&
    at.left + box.width <= frame.right &&
    at.top + box.height <= frame.bottom;
  return sides.find(hasRoom) ?? { side: 'over', left, top };
}

/** The outline, its tail at the mark, in pixels from the mark. */
function outline(side: Beside['side'], left: number, top: number, { width, height }: Size): string {
  const [right, bottom] = [left + width, top + height];
  if (side === 'over') return `M${left},${top}H${right}V${bottom}H${left}Z`;
  if (side === 'above' || side === 'below') {
    const [near, far] = side === 'above' ? [bottom, top] : [top, bottom];
    const foot = within(-FOOT, left, right - 2 * FOOT);
    return `M0,0L${foot},${near}H${left}V${far}H${right}V${near}H${foot + 2 * FOOT}Z`;
  }
  const [near, far] = side === 'right' ? [left, right] : [right, left];
  const foot = within(-FOOT, top, bottom - 2 * FOOT);
  return `M0,0L${near},${foot}V${top}H${far}V${bottom}H${near}V${foot + 2 * FOOT}Z`;
}

/** Within the axes where they leave room, else over their words. */
function boxWithin(mark: Mark, box: Size, { width, height, ...margins }: Dimensions): Beside {
  const { marginLeft: left, marginTop: top, marginRight, marginBottom } = margins;
  const axes = { left, top, right: width - marginRight, bottom: height - marginBottom };
  const inner = boxBeside(mark, box, axes);
  return inner.side === 'over'
    ? // Half of its outline lies outside of it.
      boxBeside(mark, box, { left: 1, top: 1, right: width - 1, bottom: height - 1 })
    : inner;
}

/** Where Plot has put the words, they are put anew. */
function putWhole(drawn: SVGElement, mark: Mark, frame: Dimensions): void {
  const path = drawn.querySelector('path');
  const text = drawn.querySelector('text');
  if (path === null || text === null) return;
  const words = text.getBBox();
  const box = { width: Math.ceil(words.width) + 2 * PADDING, height: Math.ceil(words.height) + 2 * PADDING };
  const { side, left, top } = boxWithin(mark, box, frame);
  const [across, down] = [left - mark.x, top - mark.y];
  path.setAttribute('d', outline(side, across, down, box));
  text.setAttribute('transform', `translate(${across + PADDING - words.x},${down + PADDING - words.y})`);
}

const whole: RenderFunction = (index, scales, values, dimensions, context, next) => {
  const drawn = next?.(index, scales, values, dimensions, context) ?? null;
  const [i] = index;
  if (drawn === null || i === undefined) return drawn;
  const mark = { x: Math.round(Number(values.x?.[i] ?? 0)), y: Math.round(Number(values.y?.[i] ?? 0)) };
  // Plot lays its words out in a microtask that it has asked for just now.
  void Promise.resolve().then(() => {
    putWhole(drawn, mark, dimensions);
  });
  return drawn;
};

export interface TipChannels<T> {
  readonly x: ChannelValueSpec;
  readonly y: ChannelValueSpec;
  readonly title: (of: T) => string;
}

/** Plot wraps its words at so many ems, or at the drawing's width. */
const MOST_EMS = 20;

export function tipOver<T>(
  plot: PlotLibrary,
  data: readonly T[],
  width: number,
  channels: TipChannels<T>,
  fontSize = 12.5,
): Markish {
  return plot.tip(
    data,
    plot.pointer({
      ...channels,
      ...{ fill: 'var(--card)', stroke: 'var(--line-strong)', fontSize, lineHeight: 1.25 },
      lineWidth: Math.min(MOST_EMS, (width - 4 * PADDING) / fontSize),
      render: whole,
    }),
  );
}
