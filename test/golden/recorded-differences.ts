/**
 * @file In what an event of the lab differs from the twin's of the same place: python/bootlace/differences.py's rule, on
 * events as they are stored. A number is measured by its field's name; all else must be the same.
 */
import { isObject, within } from './recorded-files.ts';

export interface Difference {
  /** Path in the event: `samples[3].answer`. */
  readonly at: string;
  readonly recorded: unknown;
  readonly found: unknown;
}

/** A key of within.json, and whether the distance is a share. */
type Measure = readonly [kind: string, isShare: boolean];
const MEASURES: Readonly<Record<string, Measure>> = {
  logprobs: ['log-probability', false],
  labelLogprobs: ['log-probability', false],
  contentFree: ['log-probability', false],
  perplexity: ['perplexity', true],
  loss: ['loss', false],
  gradNorm: ['gradient norm', true],
  tokenEntropy: ['entropy', false],
  learningRate: ['learning rate', true],
};
/** Times are each side's own; adapters are not recorded. */
const PASSED_OVER = ['milliseconds', 'sha256'];

function areNear(a: number, b: number, [kind, isShare]: Measure): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Object.is(a, b);
  const size = Math.abs(a - b) / (isShare ? Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE) : 1);
  return size <= within(kind);
}

export function differences(
  recorded: unknown,
  found: unknown,
  at = '',
  measure?: Measure,
): readonly Difference[] {
  if (Array.isArray(recorded) && Array.isArray(found) && recorded.length === found.length)
    return recorded.flatMap((item, i) => differences(item, found[i], `${at}[${i}]`, measure));
  if (isObject(recorded) && isObject(found)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(found)]);
    return [...names]
      .filter((name) => !PASSED_OVER.includes(name))
      .flatMap((name) =>
        differences(recorded[name], found[name], at === '' ? name : `${at}.${name}`, MEASURES[name]),
      );
  }
  const isSame =
    measure !== undefined && typeof recorded === 'number' && typeof found === 'number'
      ? areNear(recorded, found, measure)
      : Object.is(recorded, found);
  return isSame ? [] : [{ at, recorded, found }];
}
