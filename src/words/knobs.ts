/**
 * @file Every setting of a run, once: default, range, unit and one line of help. The form, the validation, the JSON
 * Schema of experiment files and docs/KNOBS.md are made from this table. Defaults are METHOD's for nano.
 */
import { LabError } from '../core/errors.ts';
import type { Infer, Shape } from '../core/shape.ts';
import {
  expectation,
  flag as trueOrFalse,
  numberOr,
  textWithin,
  wholeWithin,
  within,
  word,
} from '../core/shape.ts';
import { STOP_METRICS } from '../metrics/scores.ts';

export type KnobGroup =
  'loop' | 'demonstrations' | 'labelling' | 'filters' | 'order' | 'training' | 'evaluation' | 'isara';

/** As a person reads them, in the order of forms and docs. */
export const KNOB_GROUPS: Readonly<Record<KnobGroup, string>> = {
  loop: 'The loop',
  demonstrations: 'Demonstrations',
  labelling: 'Labelling',
  filters: 'Filters',
  order: 'Order',
  training: 'Training',
  evaluation: 'Evaluation',
  isara: 'ISARA',
};

interface Described<T> {
  /** Its values. */
  readonly shape: Shape<T>;
  readonly group: KnobGroup;
  /** A few words, as a form shows it. */
  readonly label: string;
  /** One line. */
  readonly help: string;
}
export interface NumberKnob extends Described<number> {
  readonly kind: 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
  readonly unit: string;
}
export interface ChoiceKnob<T extends string = string> extends Described<T> {
  readonly kind: 'choice';
  readonly default: T;
  readonly options: readonly T[];
}
export interface FlagKnob extends Described<boolean> {
  readonly kind: 'flag';
  readonly default: boolean;
}
export interface TextKnob extends Described<string> {
  readonly kind: 'text';
  readonly default: string;
}
/** A number, or 'auto': what the loaded model's size says (words/learning-rate.ts). */
export interface AutoKnob extends Omit<NumberKnob, 'kind' | 'shape' | 'default'>, Described<number | 'auto'> {
  readonly kind: 'auto';
  readonly default: 'auto';
}
export type Knob = NumberKnob | AutoKnob | ChoiceKnob | FlagKnob | TextKnob;

const numeric =
  (isWhole: boolean) =>
  (
    group: KnobGroup,
    label: string,
    value: number,
    min: number,
    max: number,
    unit: string,
    help: string,
  ): NumberKnob => ({
    ...{ kind: 'number', group, label, default: value, min, max, isWhole, unit, help },
    shape: (isWhole ? wholeWithin : within)(min, max),
  });
const whole = numeric(true);
const real = numeric(false);
const automatic = (group: KnobGroup, label: string, min: number, max: number, help: string): AutoKnob => ({
  ...{ kind: 'auto', group, label, default: 'auto', min, max, isWhole: false, unit: '', help },
  shape: numberOr('auto', min, max),
});
const choice = <const T extends string>(
  group: KnobGroup,
  label: string,
  options: readonly [T, ...T[]],
  help: string,
): ChoiceKnob<T> => ({
  ...{ kind: 'choice', group, label, default: options[0], options, help },
  shape: word(options),
});
const flag = (group: KnobGroup, label: string, value: boolean, help: string): FlagKnob => ({
  ...{ kind: 'flag', group, label, default: value, help },
  shape: trueOrFalse,
});
/** Characters of a text that is set: a preamble beyond it has no room before any prompt, nor in an address. */
const LONGEST_KNOB_TEXT = 20_000;
const text = (group: KnobGroup, label: string, value: string, help: string): TextKnob => ({
  ...{ kind: 'text', group, label, default: value, help },
  shape: textWithin(LONGEST_KNOB_TEXT),
});

