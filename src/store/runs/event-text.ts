/**
 * @file A run's lasting events as lines of JSON, in a run's file and in the runner's logs alike. Numbers that are not finite
 * are kept (a loss that overflowed, the log of a chance of 0). Where an adapter's weights stand is each place's own.
 */
import type { LabError } from '../../core/errors.ts';
import type { Shape } from '../../core/shape.ts';
import { fault, is } from '../../core/shape.ts';
import type { Adapter } from '../../lora/config.ts';
import type { LastingEvent } from '../../words/events.ts';

const NUMBER = '$number';

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { [NUMBER]: String(value) } : value;
}
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, NUMBER)) return value;
  const word: unknown = Reflect.get(value, NUMBER);
  return word === 'NaN' || word === 'Infinity' || word === '-Infinity' ? Number(word) : value;
}

export const toJson = (value: unknown): string => JSON.stringify(value, plain);
/** @throws SyntaxError for text that is no JSON. */
export const fromJson = (json: string): unknown => JSON.parse(json, revive);

/** @param packed what stands in the adapter's place */
export function textOfEvent(event: LastingEvent, packed: (adapter: Adapter) => object): string {
  if (event.type !== 'trained') return toJson(event);
  return toJson({ ...event, adapter: packed(event.adapter) });
}

/** What comes from anywhere, as the shape says. @throws what `refused` makes of the reason */
export function readText<T>(
  shape: Shape<T>,
  text: string,
  refused: (why: string, cause?: unknown) => LabError,
): T {
  let value: unknown;
  try {
    value = fromJson(text);
  } catch (cause) {
    throw refused(' is no JSON', cause);
  }
  if (is(shape, value)) return value;
  throw refused(`: ${fault(shape, value) ?? 'refused'}`);
}
