/**
 * @file Readiness's word: whether a run can work, of the sample's answers and sizes alone, each reason with remedies that
 * can be applied as they stand: knobs, labels' names, a template. What labels are worth is what the teacher says, so
 * few-shot answers decide; zero-shot is where a run begins, and is told with its reason.
 */
import { isScoredDecoding } from '../../method/agenda.ts';
import { formatRate, formatScore, formatShare } from '../../core/figures.ts';
import { floors } from '../../metrics/scores.ts';
import { shareError } from '../../metrics/statistics.ts';
import { shareInterval } from '../../metrics/share-interval.ts';
import { feasibleSizes } from '../../method/feasible.ts';
import type { Mode } from '../../words/events.ts';
import type { Plan } from '../../words/plan.ts';
import type { Remedy } from './remedies.ts';
import { MODEL, TEMPLATES, anotherK, constraining, moreRows, renaming } from './remedies.ts';
import type { ReadinessSample } from './sample.ts';
import type { Shares } from './shares.ts';
import { commonestOf, rightWords, sharesOf } from './shares.ts';

export type ReasonCode =
  | 'sizes'
  | 'context'
  | 'no-sample'
  | 'few-rows'
  | 'template'
  | 'too-long'
  | 'no-label'
  | 'all-same'
  | 'chance'
  | 'zero-shot';

export interface Reason {
  readonly code: ReasonCode;
  /** `stops`: the run cannot work; `doubts`: it may not; `tells`: nothing is wrong. */
  readonly weight: 'stops' | 'doubts' | 'tells';
  readonly text: string;
  readonly remedies: readonly Remedy[];
}

export type Word = 'ready' | 'doubtful' | 'not ready';

export interface Readiness {
  readonly word: Word;
  readonly shares: Readonly<Record<Mode, Shares>>;
  readonly reasons: readonly Reason[];
}

/** Fewer answers than this say nothing of shares. */
const LEAST_ITEMS = 4;
/** From as many on a share within the noise of labels drawn is told as no better than these. */
const ENOUGH_ITEMS = 16;

function sizesReason(plan: Plan, { prompts: { needed, seen, fit } }: ReadinessSample): readonly Reason[] {
  if (fit >= needed) return [];
  const { rounds, promptsPerRound } = plan.arm.knobs;
  const fitting = fit < seen ? `, of which ${fit} fit the model` : '';
  const sizes = feasibleSizes({ needed, promptsPerRound }, fit);
  return [
    {
      ...{ code: 'sizes', weight: 'stops' },
      text: `${rounds} rounds of ${promptsPerRound} need ${needed} prompts; the task has ${plan.task.splits.prompts.length}${fitting}.`,
      remedies: sizes.map((set) => ({
        kind: 'knobs',
        words: `${set.rounds} ${set.rounds === 1 ? 'round' : 'rounds'} of ${set.promptsPerRound}`,
        set,
      })),
    },
  ];
}

function contextReason({ shots: { wanted, shown } }: ReadinessSample): readonly Reason[] {
  if (shown >= wanted) return [];
  const demonstrations = Math.floor(shown);
  const fewer: readonly Remedy[] =
    demonstrations < 1
      ? []
      : [{ kind: 'knobs', words: `Show ${demonstrations} demonstrations`, set: { demonstrations } }];
  return [
    {
      ...{ code: 'context', weight: 'doubts' },
      text: `Of ${wanted} demonstrations, ${formatRate(shown)} fit the model's context on average.`,
      remedies: [...fewer, MODEL],
    },
  ];
}

function templateReason({ task }: Plan): readonly Reason[] {
  const { template } = task.definition;
  const mended = template.replace(/[ \t]+$/, '');
  if (mended === template) return [];
  return [
    {
      ...{ code: 'template', weight: 'doubts' },
      text: 'The template ends with a space, and an answer begins with one: the model reads two.',
      remedies: [{ kind: 'template', words: 'Take the space off', template: mended }],
    },
  ];
}

/** Whether the answers that decide are free ones, or the likeliest labels. */
const isFree = ({ task, arm }: Plan): boolean =>
  task.definition.labels.length === 0 || !isScoredDecoding(arm.knobs.decoding);

interface Guessing {
  readonly chance: number;
  readonly best: number;
}

/** What needs no model, on the rows that were asked: labels drawn evenly, and always the commonest. */
function guessing({ task: { definition, splits } }: Plan, { answers }: ReadinessSample): Guessing {
  const ids = new Set(answers['few-shot'].map(({ id }) => id));
  const rows = [...splits.validation, ...splits.probe, ...splits.pool].filter(({ id }) => ids.has(id));
  const { chance, majority } = floors(definition, rows, definition.metric);
  return { chance: chance ?? 0, best: Math.max(chance ?? 0, majority ?? 0) };
}

/** A share up to here is told as no better than guessing. Of a handful of rows nothing is said that the next ones may take
 * back. */
const withNoise = (guessed: number, items: number): number =>
  guessed + (items < ENOUGH_ITEMS ? 0 : shareError(guessed, items));

interface Likeliest {
  readonly remedies: readonly Remedy[];
  /** '' where there is nothing to say. */
  readonly words: string;
}

