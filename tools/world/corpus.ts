/**
 * @file The pretraining corpus: plain paragraphs, in which words keep company, and few-shot episodes, in which an
 * unnamed attribute is asked with label words drawn for the episode. A document is a list of pieces, each with the
 * weight of its loss: a label whose value was already shown in the episode can be known and weighs more.
 */
import { Draw } from './draw.ts';
import { capital } from './grammar.ts';
import { LABELLED } from './attributes.ts';
import type { Attribute } from './attributes.ts';
import { FACTS, fill, telling } from './facts.ts';
import type { Fact } from './facts.ts';
import { forCorpus, isHeldOut } from './holdout.ts';
import { drawFields, promptText, STOP } from './fields.ts';
import { name } from './phrases.ts';
import type { Subject } from './phrases.ts';
import { CLOSES, dressed, OPENINGS, question, yesNo } from './questions.ts';
import type { Asked, Style } from './questions.ts';
import {
  actSentence,
  anyTopic,
  daytimeSentence,
  describedSentence,
  doubleVerdict,
  pairClause,
  requestSentence,
  verdictSentence,
  weatherSentence,
} from './sentences.ts';
import type { Level } from './sentences.ts';
import type { Daytime, Sentiment, Tense, Weather } from './words.ts';

interface Piece {
  readonly text: string;
  /** Weight of its tokens in the loss. */
  readonly weight: number;
}

export interface Document {
  readonly kind: 'plain' | 'episode';
  readonly pieces: readonly Piece[];
}

/** Shares of documents and the knobs that decide how hard the tasks are. */
export interface Recipe {
  readonly plain: number;
  readonly classify: number;
  readonly style: number;
  readonly facts: number;
  /** Share of paragraphs that keep to one topic, one mood and one weather: the company that teaches rare cues. */
  readonly coherent: number;
  /** Weight of a label that the episode has shown before. */
  readonly knownLabelWeight: number;
}

export const RECIPE: Recipe = {
  plain: 0.3,
  classify: 0.54,
  style: 0.08,
  facts: 0.08,
  coherent: 0.7,
  knownLabelWeight: 6,
};

const LEVELS: readonly Level[] = ['easy', 'easy', 'medium', 'hard', 'hard'];
/** Long enough to fill a row; the encoder cuts. */
const DEMONSTRATIONS = 18;

/** A pair of opening and close that never stands in the corpus. */
const ABSENT_STYLE: Style = { opening: 'Well,', close: ', my friend.' };

/** Document number `index` of the corpus of a seed: long enough to fill a row of the model's context, where the encoder cuts. */
export function corpusDocument(seed: number, index: number, recipe: Recipe = RECIPE): Document {
  const draw = new Draw(seed, 'corpus', index);
  switch (draw.weighted([recipe.plain, recipe.classify, recipe.style, recipe.facts])) {
    case 0:
      return { kind: 'plain', pieces: plainText(draw, recipe) };
    case 1:
      return { kind: 'episode', pieces: classifyEpisode(draw, recipe) };
    case 2:
      return { kind: 'episode', pieces: styleEpisode(draw, recipe) };
    default:
      return { kind: 'episode', pieces: factEpisode(draw, recipe) };
  }
}

// ---------------------------------------------------------------- plain paragraphs

/** Sentences in a document; the encoder cuts. */
const SENTENCES = 30;

function plainText(draw: Draw, recipe: Recipe): Piece[] {
  const pieces: Piece[] = [];
  for (let sentences = 0; sentences < SENTENCES;) {
    const lines = paragraph(draw, recipe);
    sentences += lines.length;
    pieces.push({ text: `${lines.join(' ')}\n`, weight: 1 });
  }
  return pieces;
}

function paragraph(draw: Draw, recipe: Recipe): string[] {
  if (draw.chance(0.2)) return Array.from({ length: 2 + draw.integer(4) }, () => tellingAbout(draw)).flat();
  const isCoherent = draw.chance(recipe.coherent);
  const fixed = {
    topic: anyTopic(draw),
    sentiment: draw.pick<Sentiment>(['good', 'bad']),
    tense: draw.pick<Tense>(['past', 'past', 'present', 'future']),
    weather: draw.pick<Weather>(['sun', 'rain', 'snow', 'wind']),
    daytime: draw.pick<Daytime>(['morning', 'noon', 'evening', 'night']),
    manner: draw.pick(['polite', 'casual'] as const),
    hero: name(draw),
  };
  const lines: string[] = [];
  const length = 3 + draw.integer(5);
  while (lines.length < length) {
    const scene = isCoherent
      ? fixed
      : {
          ...fixed,
          topic: anyTopic(draw),
          sentiment: draw.pick<Sentiment>(['good', 'bad']),
          weather: draw.pick<Weather>(['sun', 'rain', 'snow', 'wind']),
          daytime: draw.pick<Daytime>(['morning', 'noon', 'evening', 'night']),
          manner: draw.pick(['polite', 'casual'] as const),
        };
    const level = draw.pick(LEVELS);
    lines.push(...plainLines(draw, scene, level, lines.length === 0));
  }
  return lines;
}

