/**
 * @file What each arm looks like, everywhere the same, as its method's entry says: a colour (design/arms.css), a mark and a
 * dash, so that no arm is told by its colour alone. Arms of one method share its colour and the shape of its mark.
 */
import type { MethodLook, MethodName } from '../../words/methods.ts';
import { methodOf } from '../../words/methods.ts';

/** What an arm's look hangs on. */
export interface Looked {
  readonly method: MethodName;
  /** Which of its run's arms of this method it is, from 0. */
  readonly nth: number;
}

export interface ArmLook extends MethodLook {
  /** The mark is an outline. */
  readonly isOpen: boolean;
}

/** Of the second arm of a method, the third and so on. */
const FURTHER_DASHES: readonly string[] = ['9 2 2 2', '2 2', '5 2 1 2 1 2', '12 4'];

/** Its colour a CSS one. */
export function lookOf({ method, nth }: Looked): ArmLook {
  const { look } = methodOf(method);
  const own = { ...look, colour: `var(--arm-${look.colour})` };
  const isOpen = nth > 0 || look.mark === 'times' || look.mark === 'plus';
  return { ...own, isOpen, dash: FURTHER_DASHES[(nth - 1) % FURTHER_DASHES.length] ?? look.dash };
}

/** How a mark is filled and stroked, on a card. */
export const markPaint = ({ colour, mark, isOpen }: ArmLook) => {
  if (!isOpen) return { fill: colour, stroke: 'var(--card)', strokeWidth: 1 };
  const isOfLines = mark === 'times' || mark === 'plus';
  return { fill: isOfLines ? 'none' : 'var(--card)', stroke: colour, strokeWidth: 2 };
};

/** Of a mark that others lie on: its outline alone looks out. */
export const outlinePaint = ({ colour, mark }: ArmLook) =>
  ({
    fill: mark === 'times' || mark === 'plus' ? 'none' : 'var(--card)',
    stroke: colour,
    strokeWidth: 1.75,
  }) as const;

/** @param arms of one run, in its order; names may come again */
export function lookedArms<T extends { readonly name: string; readonly method: MethodName }>(
  arms: Iterable<T>,
): readonly (T & Looked)[] {
  const distinct = [...new Map([...arms].map((arm) => [arm.name, arm])).values()];
  return distinct.map((arm, i) => ({
    ...arm,
    nth: distinct.slice(0, i).filter(({ method }) => method === arm.method).length,
  }));
}