/** The likeliest label, where it helps; and, where it was tried and is no better than guessing, that. */
function likeliest(plan: Plan, sample: ReadinessSample, few: Shares): Likeliest {
  const { best } = guessing(plan, sample);
  const least = withNoise(best, few.items);
  const remedies = constraining(plan, few, least);
  const { constrained } = few;
  if (!isFree(plan) || constrained === null || constrained > least) return { remedies, words: '' };
  return {
    remedies,
    words: ` The likeliest label is right in ${formatScore(constrained)}, no better than guessing (${formatScore(best)}): other demonstrations, another template or a larger model may help.`,
  };
}

/** Of what is said at all: labels, ends, more than one thing. The first fault explains those behind it. */
function sayingReason(plan: Plan, sample: ReadinessSample, few: Shares): Reason | null {
  const answers = sample.answers['few-shot'];
  const said = `"${few.commonest.slice(0, 40)}"`;
  const other: readonly Remedy[] = [TEMPLATES, ...anotherK(plan), MODEL];
  const constrain = likeliest(plan, sample, few);
  if (few.tooLong > 0.5) {
    const isOpen = plan.task.definition.labels.length === 0;
    const longer = { maxNewTokens: 2 * sample.maxNewTokens };
    return {
      ...{ code: 'too-long', weight: few.tooLong === 1 ? 'stops' : 'doubts' },
      text: `Few-shot, ${formatShare(few.tooLong)} of ${few.items} answers do not end within ${sample.maxNewTokens} tokens.${constrain.words}`,
      remedies: [
        ...(isOpen
          ? [{ kind: 'knobs', words: `Allow ${longer.maxNewTokens} tokens`, set: longer } as const]
          : []),
        ...[...constrain.remedies, ...other],
      ],
    };
  }
  if (few.labels !== null && few.labels < 0.5)
    return {
      ...{ code: 'no-label', weight: few.labels < 0.1 ? 'stops' : 'doubts' },
      text: `Few-shot, ${formatShare(few.labels)} of ${few.items} answers are labels at all; the commonest is ${said}.${constrain.words}`,
      remedies: [...renaming(plan, answers), ...constrain.remedies, ...other],
    };
  const keys = commonestOf(answers.map(({ key }) => key))[1] / few.items;
  if (few.same >= 0.9 && keys < 0.9)
    return {
      ...{ code: 'all-same', weight: 'doubts' },
      text: `Few-shot, ${formatShare(few.same)} of ${few.items} answers are the same: ${said}.${constrain.words}`,
      remedies: [...constrain.remedies, ...other],
    };
  return null;
}

/** Of how many are right: above labels drawn evenly, not above, or too few rows to tell. */
function rightReason(plan: Plan, sample: ReadinessSample, few: Shares): Reason | null {
  const { chance } = guessing(plan, sample);
  const constrain = likeliest(plan, sample, few);
  const right = isFree(plan) ? few.right : (few.constrained ?? few.right);
  const told = `Few-shot, ${rightWords(right, few.items)}`;
  const drawn = chance === 0 ? '' : `; drawing labels evenly gives ${formatScore(chance)}`;
  if (right <= withNoise(chance, few.items))
    return {
      ...{ code: 'chance', weight: 'doubts' },
      text: `${told}${drawn}: there is little to learn from these labels.${constrain.words}`,
      remedies: [...constrain.remedies, TEMPLATES, ...anotherK(plan), MODEL],
    };
  if (shareInterval(right, few.items).low > chance) return null;
  return {
    ...{ code: 'few-rows', weight: 'doubts' },
    text: `${told}${drawn}: too few rows to tell the two apart.`,
    remedies: [moreRows(few.items), ...constrain.remedies, TEMPLATES],
  };
}

/** Without demonstrations nobody told the model what an answer looks like; a run teaches that. */
function zeroShotReason(few: Shares, zero: Shares): readonly Reason[] {
  if (zero.items === 0 || zero.right >= few.right / 2 || few.right === 0) return [];
  const why =
    zero.tooLong > 0.5
      ? 'the answers do not end'
      : zero.labels !== null && zero.labels < 0.5
        ? `${formatShare(zero.labels)} of the answers are labels, the commonest is "${zero.commonest.slice(0, 40)}"`
        : 'the labels are wrong ones';
  return [
    {
      ...{ code: 'zero-shot', weight: 'tells', remedies: [] },
      text: `Zero-shot, ${formatScore(zero.right)} are right, because ${why}: a run begins there, and training teaches it.`,
    },
  ];
}

export function readinessOf(plan: Plan, sample: ReadinessSample): Readiness {
  const shares = {
    'few-shot': sharesOf(sample.answers['few-shot']),
    'zero-shot': sharesOf(sample.answers['zero-shot']),
  };
  const few = shares['few-shot'];
  const noSample: Reason = {
    ...{ code: 'no-sample', weight: 'doubts', remedies: [] },
    text: `${few.items} answered rows outside the test fit the model: too few to say how it answers; ${LEAST_ITEMS} are needed.`,
  };
  const ofAnswers = (isFree(plan) ? sayingReason(plan, sample, few) : null) ?? rightReason(plan, sample, few);
  const reasons = [
    ...sizesReason(plan, sample),
    ...templateReason(plan),
    ...contextReason(sample),
    ...(few.items < LEAST_ITEMS
      ? [noSample]
      : [...(ofAnswers === null ? [] : [ofAnswers]), ...zeroShotReason(few, shares['zero-shot'])]),
  ];
  const has = (weight: Reason['weight']) => reasons.some((reason) => reason.weight === weight);
  return { word: has('stops') ? 'not ready' : has('doubts') ? 'doubtful' : 'ready', shares, reasons };
}