export const KNOBS = {
  rounds: whole('loop', 'Rounds', 3, 1, 20, 'rounds', 'How often the model labels, trains and is scored.'),
  promptsPerRound: whole(
    'loop',
    'Prompts per round',
    64,
    4,
    4096,
    'prompts',
    'Unlabelled inputs that each round labels; no prompt is used twice.',
  ),
  start: choice(
    'loop',
    'Start of training',
    ['base', 'previous'],
    'A fresh adapter from the base every round, or the adapter of the round before.',
  ),
  prompts: choice(
    'loop',
    'Prompts',
    ['fresh', 'reused'],
    'New prompts every round, or those of round 1 again and again.',
  ),
  replay: real(
    'loop',
    'Replay',
    0,
    0,
    1,
    'share',
    'Share of the examples of earlier rounds that is trained on again.',
  ),
  earlyStopping: flag(
    'loop',
    'Early stopping',
    false,
    'Stop when validation falls by more than one paired standard error; the best adapter is kept.',
  ),
  patience: whole('loop', 'Patience', 1, 1, 10, 'rounds', 'Falls in a row before early stopping stops.'),
  stopMetric: choice('loop', 'Metric of early stopping', STOP_METRICS, 'Measured zero-shot on validation.'),

  demonstrations: whole(
    'demonstrations',
    'Demonstrations k',
    0,
    0,
    32,
    'demonstrations',
    "Labelled items before each prompt; 0 takes the task's own number.",
  ),
  drawing: choice(
    'demonstrations',
    'How they are drawn',
    ['random', 'fixed', 'retrieved'],
    'Afresh for each prompt, the same for all, or the nearest by BM25.',
  ),
  poolSize: whole(
    'demonstrations',
    'ICL pool',
    64,
    1,
    4096,
    'items',
    'Labelled items that demonstrations are drawn from.',
  ),
  preamble: text(
    'demonstrations',
    'Preamble',
    '',
    'Text before the demonstrations, e.g. principles as in Dromedary.',
  ),
  chat: choice(
    'demonstrations',
    'Chat',
    ['off', 'turns', 'one-turn'],
    "Through the model's chat template: demonstrations as turns of user and assistant, or all in one turn; off: plain text, as base models need it.",
  ),
  system: text(
    'demonstrations',
    'System message',
    '',
    "With chat: the conversation's first turn, in all prompts, e.g. the task's instruction.",
  ),

  decoding: choice(
    'labelling',
    'Decoding of labels',
    ['greedy', 'sampled', 'constrained', 'calibrated', 'aligned'],
    'Most likely tokens, sampled ones, or the most likely label of the set: as it is, calibrated without content, aligned with the shares of the pool. Where nobody is trained, the last three choose few-shot answers too.',
  ),
  temperature: real('labelling', 'Temperature', 0.7, 0.05, 2, '', 'Of sampled labels.'),
  topP: real(
    'labelling',
    'Top p',
    1,
    0.05,
    1,
    '',
    'Of sampled labels: the smallest set of tokens with this probability.',
  ),
  teacherPrompt: choice(
    'labelling',
    'Prompt of a trained teacher',
    ['few-shot', 'zero-shot'],
    'As the base reads it, with demonstrations, or the prompt alone, as a student is trained.',
  ),
  votes: whole(
    'labelling',
    'Votes',
    5,
    1,
    50,
    'answers',
    'Answers to each prompt of which the most frequent is its label, in methods that vote.',
  ),
  maxNewTokens: whole(
    'labelling',
    'Answer limit',
    0,
    0,
    512,
    'tokens',
    "Longest answer; 0 takes the pool's longest and a few more.",
  ),
  labelNoise: real(
    'labelling',
    'Label noise',
    0,
    0,
    1,
    'share',
    'Share of self-labels replaced on purpose by another label.',
  ),
  noiseKind: choice(
    'labelling',
    'Kind of noise',
    ['symmetric', 'pair', 'instance'],
    'Any other label by chance; each label taken for the next one; so on all prompts with some words, and on no other.',
  ),

  degenerateFilter: flag(
    'filters',
    'Drop degenerate answers',
    true,
    'Empty, unfinished or repeating answers; in generation tasks also copies of a demonstration.',
  ),
  labelSetFilter: flag(
    'filters',
    'Drop answers outside the labels',
    false,
    'Classification only; it can remove most of the effect.',
  ),
  maxPerplexity: real('filters', 'Highest perplexity', 0, 0, 1000, '', 'Drop answers above it; 0 keeps all.'),
  minAgreement: real(
    'filters',
    'Least agreement',
    0,
    0,
    1,
    'share',
    'Drop labels that a smaller share of the votes agrees on, in methods that vote; 0 keeps all.',
  ),

  acrossRounds: choice(
    'order',
    'Order across rounds',
    ['random', 'easy-first', 'hard-first'],
    "Parts cut from the ranking by the base's perplexity of its own answers (SOFT+).",
  ),
  withinRound: choice(
    'order',
    'Order within a round',
    ['random', 'easy-first', 'hard-first'],
    'Order in which an epoch shows the examples.',
  ),
  balanced: flag(
    'order',
    'Balanced parts',
    false,
    'Rank within each predicted label, so that parts keep the same mix of labels.',
  ),

  template: choice(
    'training',
    'Training prompt',
    ['zero-shot', 'one-shot', 'mixed'],
    'The prompt alone, one random demonstration before it, or its own demonstrations before a share of the examples.',
  ),
  demonstrationShare: real(
    'training',
    'Share with demonstrations',
    0.5,
    0,
    1,
    'share',
    'With mixed: chance of each example to keep demonstrations, drawn by seed, round and item.',
  ),
  demonstrationsKept: whole(
    'training',
    'Demonstrations kept',
    1,
    1,
    32,
    'demonstrations',
    'With mixed: at most so many, the last it was labelled with; random ones of the pool where it has none.',
  ),
  tokenDropout: real(
    'training',
    'Token dropout',
    0,
    0,
    0.9,
    'share',
    "Share of the input's tokens hidden from the student (noisy student).",
  ),
  r: whole('training', 'LoRA r', 8, 1, 256, '', 'Rank of the update.'),
  loraAlpha: real('training', 'LoRA alpha', 16, 0.1, 1024, '', 'The update is scaled by alpha / r.'),
  loraDropout: real('training', 'LoRA dropout', 0, 0, 0.9, 'share', "Of the adapter's input while training."),
  useRslora: flag('training', 'rsLoRA', false, 'Scale by alpha / sqrt(r).'),
  targetModules: text(
    'training',
    'Target modules',
    'all-linear',
    'all-linear, or names separated by commas, e.g. q_proj,v_proj.',
  ),
  learningRate: automatic(
    'training',
    'Learning rate',
    1e-6,
    0.1,
    "AdamW's, lower for larger models; auto takes what was measured for the model's size.",
  ),
  lrSchedulerType: choice('training', 'Schedule', ['linear', 'cosine', 'constant'], 'After warm-up.'),
  warmupRatio: real(
    'training',
    'Warm-up',
    0.05,
    0,
    1,
    'share',
    'Share of all steps over which the rate rises.',
  ),
  weightDecay: real('training', 'Weight decay', 0, 0, 1, '', 'Decoupled.'),
  epochs: whole(
    'training',
    'Epochs',
    3,
    1,
    100,
    'epochs',
    'Steps per round = epochs x ceil(prompts per round / batch), in every arm.',
  ),
  batchSize: whole('training', 'Batch', 8, 1, 512, 'examples', 'Examples in one optimizer step.'),
  maxGradNorm: real('training', 'Clip', 1, 0, 100, '', 'Largest global gradient norm; 0 does not clip.'),

  testItems: whole(
    'evaluation',
    'Test items',
    400,
    0,
    100000,
    'items',
    'Drawn by the seed, scored zero-shot after every round.',
  ),
  fewShotItems: whole(
    'evaluation',
    'Few-shot test items',
    128,
    0,
    100000,
    'items',
    'The first of the test items, scored few-shot too.',
  ),
  validationItems: whole(
    'evaluation',
    'Validation items',
    128,
    0,
    100000,
    'items',
    'Decide early stopping and the best adapter.',
  ),
  probeItems: whole(
    'evaluation',
    'Probe items',
    64,
    0,
    100000,
    'items',
    'Labelled few-shot by every teacher; never trained on.',
  ),
  trainedItems: whole(
    'evaluation',
    'Trained prompts asked again',
    0,
    0,
    100000,
    'items',
    'The first prompts of a round, zero-shot after its training: does the student repeat its wrong labels?',
  ),
  constrained: flag(
    'evaluation',
    'Constrained scoring',
    true,
    'Also the most likely label of the set, plain and calibrated.',
  ),

  isaraNeighbours: whole(
    'isara',
    'Neighbours',
    3,
    1,
    16,
    'items',
    'Retrieved for each generated question and answer.',
  ),
  isaraShows: choice(
    'isara',
    'Shown before a new question',
    ['pairs', 'questions'],
    'The neighbours with their answers, or their questions alone.',
  ),
  isaraNovelty: real(
    'isara',
    'Least novelty',
    0.2,
    0,
    1,
    'share',
    'Stop when a smaller share of the generated samples is novel.',
  ),
  isaraAttempts: whole(
    'isara',
    'Attempts',
    4,
    1,
    50,
    'x prompts',
    'Generated questions per wanted one, at most.',
  ),
} as const satisfies Record<string, Knob>;

