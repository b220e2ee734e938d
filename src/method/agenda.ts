/**
 * @file The agenda of a run: what it asks of the model, in order, from the arm and the sizes of its task alone. The loop
 * goes through its rounds; plan checks, predictions, progress and time left read it, so nothing of a run is reckoned
 * twice. This is where the verbs of a method (words/verbs.ts) become rounds, parts and counts.
 *
 * Not foreseen: refills of dropped answers, ISARA's further attempts, an early end.
 */
import type { EvaluatedSplit, Mode } from '../words/events.ts';
import { scoreOf } from '../metrics/scores.ts';
import type { Knobs } from '../words/knobs.ts';
import type { Method } from '../words/methods.ts';
import { methodOf } from '../words/methods.ts';
import type { Arm } from '../words/plan.ts';
import type { SplitName, Task, TaskDefinition } from '../words/task.ts';
import { SPLITS } from '../words/task.ts';
import type { Verb } from '../words/verbs.ts';

/** What an agenda must know of a task: of all its rows, or of those that a run has drawn. */
export interface TaskShape {
  readonly definition: Pick<TaskDefinition, 'kind' | 'labels'>;
  /** Rows by split. */
  readonly sizes: Readonly<Record<SplitName, number>>;
  /** Splits with choices to score; absent: every split of a multiple-choice task, and none of another. */
  readonly choices?: readonly SplitName[];
}

export const shapeOf = ({ definition, splits }: Task): TaskShape => ({
  definition,
  sizes: {
    pool: splits.pool.length,
    prompts: splits.prompts.length,
    validation: splits.validation.length,
    probe: splits.probe.length,
    test: splits.test.length,
  },
  choices: SPLITS.filter((split) => splits[split].some(({ choices }) => choices !== undefined)),
});

/** Whose answers: of the base (0), of the adapter of a round, of the hidden key. */
export type Answerer = number | 'key';

export interface Labelling {
  readonly source: 'prompts' | 'questions';
  readonly teacher: Answerer;
  /** Samples to be kept; more than these are not trained on. */
  readonly wanted: number;
  /** What the prompts are, each part labelled together: which part of the run's, and what keys its draws. */
  readonly parts: readonly { readonly part: number; readonly key: number }[];
  /** Rounds whose reserves refill what is dropped. */
  readonly reserves: readonly number[];
  /** Answers of the model to each prompt, of which the most frequent is the label; none of the key's. */
  readonly votes: number;
  /** Whether the teacher sees demonstrations before the prompt. */
  readonly prompt: Mode;
  /** Times that each answer's prompt is read. */
  readonly reads: number;
  /** By the likeliest of the label set, not by an answer. */
  readonly isScored: boolean;
  /** No earlier round labelled these prompts. */
  readonly isNew: boolean;
  /** A round that ends with too few new questions ends the run. */
  readonly endsByNovelty: boolean;
}

export interface Training {
  /** The adapter that training starts from; null: a fresh one. */
  readonly start: number | null;
  readonly steps: number;
  readonly trainsOn: readonly Verb<'trainsOn'>[];
}

export interface Evaluating {
  readonly split: EvaluatedSplit;
  readonly mode: Mode;
  readonly items: number;
  /** The candidates of each item are scored too. */
  readonly isConstrained: boolean;
  /** Times that a prompt is read for the likeliest label, which is its answer: 2 with calibration; 0: answers are free. */
  readonly reads: 0 | 1 | 2;
}

export interface AgendaRound {
  /** 0 is the base. */
  readonly round: number;
  /** Prompts that are ranked before the first training; 0 none. */
  readonly ranked: number;
  readonly label: Labelling | null;
  readonly train: Training | null;
  readonly evaluate: readonly Evaluating[];
}

