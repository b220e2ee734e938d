/**
 * @file The labelling phase: the teacher answers a round's prompts, each with its demonstrations; what the filters drop
 * is refilled from the round's reserve, so that every arm trains on equally many.
 */
import type { Adapter } from '../lora/config.ts';
import type { Labelling } from './agenda.ts';
import { answersEach, roundIn } from './agenda.ts';
import type { Labelled } from './ask.ts';
import { perplexityOf } from '../metrics/perplexity.ts';
import { adapterOf, generated, generation, isKept, labelledEvent, owed, summedLogprob } from './ask.ts';
import type { Completion } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { LoopEvent, Sample, Shots } from '../words/events.ts';
import { verdictOf } from './filters.ts';
import { isaraSamples } from './isara.ts';
import { isExact, normaliseLabel, normaliseSquad } from '../metrics/metrics.ts';
import { rankedParts } from './order.ts';
import { integerAt, uniformAt } from '../core/random.ts';
import type { Item } from './items.ts';
import type { Prompt } from './prompt-maker.ts';
import { addShots, shotsOf, shotsSentence } from './room.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';

/** What the model said to one prompt. */
export type Said = Pick<Sample, 'answer' | 'ids' | 'logprobs' | 'finishReason'> & { readonly said?: string };

const saidBy = ({ text, ids, logprobs, finishReason }: Completion): Said => ({
  answer: text.trim(),
  ids,
  logprobs,
  finishReason,
});

/** The most likely label of the set after each prompt. */
async function constrained(
  run: RunContext,
  adapter: Adapter | null,
  prompts: readonly Prompt[],
): Promise<Said[]> {
  const { definition } = run.plan.task;
  const labelIds = await run.answerIds(definition.labels);
  const rows = prompts.flatMap(({ ids }) =>
    labelIds.map((completionIds) => ({ promptIds: ids, completionIds })),
  );
  const scores = await run.ports.score(adapter, rows);
  const totals = scores.map((score, i) => summedLogprob(score, `label ${i % labelIds.length}`));
  const total = (i: number) => owed(totals[i], 'log-probabilities of a label');
  return prompts.map((_, p) => {
    const at = p * labelIds.length;
    let best = 0;
    labelIds.forEach((__, l) => {
      if (total(at + l) > total(at + best)) best = l;
    });
    const logprobs = scores[at + best]?.logprobs ?? [];
    return {
      answer: definition.labels[best] ?? '',
      ids: labelIds[best] ?? [],
      logprobs,
      finishReason: 'stop-string',
    };
  });
}

/** The most frequent answer of each prompt's ballot; of equally frequent ones the first drawn. */
function majority(ballots: readonly (readonly Said[])[], normalise: (text: string) => string): Said[] {
  const [first = []] = ballots;
  return first.map((said, i) => {
    const ballot = ballots.flatMap((answers) => answers[i] ?? []);
    const names = ballot.map(({ answer }) => normalise(answer));
    const votes = names.map((name) => names.filter((other) => other === name).length);
    const winner = ballot[votes.indexOf(Math.max(...votes))] ?? said;
    return winner.answer === said.answer ? winner : { ...winner, said: said.answer };
  });
}

/** Another answer in place of the model's, with the probability that `labelNoise` says. */
function withNoise(run: RunContext, said: Said, item: Item, part: number): Said {
  const { labelNoise } = run.plan.arm.knobs;
  const key = run.key('noise', part, item.row.id);
  if (uniformAt(key, 0) >= labelNoise) return said;
  const { labels } = run.plan.task.definition;
  const others = (labels.length > 0 ? labels : run.pool.map(({ row }) => row.output)).filter(
    (answer) => answer !== said.answer,
  );
  const answer = others[integerAt(key, 1, Math.max(1, others.length))] ?? said.answer;
  return { ...said, answer, said: said.answer };
}