export type KnobName = keyof typeof KNOBS;
/** A value for every knob. */
export type Knobs = { readonly [K in KnobName]: Infer<(typeof KNOBS)[K]['shape']> };

/** What is wrong with a value for a knob, as a sentence's end, or null. */
export function knobFault({ shape }: Knob, value: unknown): string | null {
  const expected = expectation(shape, value);
  return expected === null ? null : `must be ${expected}`;
}

const isKnobs = (values: Readonly<Record<string, unknown>>): values is Knobs & Record<string, unknown> =>
  Object.entries(KNOBS).every(([name, knob]) => knobFault(knob, values[name]) === null);

export const isKnobName = (name: string): name is KnobName => Object.hasOwn(KNOBS, name);

/** All knobs, the named ones set, the others at their defaults (or at those of `base`).
 * @throws LabError `invalid-request` naming an unknown knob or a value out of range. */
export function knobs(set: Readonly<Record<string, unknown>> = {}, base: Partial<Knobs> = {}): Knobs {
  for (const [name, value] of Object.entries(set)) {
    if (!isKnobName(name)) {
      throw new LabError('invalid-request', `There is no knob "${name}".`, {
        remedy: `Knobs: ${Object.keys(KNOBS).join(', ')}.`,
      });
    }
    const fault = knobFault(KNOBS[name], value);
    if (fault !== null)
      throw new LabError('invalid-request', `Knob "${name}" ${fault}; it is ${JSON.stringify(value)}.`);
  }
  const defaults = Object.fromEntries(Object.entries(KNOBS).map(([name, knob]) => [name, knob.default]));
  const values: Record<string, unknown> = { ...defaults, ...base, ...set };
  if (!isKnobs(values)) throw new LabError('internal', "The knobs' own defaults are out of range.");
  return values;
}
