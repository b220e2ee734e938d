/**
 * @file Questions: by what they ask for (a person, a place, ...) with a fitting answer, and yes-or-no questions with
 * the short answer that a style dresses up.
 */
import type { Draw } from './draw.ts';
import { capital, past } from './grammar.ts';
import { KIN, PRONOUN_FORMS } from './people.ts';
import { auxiliary, bystander, doing, name, thing, time, worker } from './phrases.ts';
import type { Subject } from './phrases.ts';
import { anyTopic } from './sentences.ts';
import type { Level } from './sentences.ts';
import type { Noun } from './grammar.ts';
import { BYSTANDER_PLACES, REASONS } from './words.ts';
import type { Tense } from './words.ts';

export type Asked = 'person' | 'place' | 'time' | 'reason' | 'number';

const ROOMS = ['room', 'street', 'town', 'building', 'village', 'country'];

interface Scene {
  readonly subject: Subject;
  readonly verb: string;
  readonly object: Noun;
  readonly tense: Tense;
  /** "the cakes", "a cake": the object as asked about. */
  readonly objectText: string;
  readonly place: string;
}

function scene(draw: Draw): Scene {
  const topic = anyTopic(draw);
  const act = doing(draw, topic, draw.chance(0.75) ? 'common' : 'rare');
  const subject = draw.chance(0.6) ? bystander(draw) : worker(draw, topic, 'common');
  return {
    subject: subject.text.startsWith('a')
      ? { ...subject, text: subject.text.replace(/^an? /, 'the ') }
      : subject,
    verb: act.verb,
    object: act.object,
    tense: draw.pick<Tense>(['past', 'past', 'present', 'future']),
    objectText: thing(draw, act.object),
    place: draw.pick([...topic.common.places, ...BYSTANDER_PLACES.slice(0, 6)]),
  };
}

/** "did the cook bake" with the object after it. */
const inverted = (s: Scene): string =>
  `${auxiliary(s.subject, s.tense)} ${s.subject.text} ${s.verb} ${s.objectText}`;
/** "the cook baked the cake", past only. */
const told = (s: Scene): string => `${s.subject.text} ${past(s.verb)} ${s.objectText}`;

/** The words of a rare way to ask, by what is asked. */
function rarely(draw: Draw, asked: Asked, s: Scene): string {
  switch (asked) {
    case 'person':
      return draw.pick([
        `which ${draw.pick(['man', 'woman', 'boy', 'girl'])} ${past(s.verb)} ${s.objectText}`,
        `what is the name of the ${draw.pick(['man', 'woman', 'boy', 'girl'])} who ${past(s.verb)} ${s.objectText}`,
        `whose idea was it to ${s.verb} ${s.objectText}`,
        `which of the ${draw.pick(['sisters', 'brothers', 'neighbours', 'guests'])} ${past(s.verb)} ${s.objectText}`,
      ]);
    case 'place':
      return draw.pick([
        `in which ${draw.pick(ROOMS)} ${inverted(s)}`,
        `in what ${draw.pick(ROOMS)} ${inverted(s)}`,
        `on which side of the river ${inverted(s)}`,
        `how far from the church ${inverted(s)}`,
      ]);
    case 'time':
      return draw.pick([
        `on which day ${inverted(s)}`,
        `in what year ${inverted(s)}`,
        `at what hour ${inverted(s)}`,
        `in which month ${inverted(s)}`,
        `how long ago ${inverted({ ...s, tense: 'past' })}`,
      ]);
    case 'reason':
      return draw.pick([
        `how come ${told(s)}`,
        `what made ${objectForm(s.subject)} ${s.verb} ${s.objectText}`,
        `what on earth for ${inverted({ ...s, tense: 'past' })}`,
        `what drove ${objectForm(s.subject)} to ${s.verb} ${s.objectText}`,
      ]);
    case 'number':
      return s.object.mass
        ? draw.pick([
            `how much ${s.object.one} ${countInverted(s)}`,
            `what quantity of ${s.object.one} ${countInverted(s)}`,
          ])
        : draw.pick([
            `what quantity of ${s.object.many} ${countInverted(s)}`,
            `was it two or three ${s.object.many} that ${s.subject.text} ${past(s.verb)}`,
            `were there more than five ${s.object.many} that ${s.subject.text} ${past(s.verb)}`,
            `what was the total of ${s.object.many} that ${s.subject.text} ${past(s.verb)}`,
          ]);
  }
}

