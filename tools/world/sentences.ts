/**
 * @file Sentences of the world, each made to carry a wanted meaning (topic, praise or blame, tense, ...) at a wanted
 * level: easy ones lean on common cues, hard ones on rare cues alone, medium ones on one of each.
 */
import type { Draw } from './draw.ts';
import { article, capital } from './grammar.ts';
import { bystander, doing, glimpse, be, simple, thing, time, verb, worker } from './phrases.ts';
import type { Subject } from './phrases.ts';
import { TOPICS, TOPIC_NAMES } from './topics.ts';
import type { Tier, Topic, TopicName } from './topics.ts';
import {
  ADJECTIVES,
  BYSTANDER_PLACES,
  DAYTIME,
  FEELINGS,
  LIKING,
  OUTCOMES,
  PLAIN_ADJECTIVES,
  REQUESTS,
  WEATHER,
} from './words.ts';
import type { Daytime, Sentiment, Tense, Weather } from './words.ts';
import { LabError } from '../../src/core/errors.ts';

export type Level = 'easy' | 'medium' | 'hard';

export function topicOf(name: TopicName): Topic {
  const topic = TOPICS.get(name);
  if (topic === undefined) throw new LabError('internal', `The world has no topic ${name}.`);
  return topic;
}

export const anyTopic = (draw: Draw): Topic => topicOf(draw.pick(TOPIC_NAMES));

const sentence = (text: string, end = '.'): string => capital(text) + end;

/** A clause about a doing, without capital and full stop. */
export interface ActWish {
  readonly topic: Topic;
  readonly level: Level;
  readonly tense?: Tense;
  readonly subject?: Subject;
  /** Whether a time may, must or must not be said. */
  readonly time?: 'may' | 'must' | 'never';
}

function actClause(draw: Draw, wish: ActWish): string {
  const { topic, level } = wish;
  const tense = wish.tense ?? draw.pick<Tense>(['past', 'past', 'present', 'future']);
  const pick = choice(draw, level);
  const act = pick.glimpse ? glimpse(draw, topic, pick.tier) : doing(draw, topic, pick.tier);
  const subject =
    wish.subject ?? (pick.worker === undefined ? bystander(draw) : worker(draw, topic, pick.worker));
  const form = verb(draw, subject, act.verb, tense);
  let text = `${subject.text} ${form.text} ${thing(draw, act.object, subject)}`;
  if (pick.place !== undefined) text += ` ${draw.pick(topic[pick.place].places)}`;
  else if (draw.chance(0.2)) text += ` ${draw.pick(BYSTANDER_PLACES)}`;
  const when = wish.time ?? 'may';
  if (when === 'must' || (when === 'may' && draw.chance(0.35))) {
    const at = time(draw, tense, form.progressive);
    // "We will wait" opens with its time as often as it closes with it.
    text = draw.chance(0.4) ? `${at}, ${text}` : `${text} ${at}`;
  }
  return text;
}

interface Choice {
  readonly tier: Tier;
  readonly glimpse: boolean;
  readonly worker?: Tier;
  readonly place?: Tier;
}

function choice(draw: Draw, level: Level): Choice {
  switch (level) {
    case 'easy':
      return draw.pick<Choice>([
        { tier: 'common', glimpse: false },
        { tier: 'common', glimpse: false, worker: 'common' },
        { tier: 'common', glimpse: false, place: 'common' },
        { tier: 'common', glimpse: true },
      ]);
    case 'medium':
      return draw.pick<Choice>([
        { tier: 'rare', glimpse: false, place: 'common' },
        { tier: 'rare', glimpse: true, place: 'common' },
        { tier: 'rare', glimpse: false, worker: 'common' },
      ]);
    case 'hard':
      return draw.pick<Choice>([
        { tier: 'rare', glimpse: true },
        { tier: 'rare', glimpse: false },
        { tier: 'rare', glimpse: false },
        { tier: 'rare', glimpse: true, worker: 'rare' },
      ]);
  }
}

export const actSentence = (draw: Draw, wish: ActWish): string => sentence(actClause(draw, wish));

/** A thing as the subject of praise or blame, with its verb: "the cakes were". */
function judged(
  draw: Draw,
  topic: Topic,
  tier: Tier,
): { text: string; were: string; one: string; mass: boolean } {
  const isPerson = draw.chance(0.25);
  const item = isPerson ? draw.pick(topic[tier].people) : draw.pick(topic[tier].things);
  const many = !item.mass && draw.chance(0.25);
  return {
    text: `the ${many ? item.many : item.one}`,
    were: many ? 'were' : 'was',
    one: item.one,
    mass: item.mass,
  };
}

/** A clause that praises or blames, in the past tense; its cue comes from the tier. */
function verdictClause(
  draw: Draw,
  value: Sentiment,
  tier: Tier,
  topic: Topic,
  topicTier: Tier = 'common',
): string {
  const adjective = draw.pick(ADJECTIVES[value][tier]);
  const it = judged(draw, topic, topicTier);
  switch (draw.integer(9)) {
    case 0:
    case 1:
      return `${it.text} ${it.were} ${adjective}`;
    case 2:
      return `${it.text} ${draw.pick(topic[topicTier].places)} ${it.were} ${adjective}`;
    case 3:
      return `${bystander(draw).text} ${simple(NOBODY, draw.pick(LIKING[value][tier]), 'past')} ${it.text}`;
    case 4:
      return `${bystander(draw).text} had ${article(adjective)} ${adjective} time ${draw.pick(topic[topicTier].places)}`;
    case 5:
      return it.mass
        ? `it was ${adjective} ${it.one}`
        : `it was ${article(adjective)} ${adjective} ${it.one}`;
    case 6:
      return `${bystander(draw).text} found ${it.text} ${adjective}`;
    case 7:
      return `${bystander(draw).text} felt ${draw.pick(FEELINGS[value][tier])} about ${it.text}`;
    default:
      return `the day ${draw.pick(topic[topicTier].places)} was ${draw.pick(OUTCOMES[value][tier])}`;
  }
}

