/**
 * @file The evaluation of a round's adapter (round 0: of the base) as METHOD defines it: greedy free answers, cut at the
 * stop; the labels' summed log-probabilities beside them. Few-shot demonstrations are drawn by (seed, item), the same in
 * every round and arm. Test items never decide anything: only validation does (decide.ts).
 */
import type { Adapter } from '../lora/config.ts';
import type { Evaluating } from './agenda.ts';
import { roundIn } from './agenda.ts';
import { generated, owed, summedLogprob } from './ask.ts';
import type { Score } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { Evaluation, LoopEvent } from '../words/events.ts';
import { isExact } from '../metrics/metrics.ts';
import type { Item } from './items.ts';
import type { Prompt } from './prompt-maker.ts';
import { saidMode, shotsOf } from './room.ts';
import type { RunContext } from './run-context.ts';
import type { TaskRow } from '../words/task.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';

/** The texts of an item's candidates: its choices, or the task's labels. */
const candidatesOf = (run: RunContext, { row }: Item): readonly string[] =>
  row.choices?.map(({ text }) => text) ?? run.plan.task.definition.labels;

/** Token ids of each item's candidates. */
async function candidateIds(
  run: RunContext,
  items: readonly Item[],
): Promise<readonly (readonly (readonly number[])[])[]> {
  const texts = items.map((item) => candidatesOf(run, item));
  const ids = await run.answerIds(texts.flat());
  let at = 0;
  return texts.map((own) => own.map(() => ids[at++] ?? []));
}

/** Log-probability of each candidate, and the entropies of the distribution of its first token. */
function toldBy(run: RunContext, item: Item, scores: readonly Score[]) {
  return {
    logprobs: candidatesOf(run, item).map((text, i) => summedLogprob(scores[i], `"${text}"`)),
    entropies: scores.flatMap(({ entropies: [first] }) => first ?? []),
  };
}

/** A prompt that says nothing (arXiv 2102.09690). */
export const CONTENT_FREE: TaskRow = { id: 'content-free', input: 'N/A', output: '' };

/** What the labels' log-probabilities are without any content, for contextual calibration (arXiv 2102.09690). */
async function contentFree(run: RunContext, adapter: Adapter | null): Promise<readonly number[] | undefined> {
  const { definition } = run.plan.task;
  if (definition.labels.length === 0) return undefined;
  const [item] = await run.itemsOf([CONTENT_FREE]);
  if (item === undefined) return undefined;
  const promptIds = run.zeroShot(item).ids;
  const [ids = []] = await candidateIds(run, [item]);
  const scores = await run.ports.score(
    adapter,
    ids.map((completionIds) => ({ promptIds, completionIds })),
  );
  return toldBy(run, item, scores).logprobs;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

async function* evaluateOne(
  run: RunContext,
  round: number,
  adapter: Adapter | null,
  wanted: Evaluating,
  items: readonly Item[],
  made: readonly Prompt[],
): AsyncGenerator<LoopEvent, Evaluation> {
  const { split, mode, isConstrained } = wanted;
  const { definition } = run.plan.task;
  const shots = shotsOf(made);
  // A prompt is read once for its answer and its candidates.
  const candidates = isConstrained ? await candidateIds(run, items) : [];
  const prompts = made.map((prompt, i) => {
    const own = candidates[i] ?? [];
    return own.length > 0 ? { ...prompt, candidates: own } : prompt;
  });
  const keys = items.map(({ row }) => row.id);
  const answers = yield* generated(run, round, adapter, prompts, keys, run.answering, 'evaluate');
  const told = items.map((item, i) => {
    const completion = owed(answers[i], `answer to "${item.row.id}"`);
    return { item, completion, scored: isConstrained ? toldBy(run, item, completion.scores ?? []) : null };
  });
  const entropies = told.flatMap(({ scored }) => scored?.entropies ?? []);
  const free = isConstrained && mode === 'zero-shot' ? await contentFree(run, adapter) : undefined;
  const predictions = told.map(({ item: { row }, completion: { text, finishReason }, scored }) => {
    const answer = text.trim();
    const isFinished = finishReason !== 'length';
    return {
      ...{
        id: row.id,
        answer,
        isFinished,
        isExact: isFinished && isExact(definition.kind, answer, row, definition.answerAfter),
      },
      ...(scored === null ? {} : { labelLogprobs: scored.logprobs }),
    };
  });
  return {
    split,
    mode,
    predictions,
    tokenEntropy: entropies.length === 0 ? null : meanOf(entropies),
    ...(free === undefined ? {} : { contentFree: free }),
    ...(shots === undefined ? {} : { shots }),
  };
}

/** Evaluates what the round's state does not hold yet. */
export async function* evaluate(run: RunContext, state: RunState, round: number): AsyncGenerator<LoopEvent> {
  const { adapter, evaluations } = roundOf(state, round);
  if (round > 0 && adapter === null) return;
  for (const wanted of roundIn(run.agenda, round).evaluate) {
    const { split, mode } = wanted;
    const items = run.items[split].slice(0, wanted.items);
    if (evaluations.some((done) => done.split === split && done.mode === mode)) continue;
    throwIfCancelled(run.ports.signal, 'Evaluation');
    const began = run.ports.now();
    const prompts = await Promise.all(items.map((item) => run.evaluated(item, mode)));
    const said = saidMode(mode, shotsOf(prompts));
    const detail = `${split}, ${said}`;
    const evaluating = { split, mode };
    yield { type: 'phase', round, phase: 'evaluate', items: items.length, detail, evaluating };
    const evaluation = yield* evaluateOne(run, round, adapter, wanted, items, prompts);
    yield {
      type: 'evaluated',
      round,
      evaluation,
      cost: { tokens: items.length * run.maxNewTokens, milliseconds: run.ports.now() - began },
    };
  }
}
