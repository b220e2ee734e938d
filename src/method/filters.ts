/**
 * @file Which self-labels are trained on, the same in every arm (METHOD "Filters"), and the account of what a filter
 * did: an effect of bootstrapping and an effect of filtering are two things.
 */
import type { FinishReason } from '../words/engine.ts';
import type { Sample, Verdict } from '../words/events.ts';
import type { Knobs } from '../words/knobs.ts';
import { isValidLabel, normaliseLabel, normaliseSquad } from '../metrics/metrics.ts';
import type { TaskDefinition } from '../words/task.ts';

export interface Draft {
  /** Cut at the stop and trimmed. */
  readonly answer: string;
  readonly finishReason: FinishReason;
  /** Tokens of the answer with its stop; where empty, its words are counted instead. */
  readonly ids: readonly number[];
  readonly perplexity: number | null;
  /** Share of the votes that say this; absent where there was no vote. */
  readonly agreement?: number;
  /** The answers of the demonstrations before this prompt. */
  readonly demonstrationAnswers: readonly string[];
}

/** Tokens that a block repeated back to back must cover, and how often it must stand there. */
const RUN_TOKENS = 8;
const RUN_TIMES = 3;
const LONGEST_BLOCK = 32;
/** Answers of this length whose 4-grams are mostly old ones repeat, even where the loop is not exact. */
const LOOP_TOKENS = 24;
const LEAST_DISTINCT_4 = 0.5;

function hasRun(tokens: readonly (number | string)[]): boolean {
  for (let block = 1; block <= LONGEST_BLOCK && block * RUN_TIMES <= tokens.length; block++) {
    // Tokens in a row that equal the one a block before them.
    let equal = 0;
    for (let i = block; i < tokens.length; i++) {
      equal = tokens[i] === tokens[i - block] ? equal + 1 : 0;
      if (equal + block >= Math.max(RUN_TIMES * block, RUN_TOKENS)) return true;
    }
  }
  return false;
}

/** Whether the tokens repeat themselves: a block of 1 to 32 tokens stands at least three times in a row and covers at
 * least 8 tokens; or, in at least 24 tokens, fewer than half of the 4-grams are different ones. An answer of fewer
 * than 8 tokens never repeats, whatever it says. */
export function repeatsItself(tokens: readonly (number | string)[]): boolean {
  if (hasRun(tokens)) return true;
  if (tokens.length < LOOP_TOKENS) return false;
  const grams = tokens.slice(3).map((_, i) => tokens.slice(i, i + 4).join(' '));
  return new Set(grams).size / grams.length < LEAST_DISTINCT_4;
}

/** What a copy is compared by: SQuAD's normal form, or the bare text where nothing is left of it. */
const copyForm = (text: string): string => {
  const normal = normaliseSquad(text);
  return normal === '' ? normaliseLabel(text) : normal;
};

function degeneracy(draft: Draft, { kind }: TaskDefinition): Verdict {
  const { answer, finishReason, ids, demonstrationAnswers } = draft;
  if (answer.trim() === '') return 'empty';
  if (finishReason === 'length') return 'unfinished';
  if (repeatsItself(ids.length > 0 ? ids : answer.split(/\s+/))) return 'repeats';
  // A right label often stands among the demonstrations; a free text hardly ever does.
  const said = copyForm(answer);
  if (kind === 'generation' && demonstrationAnswers.some((text) => copyForm(text) === said)) return 'copies';
  return 'kept';
}

/** The first reason to drop the answer, or `kept`. The label-set filter knows classification alone; an answer without a
 * perplexity (gold) passes the bound. */
export function verdictOf(draft: Draft, definition: TaskDefinition, knobs: Knobs): Verdict {
  if (knobs.degenerateFilter) {
    const verdict = degeneracy(draft, definition);
    if (verdict !== 'kept') return verdict;
  }
  const { kind, labels } = definition;
  if (knobs.labelSetFilter && kind === 'classification' && !isValidLabel(labels, draft.answer)) {
    return 'outside-labels';
  }
  const { perplexity } = draft;
  if (knobs.maxPerplexity > 0 && perplexity !== null && perplexity > knobs.maxPerplexity) return 'perplexity';
  if (draft.agreement !== undefined && draft.agreement < knobs.minAgreement) return 'disputed';
  return 'kept';
}

/** Kept answers that are no label of the task: what is left in where the label-set filter is off. Free text has no labels. */
export const keptOutside = (
  samples: readonly Sample[],
  { kind, labels }: TaskDefinition,
): readonly Sample[] =>
  kind !== 'classification'
    ? []
    : samples.filter(({ verdict, answer }) => verdict === 'kept' && !isValidLabel(labels, answer));

export interface FilterSide {
  readonly count: number;
  /** Of the samples whose key is known; null where there are none. */
  readonly accuracy: number | null;
  /** Normalised answer -> how often, most frequent first, equals by name. */
  readonly labels: readonly (readonly [label: string, count: number])[];
}

export interface FilterAccount {
  readonly before: FilterSide;
  readonly after: FilterSide;
  /** By verdict, `kept` left out; only verdicts that occur. */
  readonly dropped: ReadonlyMap<Verdict, FilterSide>;
}

/** How often each text stands there, most frequent first, equals in code unit order. */
export function countLabels(texts: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function sideOf(samples: readonly Sample[]): FilterSide {
  const judged = samples.filter(({ isRight }) => isRight !== null);
  const right = judged.filter(({ isRight }) => isRight === true);
  return {
    count: samples.length,
    accuracy: judged.length === 0 ? null : right.length / judged.length,
    labels: countLabels(samples.map(({ answer }) => normaliseLabel(answer))),
  };
}

/** What the filters did to these samples: count, accuracy and label balance before, after and of each verdict. */
export function filterAccount(samples: readonly Sample[]): FilterAccount {
  const verdicts = [...new Set(samples.map(({ verdict }) => verdict))].filter(
    (verdict) => verdict !== 'kept',
  );
  const of = (wanted: Verdict): FilterSide => sideOf(samples.filter(({ verdict }) => verdict === wanted));
  return {
    before: sideOf(samples),
    after: of('kept'),
    dropped: new Map(verdicts.map((verdict) => [verdict, of(verdict)])),
  };
}
