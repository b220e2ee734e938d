/** @file The table of methods: every entry is whole, says nothing against itself, and looks like no other. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import file from '../../experiments/methods.json';
import { METHODS, METHOD_NAMES, controlsOf, methodOf, methodsFrom } from '../../src/words/methods.ts';

const CSS = readFileSync(new URL('../../src/ui/design/arms.css', import.meta.url), 'utf8');
const isModel = (teacher: string) => teacher === 'previous' || teacher === 'base';

describe.each(METHOD_NAMES)('the method %s', (name) => {
  const method = methodOf(name);
  const { schedule, labels, teacher, votes, trainsOn, stop } = method;

  it('has a teacher where it labels, and labels where it trains on them', () => {
    expect(teacher === 'nobody').toBe(labels === 'nothing');
    if (trainsOn.includes('labels')) expect(labels).not.toBe('nothing');
    expect(trainsOn.length === 0).toBe(schedule === 'none');
    if (labels !== 'nothing') expect(trainsOn).toContain('labels');
  });

  it('asks a model where it needs one: to vote, and to write questions', () => {
    if (votes !== 'one' || labels === 'questions') expect(isModel(teacher)).toBe(true);
    if (votes !== 'one') expect(labels).toMatch(/prompts$/);
    if (stop === 'novelty') expect(labels).toBe('questions');
  });

  it('has words, controls other than itself, and a colour that there is', () => {
    expect(method.title).not.toBe('');
    expect(method.help).toMatch(/[.]$/);
    expect(controlsOf(name)).toEqual(method.controls);
    expect(controlsOf(name)).not.toContain(name);
    expect(controlsOf(name).length).toBeGreaterThan(0);
    expect(CSS).toContain(`--arm-${method.look.colour}:`);
  });

  it('has the keys that every method has, in the same order', () => {
    expect(Object.keys(method)).toEqual(Object.keys(methodOf('soft')));
  });

  it('looks like no other', () => {
    const alike = METHOD_NAMES.filter(
      (other) => JSON.stringify(methodOf(other).look) === JSON.stringify(method.look),
    );
    expect(alike).toEqual([name]);
  });
});

describe('the file of methods', () => {
  const { soft } = file.methods;
  const read = (changes: Readonly<Record<string, unknown>>) =>
    methodsFrom(1, { soft: { ...soft, controls: ['soft'], ...changes } });

  test('is what the table holds, in the same order', () => {
    expect(Object.keys(METHODS)).toEqual(Object.keys(file.methods));
    expect(read({}).soft.teacher).toBe('previous');
  });

  test.each([
    [{ teacher: 'parent' }, 'soft.teacher: expected one of previous, base, key, nobody, found "parent"'],
    [{ teacher: 'toString' }, 'soft.teacher: expected one of previous, base, key, nobody, found "toString"'],
    [{ teacher: ['base'] }, 'soft.teacher: expected one of previous, base, key, nobody, found an array'],
    [{ votes: undefined }, 'soft.votes: expected one of one, rounds, votes, found undefined'],
    [{ trainsOn: 'labels' }, 'soft.trainsOn: expected an array, found "labels"'],
    [{ trainsOn: ['answers'] }, 'soft.trainsOn[0]: expected one of labels, earlier, pool, found "answers"'],
    [{ presets: { rounds: 0 } }, 'soft.presets.rounds: expected a whole number from 1 to 20, found 0'],
    [{ presets: { votess: 3 } }, 'soft.presets.votess: no such field'],
    [{ controls: ['softer'] }, 'soft.controls[0]: expected one of soft, found "softer"'],
    [{ trainsOn: ['pool', 'pool'] }, 'soft.trainsOn: names "pool" twice'],
    [{ look: { ...soft.look, size: 3 } }, 'soft.look.size: no such field'],
    [{ look: { colour: 'soft', mark: 'blob', dash: '' } }, 'soft.look.mark: expected one of circle,'],
    [{ look: null }, 'soft.look: expected an object, found null'],
    [{ title: 3 }, 'soft.title: expected text that is not blank, found 3'],
  ] as const)('refuses %j', (changes, said) => {
    expect(() => read(changes)).toThrow(`is not what its schema says: ${said}`);
  });

  test('refuses another version and entries that are none', () => {
    expect(() => methodsFrom(2, file.methods)).toThrow('says: version 2.');
    expect(() => methodsFrom(1, { soft: null })).toThrow('says: soft: expected an object, found null.');
  });
});