/** Samples of some of a round's prompts, answered together. */
async function* labelItems(
  run: RunContext,
  state: RunState,
  round: number,
  { teacher, votes, isScored }: Labelling,
  part: number,
  items: readonly Item[],
): AsyncGenerator<LoopEvent, Labelled> {
  const { definition } = run.plan.task;
  const { knobs } = run.plan.arm;
  const adapter = adapterOf(state, teacher);
  const ballots: Said[][] = [];
  let prompts: Prompt[] = [];
  let shots: Shots | undefined;
  for (let vote = 0; vote < votes; vote++) {
    const purpose = vote === 0 ? 'label' : `label, vote ${vote}`;
    const asked = await Promise.all(items.map((item) => run.labelled(item, purpose, part)));
    if (vote === 0) prompts = asked;
    shots = addShots(shots, shotsOf(asked));
    if (isScored) {
      ballots.push(await constrained(run, adapter, asked));
    } else {
      const keys = items.map(({ row }) => `${purpose}/${part}/${row.id}`);
      ballots.push(
        (yield* generated(run, round, adapter, asked, keys, generation(run, run.key('sampling')))).map(
          saidBy,
        ),
      );
    }
  }
  if (shots !== undefined)
    yield { type: 'notice', round, text: shotsSentence(`Labelling, round ${round}`, shots) };
  const normalise = definition.kind === 'generation' ? normaliseSquad : normaliseLabel;
  const answers = majority(ballots, normalise);
  const samples = items.map((item, i) => {
    const { row } = item;
    const gold: Said = { answer: row.output, ids: [], logprobs: [], finishReason: 'stop-string' };
    // The key only where the key is the teacher: nowhere else may it stand in for an answer.
    const own = teacher === 'key' ? gold : owed(answers[i], `answer to "${row.id}"`);
    const said = withNoise(run, own, item, part);
    const perplexity = perplexityOf(said.logprobs);
    const demonstrations = prompts[i]?.demonstrations ?? [];
    const demonstrationAnswers = demonstrations.map((shown) => shown.row.output);
    return {
      ...{ id: row.id, input: row.input, key: row.output, perplexity },
      demonstrations: demonstrations.map((shown) => shown.row.id),
      ...said,
      verdict: verdictOf({ ...said, perplexity, demonstrationAnswers }, definition, knobs),
      isRight: row.output === '' ? null : isExact(definition.kind, said.answer, row, definition.answerAfter),
    };
  });
  return { samples, shots };
}

/** The parts that a round labels, with their prompts. */
function partsOf(
  run: RunContext,
  state: RunState,
  { parts }: Labelling,
): { readonly key: number; readonly items: readonly Item[] }[] {
  const { arm, seed } = run.plan;
  const byId = new Map(run.prompts.map((item) => [item.row.id, item]));
  const order = rankedParts([...byId.keys()], state.ranking, arm.knobs, seed);
  return parts.map(({ part, key }) => ({
    key,
    items: (order[part - 1] ?? []).flatMap((id) => byId.get(id) ?? []),
  }));
}

/** Labels the round, a chunk at a time; a resumed round goes on with the chunk that is missing. */
export async function* label(run: RunContext, state: RunState, round: number): AsyncGenerator<LoopEvent> {
  const { label: wanted } = roundIn(run.agenda, round);
  if (wanted === null) return;
  if (wanted.source === 'questions') {
    yield* isaraSamples(run, state, round, wanted);
    return;
  }

  const samples = [...roundOf(state, round).samples];
  const done = new Set(samples.map(({ id }) => id));
  const reserve = wanted.reserves.flatMap((of) => run.reserves[of - 1] ?? []);
  // The key's labels come without any answer.
  const answers = wanted.wanted * Math.max(1, answersEach(wanted));
  yield { type: 'phase', round, phase: 'label', items: answers, detail: '' };
  const chunk = async function* (key: number, items: readonly Item[]): AsyncGenerator<LoopEvent> {
    throwIfCancelled(run.ports.signal, 'Labelling');
    const began = run.ports.now();
    const labelled = yield* labelItems(run, state, round, wanted, key, items);
    samples.push(...labelled.samples);
    yield labelledEvent(run, round, labelled, began);
  };
  for (const { key, items } of partsOf(run, state, wanted)) {
    if (!items.every(({ row }) => done.has(row.id))) yield* chunk(key, items);
  }
  let used = reserve.filter(({ row }) => done.has(row.id)).length;
  for (;;) {
    const missing = wanted.wanted - samples.filter(isKept).length;
    const refill = reserve.slice(used, used + missing);
    if (missing <= 0 || refill.length === 0) return;
    used += refill.length;
    yield* chunk(round, refill);
  }
}
