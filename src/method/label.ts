/**
 * @file The labelling phase: the teacher answers a round's prompts, each with its demonstrations; what the filters drop
 * is refilled from the round's reserve, so that every arm trains on equally many.
 */
import type { Labelling } from './agenda.ts';
import { answersEach, roundIn } from './agenda.ts';
import type { Labelled, Said } from './ask.ts';
import { labelKey } from '../words/row-key.ts';
import { perplexityOf } from '../metrics/perplexity.ts';
import { adapterOf, askedEvent, generated, generation, isKept, labelledEvent, owed } from './ask.ts';
import type { Completion } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { LoopEvent, Shots } from '../words/events.ts';
import { verdictOf } from './filters.ts';
import { isaraSamples } from './isara.ts';
import { isExact, normaliseLabel, normaliseSquad } from '../metrics/metrics.ts';
import { noise } from './noise.ts';
import { rankedParts } from './order.ts';
import type { Item } from './items.ts';
import type { Prompt } from './prompt-maker.ts';
import { addShots, shotsOf, shotsSentence } from './room.ts';
import type { RunContext } from './run-context.ts';
import { scoredLabels } from './scored-label.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';

const saidBy = ({ text, ids, logprobs, finishReason }: Completion): Said => ({
  answer: text.trim(),
  ids,
  logprobs,
  finishReason,
});

interface Elected {
  readonly elected: Said;
  /** Share of the votes that say it. */
  readonly agreement: number;
}

/** The most frequent answer of each prompt's ballot; of equally frequent ones the first drawn. */
function majority(ballots: readonly (readonly Said[])[], normalise: (text: string) => string): Elected[] {
  const [first = []] = ballots;
  return first.map((said, i) => {
    const ballot = ballots.flatMap((answers) => answers[i] ?? []);
    const names = ballot.map(({ answer }) => normalise(answer));
    const votes = names.map((name) => names.filter((other) => other === name).length);
    const most = Math.max(...votes);
    const winner = ballot[votes.indexOf(most)] ?? said;
    return {
      elected: winner.answer === said.answer ? winner : { ...winner, said: said.answer },
      agreement: most / ballot.length,
    };
  });
}

/** Samples of some of a round's prompts, answered together. */
async function* labelItems(
  run: RunContext,
  state: RunState,
  round: number,
  { teacher, votes, prompt: mode, isScored }: Labelling,
  part: number,
  items: readonly Item[],
  isRefill: boolean,
): AsyncGenerator<LoopEvent, Labelled> {
  const { definition } = run.plan.task;
  const { knobs } = run.plan.arm;
  const adapter = adapterOf(state, teacher);
  const ballots: Said[][] = [];
  let prompts: Prompt[] = [];
  let shots: Shots | undefined;
  for (let vote = 0; vote < votes; vote++) {
    const purpose = vote === 0 ? 'label' : `label, vote ${vote}`;
    const asked = await Promise.all(items.map((item) => run.labelled(item, purpose, part, mode)));
    if (vote === 0) prompts = asked;
    shots = addShots(shots, shotsOf(asked));
    const keys = items.map(({ row }) => labelKey(purpose, part, row.id));
    if (isScored) {
      yield askedEvent(round, asked, keys);
      ballots.push(await scoredLabels(run, adapter, asked, { mode, areAll: !isRefill }));
    } else {
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
  const mistaken = noise(run, part);
  const samples = items.map((item, i) => {
    const { row } = item;
    const gold: Said = { answer: row.output, ids: [], logprobs: [], finishReason: 'stop-string' };
    // The key only where the key is the teacher: nowhere else may it stand in for an answer.
    const { elected: own, agreement = 1 } =
      teacher === 'key' ? { elected: gold } : owed(answers[i], `answer to "${row.id}"`);
    const answer = mistaken(own.answer, item);
    const said = answer === own.answer ? own : { ...own, answer, said: own.answer };
    const perplexity = perplexityOf(said.logprobs);
    const demonstrations = prompts[i]?.demonstrations ?? [];
    const demonstrationAnswers = demonstrations.map((shown) => shown.row.output);
    return {
      ...{ id: row.id, input: row.input, key: row.output, perplexity },
      demonstrations: demonstrations.map((shown) => shown.row.id),
      ...said,
      verdict: verdictOf({ ...said, perplexity, agreement, demonstrationAnswers }, definition, knobs),
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
  const chunk = async function* (
    key: number,
    items: readonly Item[],
    isRefill: boolean,
  ): AsyncGenerator<LoopEvent> {
    throwIfCancelled(run.ports.signal, 'Labelling');
    const began = run.ports.now();
    const labelled = yield* labelItems(run, state, round, wanted, key, items, isRefill);
    samples.push(...labelled.samples);
    yield labelledEvent(run, round, labelled, began);
  };
  for (const { key, items } of partsOf(run, state, wanted)) {
    if (!items.every(({ row }) => done.has(row.id))) yield* chunk(key, items, false);
  }
  let used = reserve.filter(({ row }) => done.has(row.id)).length;
  for (;;) {
    const missing = wanted.wanted - samples.filter(isKept).length;
    const refill = reserve.slice(used, used + missing);
    if (missing <= 0 || refill.length === 0) return;
    used += refill.length;
    yield* chunk(round, refill, true);
  }
}
