/**
 * @file The evaluation of a round's adapter (round 0: of the base) as METHOD defines it: greedy free answers, cut at the
 * stop; the labels' summed log-probabilities beside them. Few-shot demonstrations are drawn by (seed, item), the same in
 * every round and arm. Test items never decide anything: only validation does (decide.ts).
 */
import type { Adapter } from '../lora/config.ts';
import type { Evaluating } from './agenda.ts';
import { roundIn } from './agenda.ts';
import { owed, summedLogprob } from './ask.ts';
import type { Completion } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { Evaluation, LoopEvent } from '../words/events.ts';
import { isExact } from '../metrics/metrics.ts';
import type { Item } from './items.ts';
import type { Prompt } from './prompt-maker.ts';
import { saidMode, shotsOf } from './room.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';

/** Log-probability of each candidate after each prompt, and the mean entropy of the distribution of its first token. */
async function scoreCandidates(
  run: RunContext,
  adapter: Adapter | null,
  prompts: readonly (readonly number[])[],
  items: readonly Item[],
) {
  const { definition } = run.plan.task;
  const textsOf = ({ row }: Item) => row.choices?.map(({ text }) => text) ?? definition.labels;
  const candidates = items.map(textsOf);
  const ids = await run.answerIds(candidates.flat());
  let at = 0;
  const rows = prompts.flatMap((prompt, p) =>
    (candidates[p] ?? []).map(() => ({ promptIds: prompt, completionIds: ids[at++] ?? [] })),
  );
  const scores = await run.ports.score(adapter, rows);
  at = 0;
  const logprobs = candidates.map((texts) => texts.map((text) => summedLogprob(scores[at++], `"${text}"`)));
  const entropies = scores.flatMap(({ entropies: [first] }) => first ?? []);
  const entropy =
    entropies.length === 0 ? null : entropies.reduce((sum, value) => sum + value, 0) / entropies.length;
  return { logprobs, entropy };
}

/** What the labels' log-probabilities are without any content, for contextual calibration (arXiv 2102.09690). */
async function contentFree(run: RunContext, adapter: Adapter | null): Promise<readonly number[] | undefined> {
  const { definition } = run.plan.task;
  if (definition.labels.length === 0) return undefined;
  const items = await run.itemsOf([{ id: 'content-free', input: 'N/A', output: '' }]);
  const prompts = items.map((item) => run.zeroShot(item).ids);
  return (await scoreCandidates(run, adapter, prompts, items)).logprobs[0];
}

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
  const prompts = made.map(({ ids }) => ids);
  const shots = shotsOf(made);
  const rows = items.map(({ row }, i) => ({ key: row.id, ids: prompts[i] ?? [] }));
  const found = new Map<string, Completion>();
  for await (const completion of run.ports.generate({ adapter, rows, config: run.answering })) {
    found.set(completion.key, completion);
    yield { type: 'answer', round, phase: 'evaluate', completion };
  }
  const scored = isConstrained ? await scoreCandidates(run, adapter, prompts, items) : null;
  const free = isConstrained && mode === 'zero-shot' ? await contentFree(run, adapter) : undefined;
  const predictions = items.map(({ row }, i) => {
    const { text, finishReason } = owed(found.get(row.id), `answer to "${row.id}"`);
    const answer = text.trim();
    const isFinished = finishReason !== 'length';
    const labelLogprobs = scored?.logprobs[i];
    return {
      ...{
        id: row.id,
        answer,
        isFinished,
        isExact: isFinished && isExact(definition.kind, answer, row, definition.answerAfter),
      },
      ...(labelLogprobs === undefined ? {} : { labelLogprobs }),
    };
  });
  return {
    split,
    mode,
    predictions,
    tokenEntropy: scored?.entropy ?? null,
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
    yield { type: 'phase', round, phase: 'evaluate', items: items.length, detail: `${split}, ${said}` };
    const evaluation = yield* evaluateOne(run, round, adapter, wanted, items, prompts);
    yield {
      type: 'evaluated',
      round,
      evaluation,
      cost: { tokens: items.length * run.maxNewTokens, milliseconds: run.ports.now() - began },
    };
  }
}
