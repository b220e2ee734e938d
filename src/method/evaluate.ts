/**
 * @file The evaluation of a round's adapter (round 0: of the base) as METHOD defines it: greedy free answers, cut at the
 * stop; the labels' summed log-probabilities beside them; an arm that trains nobody is asked few-shot as teachers are.
 * Few-shot demonstrations are drawn by (seed, item), the same in every round and arm. Test items never decide anything: only
 * validation does (decide.ts).
 */
import type { Adapter } from '../lora/config.ts';
import type { Evaluating } from './agenda.ts';
import { roundIn } from './agenda.ts';
import { askedEvent, generated, owed, summedLogprob } from './ask.ts';
import type { Score } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { Evaluation, LoopEvent, Prediction } from '../words/events.ts';
import { ownSamples } from './learn.ts';
import { isExact } from '../metrics/metrics.ts';
import type { Item } from './items.ts';
import type { Prompt } from './prompt-maker.ts';
import { saidMode, shotsOf } from './room.ts';
import type { RunContext } from './run-context.ts';
import { CONTENT_FREE, scoredLabels } from './scored-label.ts';
import type { Answering, RunState } from './state.ts';
import { answeringOf, roundOf } from './state.ts';

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

/** Items that are asked together. The first are few, so that a score is there soon; whole batches, which are of 16. */
const FIRST_PART = 48;
const PART = 128;

/** How many items the parts of an evaluation reach, one after the other. */
export function partEnds(items: number): readonly number[] {
  const more = Math.ceil(Math.max(0, items - FIRST_PART) / PART);
  return Array.from({ length: 1 + more }, (_, i) => Math.min(items, FIRST_PART + i * PART));
}

interface Part {
  readonly predictions: readonly Prediction[];
  readonly entropies: readonly number[];
}

/** Some items of an evaluation. */
async function* evaluatePart(
  run: RunContext,
  round: number,
  adapter: Adapter | null,
  isConstrained: boolean,
  items: readonly Item[],
  made: readonly Prompt[],
): AsyncGenerator<LoopEvent, Part> {
  const { definition } = run.plan.task;
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
  return { predictions, entropies: told.flatMap(({ scored }) => scored?.entropies ?? []) };
}

/** An evaluation whose answers are the likeliest labels, as labelling chooses them; all at once, since a label's share may
 * count. */
async function* likeliest(
  run: RunContext,
  round: number,
  adapter: Adapter | null,
  { split, mode }: Evaluating,
  items: readonly Item[],
  prompts: readonly Prompt[],
): AsyncGenerator<LoopEvent, Evaluation> {
  const { definition } = run.plan.task;
  const keys = items.map(({ row }) => row.id);
  yield askedEvent(round, prompts, keys);
  const said = await scoredLabels(run, adapter, prompts, { mode, areAll: true });
  const predictions = items.map(({ row }, i) => {
    const { answer } = owed(said[i], `label of "${row.id}"`);
    return {
      ...{ id: row.id, answer, isFinished: true },
      isExact: isExact(definition.kind, answer, row, definition.answerAfter),
    };
  });
  const shots = shotsOf(prompts);
  return { split, mode, predictions, tokenEntropy: null, ...(shots === undefined ? {} : { shots }) };
}

/** An evaluation from where it stands; its last part is told with the whole. */
async function* evaluateOne(
  run: RunContext,
  round: number,
  adapter: Adapter | null,
  { split, mode, isConstrained }: Evaluating,
  items: readonly Item[],
  made: readonly Prompt[],
  before: Pick<Answering, 'predictions' | 'entropy'>,
): AsyncGenerator<LoopEvent, Evaluation> {
  let { predictions, entropy } = before;
  for (const end of partEnds(items.length)) {
    const from = predictions.length;
    if (end <= from) continue;
    const began = run.ports.now();
    const [some, prompts] = [items.slice(from, end), made.slice(from, end)];
    const part = yield* evaluatePart(run, round, adapter, isConstrained, some, prompts);
    predictions = [...predictions, ...part.predictions];
    entropy = {
      sum: part.entropies.reduce((sum, value) => sum + value, entropy.sum),
      count: entropy.count + part.entropies.length,
    };
    if (end === items.length) break;
    const cost = { tokens: some.length * run.maxNewTokens, milliseconds: run.ports.now() - began };
    yield { type: 'answered', round, split, mode, predictions: part.predictions, entropy, cost };
  }
  const shots = shotsOf(made);
  const free = isConstrained && mode === 'zero-shot' ? await contentFree(run, adapter) : undefined;
  return {
    split,
    mode,
    predictions,
    tokenEntropy: entropy.count === 0 ? null : entropy.sum / entropy.count,
    ...(free === undefined ? {} : { contentFree: free }),
    ...(shots === undefined ? {} : { shots }),
  };
}

const NOTHING_ASKED = { predictions: [], entropy: { sum: 0, count: 0 }, milliseconds: 0 };

/** Of the prompts that the round was trained on, the first; of other splits, the run's draw. */
function itemsOf(
  run: RunContext,
  state: RunState,
  round: number,
  { split, items }: Evaluating,
): readonly Item[] {
  if (split !== 'prompts') return run.items[split].slice(0, items);
  const drawn = new Map([...run.prompts, ...run.reserves.flat()].map((item) => [item.row.id, item]));
  const taught = ownSamples(run, state, round).slice(0, items);
  return taught.map(({ id }) => owed(drawn.get(id), `prompt "${id}"`));
}

/** Evaluates what the round's state does not hold yet. */
export async function* evaluate(run: RunContext, state: RunState, round: number): AsyncGenerator<LoopEvent> {
  const ofRound = roundOf(state, round);
  const { adapter, evaluations } = ofRound;
  if (round > 0 && adapter === null) return;
  for (const wanted of roundIn(run.agenda, round).evaluate) {
    const { split, mode } = wanted;
    if (evaluations.some((done) => done.split === split && done.mode === mode)) continue;
    const items = itemsOf(run, state, round, wanted);
    // Trained on other rows than the round's own labels, which the filters dropped to the last.
    if (items.length === 0) continue;
    throwIfCancelled(run.ports.signal, 'Evaluation');
    const began = run.ports.now();
    const prompts = await Promise.all(items.map((item) => run.evaluated(item, mode)));
    const said = saidMode(mode, shotsOf(prompts));
    const detail = `${split}, ${said}`;
    const evaluating = { split, mode };
    // What chooses labels begins anew: it has no parts.
    const begun = wanted.reads > 0 ? null : answeringOf(ofRound, split, mode);
    const before = begun ?? NOTHING_ASKED;
    const left = items.length - before.predictions.length;
    yield { type: 'phase', round, phase: 'evaluate', items: left, detail, evaluating };
    const evaluation =
      wanted.reads > 0
        ? yield* likeliest(run, round, adapter, wanted, items, prompts)
        : yield* evaluateOne(run, round, adapter, wanted, items, prompts, before);
    yield {
      type: 'evaluated',
      round,
      evaluation,
      cost: {
        tokens: items.length * run.maxNewTokens,
        milliseconds: before.milliseconds + run.ports.now() - began,
      },
    };
  }
}
