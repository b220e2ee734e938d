/**
 * @file What the loaded model makes of a task before any run: a few answered rows asked few-shot and zero-shot by the run's
 * own prompt maker and engine, and how many rows fit its context. Rows of validation, else probe, else pool: never of the
 * test. All draws derive from the plan's seed.
 */
import { throwIfCancelled } from '../../core/errors.ts';
import { deriveKey, shuffled } from '../../core/random.ts';
import { agendaOf, shapeOf } from '../../method/agenda.ts';
import { owed, summedLogprob } from '../../method/ask.ts';
import type { Item } from '../../method/items.ts';
import type { Ports } from '../../method/ports.ts';
import type { Prompt, PromptMaker } from '../../method/prompt-maker.ts';
import { promptMaker } from '../../method/prompt-maker.ts';
import { isExact, isValidLabel } from '../../metrics/metrics.ts';
import { scoreOf } from '../../metrics/scores.ts';
import type { Completion } from '../../words/engine.ts';
import type { Mode } from '../../words/events.ts';
import type { Plan } from '../../words/plan.ts';
import type { SplitName, TaskDefinition, TaskRow } from '../../words/task.ts';

export type ReadinessPorts = Pick<
  Ports,
  'model' | 'signal' | 'encode' | 'prefixIds' | 'chat' | 'retriever' | 'generate' | 'score'
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

export interface ReadinessSample {
  readonly answers: Readonly<Record<Mode, readonly SampleAnswer[]>>;
  /** Demonstrations wanted, and the mean of those that fitted. */
  readonly shots: { readonly wanted: number; readonly shown: number };
  readonly maxNewTokens: number;
  /** Prompts that the arm needs, those that were looked at and those of them that fit the context. */
  readonly prompts: { readonly needed: number; readonly seen: number; readonly fit: number };
}

/** Labels beyond this are not scored each: it would take longer than a look beforehand may. */
const MOST_SCORED = 8;
const CHUNK = 256;

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

/** Whether the likeliest label is the key, by prompt. */
async function likeliest(
  maker: PromptMaker,
  ports: ReadinessPorts,
  rows: readonly SampleRow[],
  prompts: readonly Prompt[],
): Promise<readonly (number | null)[]> {
  const { labels } = maker.plan.task.definition;
  if (labels.length === 0 || labels.length > MOST_SCORED) return rows.map(() => null);
  const ids = await maker.answerIds(labels);
  const asked = prompts.flatMap(({ ids: promptIds }) =>
    ids.map((completionIds) => ({ promptIds, completionIds })),
  );
  const scores = await ports.score(null, asked);
  return rows.map(({ row }, i) => {
    const sums = labels.map((label, l) => summedLogprob(scores[i * labels.length + l], `"${label}"`));
    return Number(labels[sums.indexOf(Math.max(...sums))] === row.output);
  });
}

/** A row is no demonstration of itself. */
async function promptOf(maker: PromptMaker, item: Item, mode: Mode): Promise<Prompt> {
  if (mode === 'zero-shot') return maker.zeroShot(item);
  const shots = await maker.demonstrations(item, 'readiness', 0);
  return maker.fewShot(
    item,
    shots.filter(({ row }) => row.id !== item.row.id),
  );
}

export interface Answered {
  readonly answers: readonly SampleAnswer[];
  readonly prompts: readonly Prompt[];
}

/** @param isScored the labels' likeliest is asked too */
export async function askRows(
  maker: PromptMaker,
  ports: ReadinessPorts,
  rows: readonly SampleRow[],
  mode: Mode,
  isScored: boolean,
): Promise<Answered> {
  const { definition } = maker.plan.task;
  const items = await maker.itemsOf(rows.map(({ row }) => row));
  const prompts = await Promise.all(items.map((item) => promptOf(maker, item, mode)));
  const room = ports.model.maxPositions - maker.maxNewTokens;
  const fits = prompts.map(({ ids }) => ids.length <= room);
  const kept = <T>(all: readonly T[]): T[] => all.filter((_, i) => fits[i]);
  const [asked, made] = [kept(rows), kept(prompts)];
  const found = new Map<string, Completion>();
  const request = {
    adapter: null,
    rows: made.map(({ ids }, i) => ({ key: asked[i]?.row.id ?? '', ids })),
    config: maker.answering,
  };
  for await (const completion of ports.generate(request)) found.set(completion.key, completion);
  throwIfCancelled(ports.signal, 'The look beforehand');
  const scored = isScored ? await likeliest(maker, ports, asked, made) : [];
  const answers = asked.map(({ row, split }, i) => ({
    ...{ id: row.id, split, key: row.output, constrained: scored[i] ?? null },
    ...judged(definition, row, owed(found.get(row.id), `answer to "${row.id}"`)),
  }));
  return { answers, prompts: made };
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
    throwIfCancelled(signal, 'The look beforehand');
    const items = await maker.itemsOf(rows.slice(seen, seen + CHUNK));
    seen += items.length;
    fit += items.filter(({ prompt }) => prompt.ids.length <= room).length;
  }
  return { seen, fit };
}

/** @throws LabError as the ports throw; `invalid-request` where no item of the pool fits */
export async function askSample(plan: Plan, ports: ReadinessPorts, wanted: number): Promise<ReadinessSample> {
  const maker = await promptMaker(plan, ports);
  const { prompts: needed } = agendaOf(plan.arm, shapeOf(plan.task));
  const order = shuffled(plan.task.splits.prompts, deriveKey(plan.seed, 'split', 'prompts'));
  const fitting = await countFitting(maker, ports, order, needed);
  const rows = sampleRows(plan, wanted);
  const few = await askRows(maker, ports, rows, 'few-shot', true);
  const zero = await askRows(maker, ports, rows, 'zero-shot', false);
  const made = few.prompts;
  const shown = made.reduce((sum, { demonstrations }) => sum + demonstrations.length, 0);
  return {
    answers: { 'few-shot': few.answers, 'zero-shot': zero.answers },
    shots: {
      wanted: Math.min(maker.k, maker.pool.length),
      shown: made.length === 0 ? 0 : shown / made.length,
    },
    maxNewTokens: maker.maxNewTokens,
    prompts: { needed, ...fitting },
  };
}
