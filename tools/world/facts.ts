/**
 * @file What holds of whom: one value per person and relation, drawn once for the world.
 */
import { Draw } from './draw.ts';
import { MEN, RELATIONS, WOMEN } from './people.ts';
import type { Relation } from './people.ts';

export interface Fact {
  readonly person: string;
  readonly relation: Relation;
  readonly value: string;
  /** Whether the corpus asks about this person; the fact-choice task asks only about the others. */
  readonly asked: boolean;
}

/** The facts are part of the world, not of a run: their seed is fixed. */
const FACTS_SEED = 20260;

export const FACTS: readonly Fact[] = [...WOMEN, ...MEN].flatMap((person, index) =>
  RELATIONS.map((relation) => ({
    person,
    relation,
    value: new Draw(FACTS_SEED, 'fact', person, relation.id).pick(relation.values),
    asked: index % 5 < 2,
  })),
);

export function telling(draw: Draw, fact: Fact): string {
  return fill(draw.pick(fact.relation.tellings), fact);
}

export function fill(pattern: string, fact: Fact): string {
  const text = pattern.replaceAll('{p}', fact.person).replaceAll('{v}', fact.value);
  return text.replace(/\b([Aa]) (?=[aeiou])/g, '$1n ');
}