export interface Agenda {
  /** Prompts that the run cannot do without; as many again make the reserves. */
  readonly prompts: number;
  /** Prompts that are drawn for the parts. */
  readonly drawn: number;
  /** The base's first. */
  readonly rounds: readonly AgendaRound[];
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

const TRAININGS: Readonly<Record<Verb<'schedule'>, (rounds: number) => readonly number[]>> = {
  rounds: upTo,
  once: (rounds) => [rounds],
  none: () => [],
};
const VOTES: Readonly<Record<Verb<'votes'>, (knobs: Knobs) => number>> = {
  one: () => 1,
  rounds: ({ rounds }) => rounds,
  votes: ({ votes }) => votes,
};
const TEACHERS: Readonly<Record<Verb<'teacher'>, (before: number) => Answerer | null>> = {
  previous: (before) => before,
  base: () => 0,
  key: () => 'key',
  nobody: () => null,
};

type Decoding = Knobs['decoding'];
/** By the likeliest of the label set, not by an answer. */
export const isScoredDecoding = (decoding: Decoding): boolean =>
  decoding !== 'greedy' && decoding !== 'sampled';
const readsOf = (decoding: Decoding): 0 | 1 | 2 => {
  if (!isScoredDecoding(decoding)) return 0;
  return decoding === 'calibrated' ? 2 : 1;
};

const isOfPrompts = ({ labels }: Method): boolean => labels === 'new-prompts' || labels === 'all-prompts';
/** The same prompts come again in every round; where there is one training, nothing comes again. */
const isReused = ({ schedule }: Method, { prompts }: Knobs): boolean =>
  schedule === 'rounds' && prompts === 'reused';

function labellingOf(
  { method, knobs }: Arm,
  { definition }: TaskShape,
  round: number,
  before: number,
): Labelling | null {
  const how = methodOf(method);
  const teacher = TEACHERS[how.teacher](before);
  const { decoding, teacherPrompt } = knobs;
  const isScored = isOfPrompts(how) && isScoredDecoding(decoding) && definition.labels.length > 0;
  if (how.labels === 'nothing' || teacher === null) return null;
  const span = upTo(round).filter((part) => how.labels === 'all-prompts' || part > before);
  const reused = isReused(how, knobs);
  // Random demonstrations are drawn anew for prompts that come again, fixed ones are the same anyway.
  const parts = reused ? [{ part: 1, key: round }] : span.map((part) => ({ part, key: part }));
  return {
    source: isOfPrompts(how) ? 'prompts' : 'questions',
    ...{ teacher, parts, wanted: parts.length * knobs.promptsPerRound },
    reserves: reused ? [round] : span,
    votes: teacher === 'key' ? 0 : isOfPrompts(how) ? VOTES[how.votes](knobs) : 1,
    ...{ isScored, reads: isScored ? readsOf(decoding) : 1 },
    prompt: isOfPrompts(how) && teacher !== 0 && teacher !== 'key' ? teacherPrompt : 'few-shot',
    isNew: before === 0 || (how.labels !== 'all-prompts' && !reused),
    endsByNovelty: how.stop === 'novelty',
  };
}

function trainingOf({ method, knobs }: Arm, round: number, before: number): Training {
  const { epochs, promptsPerRound, batchSize, start } = knobs;
  return {
    start: start === 'previous' && before > 0 ? before : null,
    // In all, equally many in every arm that trains, whatever it trains on.
    steps: (round - before) * epochs * Math.ceil(promptsPerRound / batchSize),
    trainsOn: methodOf(method).trainsOn,
  };
}

/** What the student was trained on, asked without demonstrations. */
function askedAgain({ trainedItems }: Knobs, label: Labelling | null): readonly Evaluating[] {
  const items = label?.source === 'prompts' ? Math.min(trainedItems, label.wanted) : 0;
  if (items === 0) return [];
  return [{ split: 'prompts', mode: 'zero-shot', items, isConstrained: false, reads: 0 }];
}

/** As many as are asked, or as there are. */
export const testItemsOf = ({ knobs }: Arm, { sizes }: Pick<TaskShape, 'sizes'>): number =>
  Math.min(knobs.testItems, sizes.test);

function evaluationsOf(arm: Arm, { definition, sizes, choices }: TaskShape): readonly Evaluating[] {
  const { method, knobs } = arm;
  const { constrained, stopMetric, fewShotItems, validationItems, probeItems } = knobs;
  const test = testItemsOf(arm, { sizes });
  const isChoice = definition.kind === 'multiple-choice';
  const withChoices = choices ?? (isChoice ? SPLITS : []);
  const isScored = (split: SplitName) =>
    constrained && (definition.labels.length > 0 || withChoices.includes(split));
  // An arm that trains nobody is held against students as the teacher that it could be: asked as teachers are.
  const isTeacher = methodOf(method).schedule === 'none' && definition.labels.length > 0;
  const few = { mode: 'few-shot', reads: isTeacher ? readsOf(knobs.decoding) : 0 } as const;
  const zero = { mode: 'zero-shot', reads: 0 } as const;
  const all: readonly Evaluating[] = [
    {
      ...{ ...zero, split: 'validation', items: Math.min(validationItems, sizes.validation) },
      isConstrained: isScored('validation') && scoreOf(stopMetric)?.isOfLogprobs === true,
    },
    { ...zero, split: 'test', items: test, isConstrained: isScored('test') },
    {
      ...few,
      split: 'test',
      items: Math.min(fewShotItems, test),
      isConstrained: isScored('test') && isChoice,
    },
    { ...few, split: 'probe', items: Math.min(probeItems, sizes.probe), isConstrained: false },
  ];
  return all.filter(({ items }) => items > 0);
}

export function agendaOf(arm: Arm, shape: TaskShape): Agenda {
  const { knobs } = arm;
  const how = methodOf(arm.method);
  const evaluate = evaluationsOf(arm, shape);
  const drawn = isOfPrompts(how) ? knobs.rounds * knobs.promptsPerRound : 0;
  const isRanked = knobs.acrossRounds !== 'random' || knobs.balanced;
  const ranked = isRanked ? Math.min(drawn, shape.sizes.prompts) : 0;
  const trainings = TRAININGS[how.schedule](knobs.rounds).map((round, i, all) => {
    const before = all[i - 1] ?? 0;
    const label = labellingOf(arm, shape, round, before);
    return {
      round,
      ranked: 0,
      label,
      train: trainingOf(arm, round, before),
      evaluate: [...evaluate, ...askedAgain(knobs, label)],
    };
  });
  return {
    prompts: drawn > 0 && isReused(how, knobs) ? knobs.promptsPerRound : drawn,
    drawn,
    rounds: [{ round: 0, ranked, label: null, train: null, evaluate }, ...trainings],
  };
}

/** Numbers of the rounds that train. */
export const trainedRounds = ({ rounds }: Agenda): readonly number[] =>
  rounds.flatMap(({ round, train }) => (train === null ? [] : [round]));

/** Answers of the model for one sample: of a question, the question itself too. */
export const answersEach = (label: Labelling | null | undefined): number =>
  label == null ? 0 : label.votes * label.reads + (label.source === 'questions' ? 1 : 0);

/** Samples that a run can have: its prompts and as many from the reserves; of what the model writes itself, attempts. */
export const mostSamples = ({ rounds }: Agenda, { isaraAttempts }: Knobs): number =>
  rounds.reduce((sum, { label }) => {
    if (label === null) return sum;
    return sum + label.wanted * (label.source === 'questions' ? isaraAttempts : 2);
  }, 0);

/** The agenda of a round; the base's where there is none of it. */
export function roundIn({ rounds }: Agenda, round: number): AgendaRound {
  const [base] = rounds;
  const found = rounds.find((one) => one.round === round) ?? base;
  return found ?? { round, ranked: 0, label: null, train: null, evaluate: [] };
}
