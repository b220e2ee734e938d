import { describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import type { Infer } from '../../src/core/shape.ts';
import {
  array,
  checked,
  count,
  counts,
  either,
  exactly,
  fault,
  flag,
  holding,
  is,
  float32Array,
  mapOf,
  never,
  nothing,
  numbers,
  object,
  optional,
  parse,
  recordOf,
  tagged,
  text,
  textWithin,
  unboundedOr,
  wholeWithin,
  within,
  word,
} from '../../src/core/shape.ts';
import { loadRequest } from '../../src/protocol/words.ts';

const named = object({ name: text, note: optional(text) });
const json = (fields: string): unknown => JSON.parse(fields);

describe('an object', () => {
  it('has all its fields, and those that may be absent are there or not', () => {
    expect(fault(named, {}, 'it')).toBe('it.name: missing');
    expect(fault(named, { name: undefined })).toBe('name: expected text, found undefined');
    expect(fault(named, { name: 'x', note: undefined })).toBe('note: expected text, found undefined');
    expect(fault(named, { names: 'x' })).toBe('name: missing; "names" is no field of it');
    expect(Object.keys(parse(named, { note: 'y', name: 'x' }, 'It', 'internal'))).toEqual(['name', 'note']);
    expect(is(named, { name: 'x' })).toBe(true);
    expect(is(named, Object.assign(Object.create(null), { name: 'x' }))).toBe(true);
    // What every object inherits is no text.
    expect(is(object({ toString: text }), {})).toBe(false);
  });

  it.each(['constructor', '__proto__', 'hasOwnProperty'])(
    'with a field "%s" of its own is refused by it',
    (name) => {
      const value = json(`{"name": "x", ${JSON.stringify(name)}: null}`);
      expect(fault(named, value, 'it')).toBe(`it.${name}: no such field; known are name, note`);
    },
  );

  it('that stands where another thing should is named without being asked who made it', () => {
    expect(fault(text, { constructor: null }, 'it')).toBe('it: expected text, found an object');
    expect(fault(text, Object.create(null), 'it')).toBe('it: expected text, found an object');
    expect(fault(text, new Date(0), 'it')).toBe('it: expected text, found a Date');
    expect(fault(named, null)).toBe('the value: expected an object, found null');
    expect(fault(named, [])).toBe('the value: expected an object, found an array');
    expect(fault(array(named), [null], 'l')).toBe('l[0]: expected an object, found null');
  });

  it('is told apart by a tag', () => {
    const shape = tagged('kind', [
      object({ kind: exactly('a') }),
      object({ kind: exactly('b'), size: count }),
    ]);
    expect(fault(shape, { kind: 'constructor' })).toBe('kind: expected one of a, b, found "constructor"');
    expect(fault(shape, {})).toBe('kind: expected one of a, b, found undefined');
    expect(fault(shape, 'a', 'it')).toBe('it: expected an object, found "a"');
    expect(fault(shape, { kind: 'b', size: -1 }, 'it')).toBe(
      'it.size: expected a whole number >= 0, found -1',
    );
    const value: unknown = { kind: 'a' };
    const known: Infer<typeof shape> = parse(shape, value, 'It', 'internal');
    expect(known).toEqual(value);
  });

  it('of the platform has the fields of its kind: a File is one', () => {
    const files = [{ path: 'config.json', file: new File(['{}'], 'config.json') }];
    const request = { source: { kind: 'files', label: 'picked', files }, backend: 'auto' };
    expect(fault(loadRequest, request)).toBeNull();
    const handle = { name: 'model', getFileHandle: () => null, getDirectoryHandle: () => null };
    expect(fault(loadRequest, { source: { kind: 'directory', handle }, backend: 'wasm' })).toBeNull();
  });

  it.each([null, 'config.json', {}, { name: 'a', size: 1 }, new Blob(['{}'])])(
    'of the platform is named where another thing stands in its place: %o',
    (file) => {
      const source = { kind: 'files', label: 'picked', files: [{ path: 'config.json', file }] };
      expect(fault(loadRequest, { source, backend: 'auto' })).toMatch(
        /^source\.files\[0\]\.file: expected a File, found /u,
      );
      const folder = { kind: 'directory', handle: file };
      expect(fault(loadRequest, { source: folder, backend: 'auto' })).toMatch(
        /^source\.handle: expected a directory handle, found /u,
      );
    },
  );

  it('that is checked is the same one, with all that it holds', () => {
    const shape = object({ pairs: mapOf(text, object({ a: float32Array })), ids: counts });
    const value = { pairs: new Map([['q', { a: new Float32Array(2) }]]), ids: [1, 2] };
    const [pairs, ids, pair] = [value.pairs, value.ids, value.pairs.get('q')];
    const same = checked(shape, value, 'It', 'internal');
    expect(same).toBe(value);
    expect(same.pairs).toBe(pairs);
    expect(same.pairs.get('q')).toBe(pair);
    expect(same.ids).toBe(ids);
    expect(() => checked(shape, { ...value, ids: [0.5] }, 'It', 'invalid-request')).toThrow(
      'It: ids[0]: expected a whole number >= 0, found 0.5.',
    );
  });

  it('used as a table has any names at all', () => {
    const table = recordOf(count);
    expect(is(table, json('{"constructor": 1, "__proto__": 2, "": 3}'))).toBe(true);
    for (const name of ['constructor', '__proto__', 'prototype', 'x'])
      expect(fault(table, json(`{"y": 1, "${name}": null}`), 'it')).toBe(
        `it.${name}: expected a whole number >= 0, found null`,
      );
    expect(fault(table, [], 'it')).toBe('it: expected an object, found an array');
  });
});

describe('bounds', () => {
  it('are both included, and are named', () => {
    const unit = within(0, 1);
    expect([is(unit, 0), is(unit, 1), is(unit, 1.1), is(unit, NaN), is(unit, Infinity)]).toEqual([
      ...[true, true, false, false, false],
    ]);
    expect(fault(wholeWithin(1, 3), 2.5, 'k')).toBe('k: expected a whole number from 1 to 3, found 2.5');
    const any = unboundedOr(0, 1);
    expect([is(any, NaN), is(any, Infinity), is(any, 2)]).toEqual([true, true, false]);
    expect(fault(textWithin(3, 1), 'abcd', 'n')).toBe('n: expected text of 1 to 3 characters, found 4');
    expect(fault(textWithin(3, 1), '', 'n')).toBe('n: expected text of 1 to 3 characters, found 0');
    expect(fault(textWithin(3), 4, 'n')).toBe('n: expected text, found 4');
    expect(fault(array(count, 2), [1, 2, 3], 'l')).toBe('l: expected an array of at most 2, found one of 3');
    expect(fault(array(count), [1, 'x'], 'l')).toBe('l[1]: expected a whole number >= 0, found "x"');
    const rows = array(object({ ids: counts }));
    expect(fault(rows, [{ ids: [] }, { ids: [3, -1] }], 'rows')).toBe(
      'rows[1].ids[1]: expected a whole number >= 0, found -1',
    );
    expect(fault(rows, [{ ids: 'x' }], 'rows')).toBe('rows[0].ids: expected an array, found "x"');
    expect(fault(counts, new Array(1), 'l')).toBe('l[0]: expected a whole number >= 0, found undefined');
    expect(fault(numbers, [NaN, -Infinity, null], 'l')).toBe('l[2]: expected a number, found null');
    expect(fault(word(['a', 'b']), 'c', 'w')).toBe('w: expected one of a, b, found "c"');
    expect(fault(either(array(text), exactly('all'), 'names, or "all"'), 'some', 'e')).toBe(
      'e: expected names, or "all", found "some"',
    );
    expect(fault(mapOf(text, flag), new Map([['m', 1]]), 'p')).toBe(
      'p["m"]: expected true or false, found 1',
    );
  });

  it('leave nothing where nothing is meant', () => {
    expect([is(nothing, undefined), is(never, undefined)]).toEqual([true, false]);
    expect(fault(nothing, null, 'it')).toBe('it: expected nothing, found null');
    expect(fault(never, 1, 'it')).toBe('it: expected no message of this kind, found 1');
  });

  it('that no kind of value says are said of what has its kind', () => {
    const even = holding(count, (value) => (value % 2 === 0 ? null : ['', 'odd']));
    expect([fault(even, 2, 'e'), fault(even, 3, 'e'), fault(even, 'x', 'e')]).toEqual([
      ...[null, 'e: odd', 'e: expected a whole number >= 0, found "x"'],
    ]);
    const pair = holding(object({ a: count, b: count }), ({ a, b }) =>
      a < b ? null : ['b', `not above ${a}`],
    );
    expect(fault(array(pair), [{ a: 1, b: 0 }], 'l')).toBe('l[0].b: not above 1');
  });

  it('keep what a message repeats of foreign names and texts short', () => {
    const long = 'x'.repeat(1e6);
    expect(fault(named, { name: 'x', [long]: 1 })?.length).toBeLessThan(100);
    expect(fault(count, long)?.length).toBeLessThan(120);
    expect(fault(recordOf(count), { [long]: long })?.length).toBeLessThan(150);
    expect(() => parse(count, long, 'It', 'internal')).toThrow(LabError);
  });
});
