/**
 * @file Readiness's word: whether a run can work, of the sample's answers and sizes alone, each reason with remedies that
 * can be applied as they stand: knobs, labels' names, a template. What labels are worth is what the teacher says, so
 * few-shot answers decide; zero-shot is where a run begins, and is told with its reason.
 */
import { normaliseLabel } from '../../metrics/metrics.ts';
import { floors } from '../../metrics/scores.ts';
import { shareError } from '../../metrics/statistics.ts';
import { feasibleSizes } from '../../method/feasible.ts';
import type { Mode } from '../../words/events.ts';
import type { Knobs } from '../../words/knobs.ts';
import type { Plan } from '../../words/plan.ts';
import type { ReadinessSample, SampleAnswer } from './sample.ts';

export type Remedy =
  | { readonly kind: 'knobs'; readonly words: string; readonly set: Partial<Knobs> }
  | { readonly kind: 'labels'; readonly words: string; readonly names: Readonly<Record<string, string>> }
  | { readonly kind: 'template'; readonly words: string; readonly template: string }
  /** Asks the prompt doctor. */
  | { readonly kind: 'templates'; readonly words: string }
  | { readonly kind: 'model'; readonly words: string };

export type ReasonCode =
  | 'sizes'
  | 'context'
  | 'no-sample'
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

export interface Shares {
  readonly items: number;
  /** Answers that are a label or a choice; null where the task has none. */
  readonly labels: number | null;
  readonly right: number;
  /** Of the likeliest label instead; null where it was not asked. */
  readonly constrained: number | null;
  readonly tooLong: number;
  /** The commonest answer, and how many gave it. */
  readonly commonest: string;
  readonly same: number;
}

export type Word = 'ready' | 'doubtful' | 'not ready';

export interface Readiness {
  readonly word: Word;
  readonly shares: Readonly<Record<Mode, Shares>>;
  readonly reasons: readonly Reason[];
}

/** Fewer answers than this say nothing of shares. */
const LEAST_ITEMS = 8;
const MOST_DEMONSTRATIONS = 8;

const count = <T>(all: readonly T[], is: (one: T) => boolean): number => all.filter(is).length;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The commonest text, compared as labels are. */
function commonestOf(texts: readonly string[]): readonly [text: string, times: number] {
  const times = new Map<string, number>();
  for (const text of texts) times.set(normaliseLabel(text), (times.get(normaliseLabel(text)) ?? 0) + 1);
  return [...times].reduce<readonly [string, number]>(
    (best, one) => (one[1] > best[1] ? one : best),
    ['', 0],
  );
}

function sharesOf(answers: readonly SampleAnswer[]): Shares {
  const items = answers.length;
  const of = (number: number) => (items === 0 ? 0 : number / items);
  const [commonest, same] = commonestOf(answers.map(({ answer }) => answer));
  const isLabelled = answers.some(({ isLabel }) => isLabel !== null);
  const isScored = answers.some(({ constrained }) => constrained !== null);
  return {
    ...{ items, commonest, same: of(same), right: of(sum(answers.map(({ right }) => right))) },
    labels: isLabelled ? of(count(answers, ({ isLabel }) => isLabel === true)) : null,
    constrained: isScored ? of(sum(answers.map(({ constrained }) => constrained ?? 0))) : null,
    tooLong: of(count(answers, ({ isFinished }) => !isFinished)),
  };
}

const MODEL: Remedy = { kind: 'model', words: 'Load a larger model' };
const TEMPLATES: Remedy = { kind: 'templates', words: 'Try other templates' };

function constraining({ task, arm }: Plan, { constrained, right }: Shares): readonly Remedy[] {
  if (task.definition.labels.length === 0 || arm.knobs.decoding === 'constrained') return [];
  // Where it was tried and gains nothing it is no remedy.
  if (constrained !== null && constrained <= right) return [];
  const gain = constrained === null ? '' : `: ${constrained.toFixed(2)} right here`;
  return [{ kind: 'knobs', words: `Take the likeliest label${gain}`, set: { decoding: 'constrained' } }];
}

/** More demonstrations where there are few, fewer where there are many. */
function anotherK({ task, arm }: Plan): readonly Remedy[] {
  const k = arm.knobs.demonstrations || task.definition.k;
  const demonstrations = k < MOST_DEMONSTRATIONS ? Math.min(2 * k, MOST_DEMONSTRATIONS) : Math.ceil(k / 2);
  return demonstrations === k
    ? []
    : [{ kind: 'knobs', words: `Show ${demonstrations} demonstrations`, set: { demonstrations } }];
}

/** What the model says instead of each label, where it says one thing of most rows of a label and another of each. */
export function wordsFor(
  labels: readonly string[],
  answers: readonly SampleAnswer[],
): Readonly<Record<string, string>> | null {
  const own = new Set(labels.map(normaliseLabel));
  const names = labels.map((label) => {
    const said = answers.filter(({ key, isFinished }) => key === label && isFinished);
    const [word, times] = commonestOf(said.map(({ answer }) => answer));
    const isName = word !== '' && word.length <= 30 && !word.includes('\n');
    return isName && times * 2 > said.length ? word : null;
  });
  const known = names.flatMap((name) => name ?? []);
  if (known.length < labels.length || new Set(known).size < labels.length) return null;
  if (known.every((name) => own.has(name))) return null;
  return Object.fromEntries(labels.map((label, i) => [label, known[i] ?? label]));
}

