/**
 * @file From words to phrases: subjects with their pronouns and number, objects with determiners, verbs in a tense.
 */
import type { Draw } from './draw.ts';
import { article, gerund, past, thirdPerson } from './grammar.ts';
import type { Noun } from './grammar.ts';
import { BYSTANDERS, KIN, MEN, OFTEN, PRONOUN_FORMS, WOMEN } from './people.ts';
import type { Pronoun } from './people.ts';
import type { Act, Tier, Topic } from './topics.ts';
import { BYSTANDER_VERBS, NOW, TIMES } from './words.ts';
import type { Tense } from './words.ts';

export interface Subject {
  /** As it stands inside a sentence: "the cook", "Anna", "my sisters". */
  readonly text: string;
  readonly pronoun: Pronoun;
  readonly plural: boolean;
}

/** A first name; the later half of each list turns up seldom. */
export function name(draw: Draw): Subject {
  const women = draw.chance(0.5);
  const names = women ? WOMEN : MEN;
  const pool = draw.chance(0.7) ? names.slice(0, OFTEN) : names;
  return { text: draw.pick(pool), pronoun: women ? 'she' : 'he', plural: false };
}

/** Somebody who tells no topic. */
export function bystander(draw: Draw, plural?: boolean): Subject {
  const many = plural ?? draw.chance(0.25);
  switch (draw.integer(many ? 3 : 5)) {
    case 0: {
      const person = draw.pick(BYSTANDERS);
      return {
        text: `the ${many ? person.many : person.one}`,
        pronoun: many ? 'they' : person.pronoun,
        plural: many,
      };
    }
    case 1: {
      const kin = draw.pick(KIN);
      const owner = draw.pick(['my', 'our', 'his', 'her', 'their']);
      return {
        text: `${owner} ${many ? kin.many : kin.one}`,
        pronoun: many ? 'they' : kin.pronoun,
        plural: many,
      };
    }
    case 2:
      if (many) {
        const first = name(draw).text;
        let second = name(draw).text;
        while (second === first) second = name(draw).text;
        return { text: `${first} and ${second}`, pronoun: 'they', plural: true };
      }
      return name(draw);
    case 3:
      return name(draw);
    default:
      return draw.pick<Subject>([
        { text: 'I', pronoun: 'I', plural: false },
        { text: 'he', pronoun: 'he', plural: false },
        { text: 'she', pronoun: 'she', plural: false },
      ]);
  }
}

/** Somebody of the topic's trade. */
export function worker(draw: Draw, topic: Topic, tier: Tier, plural?: boolean): Subject {
  const many = plural ?? draw.chance(0.25);
  const person = draw.pick(topic[tier].people);
  return {
    text: `${many ? draw.pick(['the', 'two', 'some', 'the']) : draw.pick(['the', 'the', article(person.one)])} ${many ? person.many : person.one}`,
    pronoun: 'they',
    plural: many,
  };
}

const NUMBERS = ['two', 'three', 'four', 'five'];

/** A thing as object or as who is talked of: "a cake", "the cakes", "some soup". */
export function thing(draw: Draw, item: Noun, owner?: Subject): string {
  if (item.mass) return `${draw.pick(['the', 'some', 'the'])} ${item.one}`;
  switch (draw.integer(owner === undefined ? 6 : 7)) {
    case 0:
    case 1:
      return `the ${item.one}`;
    case 2:
      return `${article(item.one)} ${item.one}`;
    case 3:
      return `the ${item.many}`;
    case 4:
      return `${draw.pick(NUMBERS)} ${item.many}`;
    case 5:
      return `${article(item.one)} ${item.one}`;
    default:
      return `${PRONOUN_FORMS[owner?.pronoun ?? 'it'].possessive} ${item.one}`;
  }
}

/** Whether the subject takes the plain form of the verb: "I bake", "they bake", but "she bakes". */
const takesBase = (subject: Subject): boolean =>
  subject.plural || subject.pronoun === 'I' || subject.pronoun === 'you';

export function be(subject: Subject, tense: 'past' | 'present'): string {
  if (tense === 'past') return subject.plural ? 'were' : 'was';
  if (subject.plural) return 'are';
  return subject.pronoun === 'I' ? 'am' : 'is';
}

/** The auxiliary that asks and answers for a tense: did, does, do, will. */
export function auxiliary(subject: Subject, tense: Tense): string {
  if (tense === 'past') return 'did';
  if (tense === 'future') return 'will';
  return takesBase(subject) ? 'do' : 'does';
}

/** Simple form of a verb for the subject. */
export function simple(subject: Subject, verb: string, tense: Tense): string {
  if (tense === 'past') return past(verb);
  if (tense === 'future') return `will ${verb}`;
  return takesBase(subject) ? verb : thirdPerson(verb);
}

/** The verb in one of the forms of a tense, and whether the form is progressive. */
export function verb(
  draw: Draw,
  subject: Subject,
  base: string,
  tense: Tense,
): { text: string; progressive: boolean } {
  const isState =
    /^(want|need|owe|fear|like|love|hate|dislike|forget|remember|notice|see|hear|find|mention|ask about|think of|speak of)\b/.test(
      base,
    );
  if (!isState && draw.chance(0.3)) {
    switch (tense) {
      case 'past':
        return { text: `${be(subject, 'past')} ${gerund(base)}`, progressive: true };
      case 'present':
        return { text: `${be(subject, 'present')} ${gerund(base)}`, progressive: true };
      case 'future':
        return { text: `${be(subject, 'present')} going to ${base}`, progressive: false };
    }
  }
  return { text: simple(subject, base, tense), progressive: false };
}

/** A time that fits the tense and form. */
export function time(draw: Draw, tense: Tense, progressive: boolean): string {
  return draw.pick(tense === 'present' && progressive ? NOW : TIMES[tense]);
}

export interface Doing {
  readonly verb: string;
  readonly object: Noun;
}

/** A doing of the topic in one tier. */
export function doing(draw: Draw, topic: Topic, tier: Tier): Doing {
  const act: Act = draw.pick(topic[tier].acts);
  return { verb: act.verb, object: draw.pick(act.objects) };
}

/** A bystander verb with a thing of the topic. */
export function glimpse(draw: Draw, topic: Topic, tier: Tier): Doing {
  return { verb: draw.pick(BYSTANDER_VERBS), object: draw.pick(topic[tier].things) };
}