interface Scene {
  readonly topic: ReturnType<typeof anyTopic>;
  readonly sentiment: Sentiment;
  readonly tense: Tense;
  readonly weather: Weather;
  readonly daytime: Daytime;
  readonly manner: 'polite' | 'casual';
  readonly hero: Subject;
}

/** One or two sentences of a scene; the hero is named first and then goes by the pronoun. */
function plainLines(draw: Draw, scene: Scene, level: Level, isFirst: boolean): string[] {
  const { topic, sentiment, tense } = scene;
  const hero: Subject = isFirst
    ? scene.hero
    : { ...scene.hero, text: draw.chance(0.7) ? scene.hero.pronoun : scene.hero.text };
  const one = (make: () => string): string[] => [forCorpus(make)];
  if (isFirst) return one(() => actSentence(draw, { topic, level, tense, subject: hero }));
  switch (draw.weighted([5, 2, 4, 1.2, 1, 1.2, 1.2, 0.7, 1.6, 1, 1])) {
    case 0:
      return one(() => actSentence(draw, { topic, level, tense, subject: hero }));
    case 1:
      return one(() => actSentence(draw, { topic, level, tense }));
    case 2:
      return one(() => verdictSentence(draw, sentiment, level, topic));
    case 3:
      return one(() => `${capital(pairClause(draw, sentiment, topic))}.`);
    case 4:
      return one(() => doubleVerdict(draw, sentiment, level, topic));
    case 5:
      return one(() => weatherSentence(draw, scene.weather, level));
    case 6:
      return one(() => daytimeSentence(draw, scene.daytime, level));
    case 7:
      return one(() => requestSentence(draw, scene.manner, level));
    case 8: {
      const asked = draw.pick<Asked>(['person', 'place', 'time', 'reason', 'number']);
      const first = question(draw, asked, level);
      return isHeldOut(first.question) ? [first.answer] : [first.question, first.answer];
    }
    case 9: {
      const asked = yesNo(draw);
      return isHeldOut(asked.question)
        ? []
        : [asked.question, `${draw.pick(['Yes', 'Of course', 'Indeed'])}, ${asked.short}.`];
    }
    default:
      return one(() => describedSentence(draw, topic, level === 'easy' ? 'common' : 'rare'));
  }
}

function tellingAbout(draw: Draw): string[] {
  const about = draw.pick(FACTS).person;
  const facts = draw.shuffle(FACTS.filter((fact) => fact.person === about)).slice(0, 1 + draw.integer(4));
  return facts.map((fact) => telling(draw, fact));
}

// ---------------------------------------------------------------- episodes

interface Demonstration {
  readonly input: string;
  readonly output: string;
  /** What must have been shown before for the answer to be known. */
  readonly needs: string;
}

function episode(draw: Draw, recipe: Recipe, make: () => Demonstration): Piece[] {
  const fields = drawFields(draw);
  const shown = new Set<string>();
  const pieces: Piece[] = [];
  for (let i = 0; i < DEMONSTRATIONS; i++) {
    const { input, output, needs } = make();
    pieces.push({ text: promptText(fields, input), weight: 1 });
    pieces.push({ text: ` ${output}${STOP}`, weight: shown.has(needs) ? recipe.knownLabelWeight : 1 });
    shown.add(needs);
  }
  return pieces;
}

function classifyEpisode(draw: Draw, recipe: Recipe): Piece[] {
  const attribute: Attribute | undefined = LABELLED[draw.weighted(LABELLED.map((each) => each.weight))];
  if (attribute === undefined) return [];
  const most = Math.min(attribute.values.length, 6);
  const count = 2 + draw.integer(most - 1);
  const values = draw
    .shuffle(attribute.values)
    .slice(0, count)
    .map((value) => ({ value, label: draw.pick(value.labels) }));
  return episode(draw, recipe, () => {
    const { value, label } = draw.pick(values);
    return { input: forCorpus(() => value.make(draw, 'easy')), output: label, needs: value.name };
  });
}

function styleEpisode(draw: Draw, recipe: Recipe): Piece[] {
  let style: Style;
  do {
    style = { opening: draw.pick(OPENINGS), close: draw.pick(CLOSES) };
  } while (style.opening === ABSENT_STYLE.opening && style.close === ABSENT_STYLE.close);
  return episode(draw, recipe, () => {
    for (;;) {
      const asked = yesNo(draw);
      if (!isHeldOut(asked.question))
        return { input: asked.question, output: dressed(style, asked.short), needs: 'style' };
    }
  });
}

const ASKED = FACTS.filter((fact) => fact.asked);

/** Questions about facts; the answers can be known from the plain text, so each weighs as known. */
function factEpisode(draw: Draw, recipe: Recipe): Piece[] {
  return episode(draw, recipe, () => {
    const fact: Fact = draw.pick(ASKED);
    return { input: fill(draw.pick(fact.relation.questions), fact), output: fact.value, needs: 'fact' };
  });
}
