/**
 * @file The attributes that can be asked of a sentence: their values, the words that name each value, and how to
 * write a sentence that carries one. `daytime` never carries labels in the corpus: it is kept for a confirmation task.
 */
import type { Draw } from './draw.ts';
import { bystander } from './phrases.ts';
import { question } from './questions.ts';
import type { Asked } from './questions.ts';
import {
  actSentence,
  anyTopic,
  daytimeSentence,
  doubleVerdict,
  requestSentence,
  topicOf,
  verdictSentence,
  weatherSentence,
} from './sentences.ts';
import type { Level } from './sentences.ts';
import { TOPIC_NAMES, TOPICS } from './topics.ts';
import type { Daytime, Sentiment, Tense, Weather } from './words.ts';

export interface AttributeValue {
  readonly name: string;
  /** Words that can name it as a label; one is drawn for each episode. */
  readonly labels: readonly string[];
  make(draw: Draw, level: Level): string;
}

export interface Attribute {
  readonly id: string;
  readonly values: readonly AttributeValue[];
  /** How often it is asked in the corpus; 0 for never. */
  readonly weight: number;
}

const ANY_LEVEL: readonly Level[] = ['easy', 'easy', 'medium', 'hard'];

const sentimentValue = (name: Sentiment, labels: string): AttributeValue => ({
  name,
  labels: labels.split(' '),
  make: (draw, level) =>
    draw.chance(0.2)
      ? doubleVerdict(draw, name, draw.chance(0.5) ? 'easy' : 'medium', anyTopic(draw))
      : verdictSentence(draw, name, level, anyTopic(draw)),
});

const tenseValue = (name: Tense, labels: string): AttributeValue => ({
  name,
  labels: labels.split(' '),
  make: (draw, level) =>
    actSentence(draw, {
      topic: anyTopic(draw),
      level: draw.pick(ANY_LEVEL),
      tense: name,
      time: level === 'easy' ? 'must' : 'never',
    }),
});

const weatherValue = (name: Weather, labels: string): AttributeValue => ({
  name,
  labels: labels.split(' '),
  make: (draw, level) => weatherSentence(draw, name, level),
});

const askedValue = (name: Asked, labels: string): AttributeValue => ({
  name,
  labels: labels.split(' '),
  make: (draw, level) => question(draw, name, level).question,
});

const daytimeValue = (name: Daytime): AttributeValue => ({
  name,
  labels: [name],
  make: (draw, level) => daytimeSentence(draw, name, level),
});

const amountValue = (name: string, labels: string, plural: boolean): AttributeValue => ({
  name,
  labels: labels.split(' '),
  make: (draw) =>
    actSentence(draw, {
      topic: anyTopic(draw),
      level: draw.pick(ANY_LEVEL),
      subject: bystander(draw, plural),
    }),
});

const mannerValue = (name: 'polite' | 'casual', labels: string): AttributeValue => ({
  name,
  labels: labels.split(' '),
  make: (draw, level) => requestSentence(draw, name, level),
});

export const ATTRIBUTES = {
  sentiment: {
    id: 'sentiment',
    weight: 3,
    values: [
      sentimentValue('good', 'positive happy up plus yes'),
      sentimentValue('bad', 'negative sad down minus no'),
    ],
  },
  topic: {
    id: 'topic',
    weight: 4,
    values: TOPIC_NAMES.map((name) => ({
      name,
      labels: TOPICS.get(name)?.labels ?? [],
      make: (draw: Draw, level: Level) =>
        draw.chance(0.2) && level === 'easy'
          ? verdictSentence(draw, draw.pick<Sentiment>(['good', 'bad']), 'easy', topicOf(name))
          : actSentence(draw, { topic: topicOf(name), level }),
    })),
  },
  question: {
    id: 'question',
    weight: 2.5,
    values: [
      askedValue('person', 'person somebody human'),
      askedValue('place', 'place location spot'),
      askedValue('time', 'time date moment'),
      askedValue('reason', 'reason cause motive'),
      askedValue('number', 'number amount count'),
    ],
  },
  tense: {
    id: 'tense',
    weight: 1.5,
    values: [
      tenseValue('past', 'past before earlier'),
      tenseValue('present', 'present current ongoing'),
      tenseValue('future', 'future later ahead'),
    ],
  },
  amount: {
    id: 'amount',
    weight: 0.7,
    values: [amountValue('one', 'one single alone', false), amountValue('many', 'many several group', true)],
  },
  manner: {
    id: 'manner',
    weight: 1.2,
    values: [mannerValue('polite', 'polite formal courteous'), mannerValue('casual', 'casual rude rough')],
  },
  weather: {
    id: 'weather',
    weight: 1.5,
    values: [
      weatherValue('sun', 'sunny bright clear'),
      weatherValue('rain', 'rainy wet damp'),
      weatherValue('snow', 'snowy icy frosty'),
      weatherValue('wind', 'windy stormy breezy'),
    ],
  },
  daytime: {
    id: 'daytime',
    weight: 0,
    values: [daytimeValue('morning'), daytimeValue('noon'), daytimeValue('evening'), daytimeValue('night')],
  },
} as const satisfies Record<string, Attribute>;

export type AttributeName = keyof typeof ATTRIBUTES;

export const LABELLED: readonly Attribute[] = Object.values(ATTRIBUTES).filter(
  (attribute: Attribute) => attribute.weight > 0,
);
