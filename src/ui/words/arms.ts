/**
 * @file What each arm looks like, everywhere the same, as its method's entry says: a colour (design/arms.css), a mark and a
 * dash, so that no arm is told by its colour alone.
 */
import type { MethodLook, MethodName } from '../../words/methods.ts';
import { methodOf } from '../../words/methods.ts';

/** Its colour a CSS one. */
export function lookOf(method: MethodName): MethodLook {
  const { look } = methodOf(method);
  return { ...look, colour: `var(--arm-${look.colour})` };
}

/** An arm as people read it: its method's title, unless it was given a name of its own. */
export const armTitle = (name: string, method: MethodName): string =>
  name === method ? methodOf(method).title : name;
