/**
 * @file What the fields of a method are, and what each of its verbs means: for the schema of experiments/methods.json and
 * docs/KNOBS.md.
 * The page does not show them and does not load this file.
 */
import type { Method, MethodLook } from './methods.ts';
import type { Verb, VerbKind } from './verbs.ts';

export const MEANINGS: { readonly [K in VerbKind]: Readonly<Record<Verb<K>, string>> } = {
  schedule: {
    rounds: 'Trains in every round.',
    once: 'Trains once, in the last round, with as many steps as all rounds together.',
    none: 'Trains never.',
  },
  labels: {
    'new-prompts':
      "The prompts since the training before: the round's own part, or all parts where there is one training.",
    'all-prompts': 'All prompts so far, anew in every round, each with the demonstrations that it had first.',
    questions: 'Questions that the teacher writes itself, as many as there would be prompts.',
    nothing: 'Nothing is labelled.',
  },
  teacher: {
    previous: 'The adapter of the round before; the base in the first.',
    base: 'The base, in every round.',
    key: 'The hidden key: no model is asked.',
    nobody: 'There is none.',
  },
  votes: {
    one: 'One answer to each prompt is its label.',
    rounds:
      'The majority over as many answers as there are rounds, each after demonstrations of its own; of equally frequent ones the first.',
    votes: 'The same over as many answers as the knob votes says.',
  },
  trainsOn: {
    labels: "The round's own labels that the filters kept.",
    earlier: 'All kept labels of earlier rounds; without it the knob replay says how many of them.',
    pool: 'The labelled items of the pool.',
  },
  fewShot: {
    shared: 'Evaluated after demonstrations that are the same in every round and arm.',
    own: 'Evaluated after demonstrations as the knob drawing says: they are what the method is.',
  },
  stop: {
    validation:
      'After the last round, where nothing can be trained on, or, if the knobs say so, when validation falls.',
    novelty: 'Also when too few of the questions are new.',
  },
};

/** Of a method, beside its verbs. */
export const FIELD_MEANINGS: Readonly<Partial<Record<keyof Method, string>>> = {
  title: 'As people read it.',
  help: 'One sentence.',
  presets: 'Knobs that make the method what it is; a run that sets them otherwise says so.',
  controls: 'The arms that make its gain mean something (docs/METHOD.md), run after it.',
  asControl: 'What it is as a control, a sentence’s beginning; empty where the title says it.',
};
/** Of its look. */
export const LOOK_MEANINGS: Readonly<Partial<Record<keyof MethodLook, string>>> = {
  colour: 'Of src/ui/design/arms.css.',
  dash: 'stroke-dasharray; empty is a solid line.',
};