/** Only the past tense of verbs is asked of it, which is the same for everybody. */
const NOBODY: Subject = { text: 'nobody', pronoun: 'they', plural: false };

export function verdictSentence(draw: Draw, value: Sentiment, level: Level, topic: Topic): string {
  const tier: Tier = level === 'hard' ? 'rare' : 'common';
  if (level === 'medium') {
    // One common and one rare cue, or a single common one about something seldom met.
    if (draw.chance(0.5)) return sentence(pairClause(draw, value, topic));
    return sentence(verdictClause(draw, value, 'common', topic, 'rare'));
  }
  if (draw.chance(0.12)) {
    const adjective = draw.pick(ADJECTIVES[value][tier]);
    const item = judged(draw, topic, 'common');
    return `What ${item.mass ? '' : `${article(adjective)} `}${adjective} ${item.one}!`;
  }
  return sentence(verdictClause(draw, value, tier, topic));
}

/** A common and a rare word of the same kind side by side. */
export function pairClause(draw: Draw, value: Sentiment, topic: Topic): string {
  const pair = draw.shuffle([draw.pick(ADJECTIVES[value].common), draw.pick(ADJECTIVES[value].rare)]);
  const it = judged(draw, topic, 'common');
  return `${it.text} ${it.were} ${pair.join(' and ')}`;
}

/** Two judgements in one sentence; the one that counts is the main clause, or what follows "but". */
export function doubleVerdict(draw: Draw, value: Sentiment, level: Level, topic: Topic): string {
  const other: Sentiment = value === 'good' ? 'bad' : 'good';
  const tier: Tier = level === 'hard' ? 'rare' : 'common';
  const decides = verdictClause(draw, value, tier, topic);
  if (level === 'easy') {
    return sentence(`${decides}, and ${verdictClause(draw, value, 'common', topic)}`);
  }
  const against = verdictClause(draw, other, 'common', topic);
  switch (draw.integer(3)) {
    case 0:
      return sentence(`${against}, but ${decides}`);
    case 1:
      return sentence(`although ${against}, ${decides}`);
    default:
      return sentence(`${decides}, although ${against}`);
  }
}

export function weatherSentence(draw: Draw, value: Weather, level: Level): string {
  const sky = draw.pick(WEATHER[value][level === 'hard' ? 'rare' : 'common']);
  const topic = anyTopic(draw);
  const act = actClause(draw, {
    topic,
    level: draw.pick<Level>(['easy', 'medium', 'hard']),
    tense: 'past',
    time: 'never',
  });
  switch (draw.integer(4)) {
    case 0:
      return sentence(`${sky}, and ${act}`);
    case 1:
      return sentence(`${act}, and ${sky}`);
    case 2:
      return sentence(`when ${act}, ${sky}`);
    default:
      return sentence(`${sky} while ${act}`);
  }
}

export function daytimeSentence(draw: Draw, value: Daytime, level: Level): string {
  const at = draw.pick(DAYTIME[value][level === 'hard' ? 'rare' : 'common']);
  const act = actClause(draw, {
    topic: anyTopic(draw),
    level: draw.pick<Level>(['easy', 'medium', 'hard']),
    tense: 'past',
    time: 'never',
  });
  return sentence(draw.chance(0.4) ? `${at}, ${act}` : `${act} ${at}`);
}

export function requestSentence(draw: Draw, value: 'polite' | 'casual', level: Level): string {
  const topic = anyTopic(draw);
  const act = draw.chance(0.8)
    ? doing(draw, topic, draw.chance(0.7) ? 'common' : 'rare')
    : glimpse(draw, topic, 'common');
  const request = `${act.verb} ${thing(draw, act.object)}`;
  const place = draw.chance(0.3) ? ` ${draw.pick(BYSTANDER_PLACES)}` : '';
  const tier: Tier = level === 'hard' ? 'rare' : 'common';
  return draw.pick(REQUESTS[value][tier]).replace('{do}', request + place);
}

/** Somebody is described: "The cook is an old friend of ours." */
export function describedSentence(draw: Draw, topic: Topic, tier: Tier): string {
  const who = worker(draw, topic, tier, false);
  const kin = draw.pick(['friend', 'neighbour', 'guest', 'cousin', 'colleague']);
  switch (draw.integer(4)) {
    case 0:
      return sentence(
        `${who.text.replace(/^an? /, 'the ')} is ${draw.pick(['an old', 'a new', 'a close', 'a good'])} ${kin} of ours`,
      );
    case 1: {
      const item = draw.pick(topic[tier].things);
      const adjective = draw.pick(PLAIN_ADJECTIVES);
      return item.mass
        ? sentence(`there was some ${item.one} ${draw.pick(topic.common.places)}`)
        : sentence(
            `there was ${article(adjective)} ${adjective} ${item.one} ${draw.pick(topic.common.places)}`,
          );
    }
    case 2: {
      const person = bystander(draw);
      const trade = draw.pick(topic[tier].people);
      return sentence(
        `${person.text} ${be(person, 'present')} ${person.plural ? trade.many : `${article(trade.one)} ${trade.one}`}`,
      );
    }
    default: {
      const a = draw.pick(topic.common.things);
      const b = draw.pick(topic[tier].things);
      const both = draw.shuffle([a.one, b.one]);
      return a.one === b.one
        ? sentence(`the ${a.many} were here before`)
        : sentence(
            `${bystander(draw).text} saw the ${both.join(' and the ')} ${draw.pick(topic.common.places)}`,
          );
    }
  }
}
