import { describe, expect, it } from 'vitest';
import {
  array,
  count,
  exactly,
  holding,
  object,
  optional,
  tagged,
  text,
  textWithin,
  unboundedOr,
  wholeWithin,
  within,
} from '../../src/protocol/shape.ts';
import { loadRequest } from '../../src/protocol/words.ts';

interface Named {
  readonly name: string;
  readonly constructor?: unknown;
  readonly note?: string;
}
const named = object<Pick<Named, 'name' | 'note'>>({ name: text, note: optional(text) });

describe('an object', () => {
  it('has its fields of its own: what every object inherits was never sent', () => {
    expect(object<{ readonly toString: string }>({ toString: text }).fault({}, '')).toBe('toString: missing');
    expect(named.fault(Object.create({ name: 'x' }), 'it')).toBe('it.name: missing');
    expect(named.is({ name: 'x' })).toBe(true);
    expect(named.is(Object.assign(Object.create(null), { name: 'x' }))).toBe(true);
  });

  it.each(['constructor', '__proto__', 'hasOwnProperty'])(
    'with a field "%s" of its own is refused by it',
    (name) => {
      const value: unknown = JSON.parse(`{"name": "x", ${JSON.stringify(name)}: null}`);
      expect(named.fault(value, 'it')).toBe(`it.${name}: no such field`);
    },
  );

  it('that stands where another thing should is named without being asked who made it', () => {
    expect(text.fault({ constructor: null }, 'it')).toBe('it: expected text, found an object');
    expect(text.fault(Object.create(null), 'it')).toBe('it: expected text, found an object');
    expect(text.fault(new Date(0), 'it')).toBe('it: expected text, found a Date');
  });

  it('is told apart by a tag of its own', () => {
    const shape = tagged<{ readonly kind: 'a' }, 'kind'>('kind', { a: object({ kind: exactly('a') }) });
    expect(shape.fault(Object.create({ kind: 'a' }), '')).toMatch(/^kind: expected one of a/);
    expect(shape.fault({ kind: 'constructor' }, '')).toMatch(/^kind: expected one of a, found "constructor"/);
  });

  it('of the platform has the fields of its kind: a File is one', () => {
    const files = [{ path: 'config.json', file: new File(['{}'], 'config.json') }];
    const request = { source: { kind: 'files', label: 'picked', files }, backend: 'auto' };
    expect(loadRequest.fault(request, '')).toBeNull();
  });
});

describe('bounds', () => {
  it('are both included, and are named', () => {
    expect([within(0, 1).is(0), within(0, 1).is(1), within(0, 1).is(1.1), within(0, 1).is(NaN)]).toEqual([
      ...[true, true, false, false],
    ]);
    expect(wholeWithin(1, 3).fault(2.5, 'k')).toBe('k: expected a whole number from 1 to 3, found 2.5');
    expect([unboundedOr(0, 1).is(NaN), unboundedOr(0, 1).is(Infinity), unboundedOr(0, 1).is(2)]).toEqual([
      ...[true, true, false],
    ]);
    expect(textWithin(3, 1).fault('abcd', 'n')).toBe('n: expected text of 1 to 3 characters, found 4');
    expect(textWithin(3).fault(4, 'n')).toBe('n: expected text, found 4');
    expect(array(count, 2).fault([1, 2, 3], 'l')).toBe('l: expected an array of at most 2, found one of 3');
    const even = holding(count, (value, path) => (value % 2 === 0 ? null : `${path}: odd`));
    expect([even.fault(2, 'e'), even.fault(3, 'e'), even.fault('x', 'e')]).toEqual([
      ...[null, 'e: odd', 'e: expected a whole number >= 0, found "x"'],
    ]);
  });

  it('keep what a message repeats of foreign names and texts short', () => {
    const long = 'x'.repeat(1e6);
    expect(named.fault({ name: 'x', [long]: 1 }, '')?.length).toBeLessThan(100);
    expect(count.fault(long, '')?.length).toBeLessThan(120);
  });
});
