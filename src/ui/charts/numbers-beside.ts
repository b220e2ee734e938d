/** @file Small numbers beside marks, each where none stands over another. */

/** Pixels from the mark to its number, the most wanted first; one that stands to the right has them turned about. */
const PLACES = [
  [-12, -6],
  [-12, 10],
  [12, 8],
  [12, -8],
  [0, -15],
  [0, 16],
  [-23, 2],
  [23, 2],
] as const;
/** A number of two digits. */
const WIDE = 15;
const HIGH = 14;

export interface Marked {
  readonly x: number;
  readonly y: number;
  readonly isLeft: boolean;
}

/** Where each number stands, in pixels as its mark. What has no free place is left out: a table beside the picture has it. */
export function besideMarks<T extends Marked>(marks: readonly T[]): readonly T[] {
  const taken: { readonly x: number; readonly y: number }[] = [];
  return marks.flatMap((mark) => {
    const way = mark.isLeft ? 1 : -1;
    const place = PLACES.map(([dx, dy]) => ({ x: mark.x + way * dx, y: mark.y + way * dy })).find(
      ({ x, y }) => taken.every((other) => Math.abs(other.x - x) >= WIDE || Math.abs(other.y - y) >= HIGH),
    );
    if (place === undefined) return [];
    taken.push(place);
    return [{ ...mark, ...place }];
  });
}