function renaming({ task }: Plan, answers: readonly SampleAnswer[]): readonly Remedy[] {
  const names = wordsFor(task.definition.labels, answers);
  if (names === null) return [];
  const pairs = Object.entries(names).map(([label, name]) => `${label} as ${name}`);
  return [{ kind: 'labels', words: `Name the labels as the model does: ${pairs.join(', ')}`, names }];
}

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
      text: `Of ${wanted} demonstrations, ${shown.toFixed(1)} fit the model's context on average.`,
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

/** Of answers that decide: the first fault explains those behind it. */
function answersReason(plan: Plan, sample: ReadinessSample, few: Shares): readonly Reason[] {
  const answers = sample.answers['few-shot'];
  const { task, arm } = plan;
  const { definition } = task;
  const isFree = definition.labels.length === 0 || arm.knobs.decoding !== 'constrained';
  const said = `"${few.commonest.slice(0, 40)}"`;
  const other: readonly Remedy[] = [TEMPLATES, ...anotherK(plan), MODEL];
  const constrain = constraining(plan, few);
  if (isFree && few.tooLong > 0.5) {
    const longer: readonly Remedy[] =
      definition.labels.length > 0
        ? []
        : [
            {
              kind: 'knobs',
              words: `Allow ${2 * sample.maxNewTokens} tokens`,
              set: { maxNewTokens: 2 * sample.maxNewTokens },
            },
          ];
    return [
      {
        ...{ code: 'too-long', weight: few.tooLong === 1 ? 'stops' : 'doubts' },
        text: `Few-shot, ${percent(few.tooLong)} of the answers do not end within ${sample.maxNewTokens} tokens.`,
        remedies: [...longer, ...constrain, ...other],
      },
    ];
  }
  if (isFree && few.labels !== null && few.labels < 0.5) {
    return [
      {
        ...{ code: 'no-label', weight: few.labels < 0.1 ? 'stops' : 'doubts' },
        text: `Few-shot, ${percent(few.labels)} of the answers are labels at all; the commonest is ${said}.`,
        remedies: [...renaming(plan, answers), ...constrain, ...other],
      },
    ];
  }
  const keys = commonestOf(answers.map(({ key }) => key))[1] / few.items;
  if (isFree && few.same >= 0.9 && keys < 0.9) {
    return [
      {
        ...{ code: 'all-same', weight: 'doubts' },
        text: `Few-shot, ${percent(few.same)} of the answers are the same: ${said}.`,
        remedies: [...constrain, ...other],
      },
    ];
  }
  const ids = new Set(answers.map(({ id }) => id));
  const rows = [...task.splits.validation, ...task.splits.probe, ...task.splits.pool].filter(({ id }) =>
    ids.has(id),
  );
  const chance = floors(definition, rows, definition.metric).chance ?? 0;
  const right = isFree ? few.right : (few.constrained ?? few.right);
  if (right > chance + shareError(chance, few.items)) return [];
  const floor = chance === 0 ? '' : `; drawing labels evenly gives ${chance.toFixed(2)}`;
  return [
    {
      ...{ code: 'chance', weight: 'doubts' },
      text: `Few-shot, ${right.toFixed(2)} are right on ${few.items} rows${floor}: there is little to learn from these labels.`,
      remedies: [...constrain, ...other],
    },
  ];
}

/** Without demonstrations nobody told the model what an answer looks like; a run teaches that. */
function zeroShotReason(few: Shares, zero: Shares): readonly Reason[] {
  if (zero.right >= few.right / 2 || few.right === 0) return [];
  const why =
    zero.tooLong > 0.5
      ? 'the answers do not end'
      : zero.labels !== null && zero.labels < 0.5
        ? `${percent(zero.labels)} of the answers are labels, the commonest is "${zero.commonest.slice(0, 40)}"`
        : 'the labels are wrong ones';
  return [
    {
      ...{ code: 'zero-shot', weight: 'tells', remedies: [] },
      text: `Zero-shot, ${zero.right.toFixed(2)} are right, because ${why}: a run begins there, and training teaches it.`,
    },
  ];
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

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
  const reasons = [
    ...sizesReason(plan, sample),
    ...templateReason(plan),
    ...contextReason(sample),
    ...(few.items < LEAST_ITEMS
      ? [noSample]
      : [...answersReason(plan, sample, few), ...zeroShotReason(few, shares['zero-shot'])]),
  ];
  const has = (weight: Reason['weight']) => reasons.some((reason) => reason.weight === weight);
  return { word: has('stops') ? 'not ready' : has('doubts') ? 'doubtful' : 'ready', shares, reasons };
}

/** As a person reads it, in page and command. */
export function sharesWords(
  mode: Mode,
  { items, labels, right, constrained, tooLong, same }: Shares,
): string {
  const parts = [
    `${right.toFixed(2)} right`,
    ...(labels === null ? [] : [`${percent(labels)} labels`]),
    ...(constrained === null ? [] : [`${constrained.toFixed(2)} by the likeliest label`]),
    `${percent(same)} the same`,
    `${percent(tooLong)} too long`,
  ];
  return `${mode}: ${parts.join(', ')} (${items} rows)`;
}
