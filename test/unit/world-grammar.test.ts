/** @file English morphology of the world: articles, plurals, verb forms. */
import { describe, expect, it } from 'vitest';
import { article, gerund, noun, past, thirdPerson } from '../../tools/world/grammar.ts';
import { TOPICS } from '../../tools/world/topics.ts';

describe('nouns', () => {
  it.each([
    ['cake', 'cakes'],
    ['box', 'boxes'],
    ['branch', 'branches'],
    ['daisy', 'daisies'],
    ['key', 'keys'],
    ['leaf/leaves', 'leaves'],
    ['canvas/canvases', 'canvases'],
  ])('%s has the plural %s', (entry, many) => {
    expect(noun(entry).many).toBe(many);
  });

  it('gives mass nouns no plural', () => {
    expect(noun('soup~')).toEqual({ one: 'soup', many: 'soup', mass: true });
  });

  it.each([
    ['apple', 'an'],
    ['cake', 'a'],
    ['hour', 'an'],
    ['uniform', 'a'],
    ['ukulele', 'a'],
    ['umbrella', 'an'],
    ['honest', 'an'],
  ])('says %s with %s', (word, expected) => {
    expect(article(word)).toBe(expected);
  });
});

describe('verbs', () => {
  it.each([
    ['bake', 'baked', 'bakes', 'baking'],
    ['study', 'studied', 'studies', 'studying'],
    ['play', 'played', 'plays', 'playing'],
    ['chop', 'chopped', 'chops', 'chopping'],
    ['catch', 'caught', 'catches', 'catching'],
    ['see', 'saw', 'sees', 'seeing'],
    ['look for', 'looked for', 'looks for', 'looking for'],
    ['swim across', 'swam across', 'swims across', 'swimming across'],
    ['forget', 'forgot', 'forgets', 'forgetting'],
    ['rub', 'rubbed', 'rubs', 'rubbing'],
    ['water', 'watered', 'waters', 'watering'],
    ['visit', 'visited', 'visits', 'visiting'],
    ['design', 'designed', 'designs', 'designing'],
  ])('%s: %s, %s, %s', (verb, pastForm, third, ing) => {
    expect([past(verb), thirdPerson(verb), gerund(verb)]).toEqual([pastForm, third, ing]);
  });
});

describe('lexicon', () => {
  it('puts no word into both tiers of a topic', () => {
    for (const topic of TOPICS.values()) {
      const common = new Set([...topic.common.people, ...topic.common.things].map((each) => each.one));
      const rare = [...topic.rare.people, ...topic.rare.things].map((each) => each.one);
      expect({ topic: topic.name, both: rare.filter((word) => common.has(word)) }).toEqual({
        topic: topic.name,
        both: [],
      });
    }
  });

  it('gives no thing of a topic to another topic', () => {
    const owner = new Map<string, string>();
    const shared: string[] = [];
    for (const topic of TOPICS.values()) {
      for (const { one } of [...topic.common.things, ...topic.rare.things]) {
        const other = owner.get(one);
        if (other !== undefined && other !== topic.name) shared.push(`${one}: ${other}, ${topic.name}`);
        owner.set(one, topic.name);
      }
    }
    expect(shared).toEqual([]);
  });
});