function objectForm(subject: Subject): string {
  return /^(I|he|she)$/.test(subject.text) ? PRONOUN_FORMS[subject.pronoun].object : subject.text;
}

const countInverted = (s: Scene): string => `${auxiliary(s.subject, s.tense)} ${s.subject.text} ${s.verb}`;

function commonly(asked: Asked, s: Scene): string {
  switch (asked) {
    case 'person':
      return `who ${past(s.verb)} ${s.objectText}`;
    case 'place':
      return `where ${inverted(s)}`;
    case 'time':
      return `when ${inverted(s)}`;
    case 'reason':
      return `why ${inverted(s)}`;
    case 'number':
      return s.object.mass
        ? `how many kinds of ${s.object.one} ${countInverted(s)}`
        : `how many ${s.object.many} ${countInverted(s)}`;
  }
}

function answerTo(draw: Draw, asked: Asked, s: Scene): string {
  switch (asked) {
    case 'person':
      return draw.pick([
        `It was ${name(draw).text}.`,
        `${name(draw).text} did.`,
        `I think it was ${name(draw).text}.`,
      ]);
    case 'place':
      return `${capital(s.place)}.`;
    case 'time':
      return `${capital(time(draw, s.tense, false))}.`;
    case 'reason':
      return `Because ${draw.pick(REASONS)}.`;
    case 'number':
      return draw.pick(['Two.', 'Three.', 'Four.', 'Five.', 'Only one.', 'Not many.', 'A lot.']);
  }
}

/** A question of a kind with its answer. Easy ones open with the common word, medium ones hide it inside, hard ones ask in a rare way. */
export function question(draw: Draw, asked: Asked, level: Level): { question: string; answer: string } {
  const s = scene(draw);
  const answer = answerTo(draw, asked, s);
  const suffix = asked !== 'place' && draw.chance(0.25) ? ` ${s.place}` : '';
  if (level === 'hard') return { question: `${capital(rarely(draw, asked, s))}${suffix}?`, answer };
  const text = `${commonly(asked, s)}${suffix}?`;
  if (level === 'easy') return { question: capital(text), answer };
  return {
    question: `${draw.pick(['Tell me,', 'Excuse me,', 'So,', 'One more thing,', 'By the way,', 'Please say,'])} ${text}`,
    answer,
  };
}

/** How an answer is dressed: its opening and its close. */
export interface Style {
  readonly opening: string;
  readonly close: string;
}

export const OPENINGS = [
  'Yes,',
  'Of course',
  'Sure,',
  'Well,',
  'Indeed',
  'Oh yes,',
  'I think',
  'As you know,',
  'Believe me,',
  'No doubt',
  'It seems',
  'To be honest,',
];
export const CLOSES = [
  '.',
  '!',
  ', my friend.',
  ', sir.',
  ', madam.',
  ', I believe.',
  ', as always.',
  ', my dear.',
  ', thank you.',
  ', for sure.',
];

/** A yes-or-no question and the plain short answer to it: "Did Anna bake a cake?", "she did". */
export function yesNo(draw: Draw): { question: string; short: string } {
  const topic = anyTopic(draw);
  const act = doing(draw, topic, draw.chance(0.75) ? 'common' : 'rare');
  const tense = draw.pick<Tense>(['past', 'present', 'future']);
  const subject = answerable(draw);
  const aux = auxiliary(subject, tense);
  const place = draw.chance(0.35) ? ` ${draw.pick(topic.common.places)}` : '';
  return {
    question: `${capital(aux)} ${subject.text} ${act.verb} ${thing(draw, act.object)}${place}?`,
    short: `${subject.pronoun} ${aux}`,
  };
}

/** A subject whose pronoun can be known: a name, kin or several people. */
function answerable(draw: Draw): Subject {
  switch (draw.integer(4)) {
    case 0: {
      const kin = draw.pick(KIN);
      return {
        text: `${draw.pick(['his', 'her', 'their'])} ${kin.one}`,
        pronoun: kin.pronoun,
        plural: false,
      };
    }
    case 1:
      return bystander(draw, true);
    default:
      return name(draw);
  }
}

export function dressed(style: Style, short: string): string {
  return `${style.opening} ${short}${style.close}`;
}
