/**
 * @file A few answered rows asked of the base by the run's own prompt maker and engine, and how many rows fit its context.
 * Rows of validation, else probe, else pool: never of the test. All draws derive from the plan's seed.
 */
import { throwIfCancelled } from '../../core/errors.ts';
import { deriveKey, shuffled } from '../../core/random.ts';
import { owed, summedLogprob } from '../../method/ask.ts';
import type { Item } from '../../method/items.ts';
import type { Ports } from '../../method/ports.ts';
import type { Prompt, PromptMaker } from '../../method/prompt-maker.ts';
import { isExact, isValidLabel } from '../../metrics/metrics.ts';
import { scoreOf } from '../../metrics/scores.ts';
import type { Completion } from '../../words/engine.ts';
import type { Mode } from '../../words/events.ts';
import type { Plan } from '../../words/plan.ts';
import type { SplitName, TaskDefinition, TaskRow } from '../../words/task.ts';

export type ReadinessPorts = Pick<
  Ports,
  'model' | 'signal' | 'now' | 'encode' | 'prefixIds' | 'chat' | 'retriever' | 'generate' | 'score'
>;

export interface SampleAnswer {
  readonly id: string;
  readonly split: SplitName;
  readonly key: string;
  readonly answer: string;
  /** It ended by itself, not at the limit of tokens. */
  readonly isFinished: boolean;
  /** One of the labels or choices; null for a task without. */
  readonly isLabel: boolean | null;
  /** By the task's own metric, in [0, 1]. */
  readonly right: number;
  /** Of the likeliest label instead; null where it was not asked. */
  readonly constrained: number | null;
}

/** Labels beyond this are not scored each: it would take longer than a look beforehand may. */
const MOST_SCORED = 8;
const CHUNK = 256;
const WHAT = 'The look beforehand';

/** Splits that may be asked beforehand, in this order. */
const ASKED_SPLITS = ['validation', 'probe', 'pool'] as const satisfies readonly SplitName[];

export interface SampleRow {
  readonly split: SplitName;
  readonly row: TaskRow;
}

/** The seed's draw of answered rows. */
export function sampleRows(
  { task, seed }: Plan,
  wanted: number,
  splits: readonly SplitName[] = ASKED_SPLITS,
): readonly SampleRow[] {
  return splits
    .flatMap((split) =>
      shuffled(task.splits[split], deriveKey(seed, 'readiness', split)).map((row) => ({ split, row })),
    )
    .filter(({ row }) => row.output !== '')
    .slice(0, wanted);
}

const optionsOf = ({ labels }: TaskDefinition, { choices }: TaskRow): readonly string[] =>
  choices?.map(({ text }) => text) ?? labels;

function judged(definition: TaskDefinition, row: TaskRow, { text, finishReason }: Completion) {
  const answer = text.trim();
  const isFinished = finishReason !== 'length';
  const exact = isFinished && isExact(definition.kind, answer, row, definition.answerAfter);
  const prediction = { id: row.id, answer, isFinished, isExact: exact };
  const own = scoreOf(definition.metric);
  const value = own?.isOfLogprobs === true ? null : own?.valueOf(prediction, row, definition);
  const options = optionsOf(definition, row);
  return {
    ...{ answer, isFinished, right: value ?? Number(exact) },
    isLabel: options.length === 0 ? null : isFinished && isValidLabel(options, answer),
  };
}

export const isScorable = ({ task }: Plan): boolean => {
  const { length } = task.definition.labels;
  return length > 0 && length <= MOST_SCORED;
};

/** With whether the likeliest label is the key. */
export async function scored(
  maker: PromptMaker,
  ports: ReadinessPorts,
  { answers, prompts }: Answered,
): Promise<readonly SampleAnswer[]> {
  const { labels } = maker.plan.task.definition;
  const ids = await maker.answerIds(labels);
  const asked = prompts.flatMap(({ ids: promptIds }) =>
    ids.map((completionIds) => ({ promptIds, completionIds })),
  );
  const scores = await ports.score(null, asked);
  return answers.map((answer, i) => {
    const sums = labels.map((label, l) => summedLogprob(scores[i * labels.length + l], `"${label}"`));
    return { ...answer, constrained: Number(labels[sums.indexOf(Math.max(...sums))] === answer.key) };
  });
}

/** A row is no demonstration of itself. */
async function promptOf(maker: PromptMaker, item: Item, mode: Mode, draw: number): Promise<Prompt> {
  if (mode === 'zero-shot') return maker.zeroShot(item);
  const shots = await maker.demonstrations(item, 'readiness', draw);
  return maker.fewShot(
    item,
    shots.filter(({ row }) => row.id !== item.row.id),
  );
}

/** What begins like no label need not be heard to its end. */
const ANSWER_SLACK = 3;
export async function answerLimit(maker: PromptMaker): Promise<number> {
  const { labels } = maker.plan.task.definition;
  if (labels.length === 0) return maker.maxNewTokens;
  const longest = Math.max(...(await maker.answerIds(labels)).map(({ length }) => length));
  return Math.min(maker.maxNewTokens, longest + ANSWER_SLACK);
}

export interface Answered {
  /** Those that fit the context, in the order asked. */
  readonly rows: readonly SampleRow[];
  readonly answers: readonly SampleAnswer[];
  readonly prompts: readonly Prompt[];
}

/** @param draw of demonstrations, where these are drawn */
export async function askRows(
  maker: PromptMaker,
  ports: ReadinessPorts,
  rows: readonly SampleRow[],
  mode: Mode,
  draw = 0,
): Promise<Answered> {
  const { definition } = maker.plan.task;
  const items = await maker.itemsOf(rows.map(({ row }) => row));
  const prompts = await Promise.all(items.map((item) => promptOf(maker, item, mode, draw)));
  const room = ports.model.maxPositions - maker.maxNewTokens;
  const fits = prompts.map(({ ids }) => ids.length <= room);
  const kept = <T>(all: readonly T[]): T[] => all.filter((_, i) => fits[i]);
  const [asked, made] = [kept(rows), kept(prompts)];
  const found = new Map<string, Completion>();
  const request = {
    adapter: null,
    rows: made.map(({ ids }, i) => ({ key: asked[i]?.row.id ?? '', ids })),
    config: { ...maker.answering, maxNewTokens: await answerLimit(maker) },
  };
  for await (const completion of ports.generate(request)) found.set(completion.key, completion);
  throwIfCancelled(ports.signal, WHAT);
  const answers = asked.map(({ row, split }) => ({
    ...{ id: row.id, split, key: row.output, constrained: null },
    ...judged(definition, row, owed(found.get(row.id), `answer to "${row.id}"`)),
  }));
  return { rows: asked, answers, prompts: made };
}

/** Rows that fit the context alone, with room for an answer.
 * @param enough the count stops here */
export async function countFitting(
  maker: PromptMaker,
  { model, prefixIds, signal }: Pick<ReadinessPorts, 'model' | 'prefixIds' | 'signal'>,
  rows: readonly TaskRow[],
  enough = Infinity,
): Promise<{ readonly seen: number; readonly fit: number }> {
  const isChat = maker.plan.arm.knobs.chat !== 'off';
  const room = model.maxPositions - maker.maxNewTokens - (isChat ? 0 : (await prefixIds()).length);
  let [seen, fit] = [0, 0];
  while (seen < rows.length && fit < enough) {
    throwIfCancelled(signal, WHAT);
    const items = await maker.itemsOf(rows.slice(seen, seen + CHUNK));
    seen += items.length;
    fit += items.filter(({ prompt }) => prompt.ids.length <= room).length;
  }
  return { seen, fit };
}
