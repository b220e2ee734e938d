/**
 * @file ISARA's samples: an anchor of the pool and its nearest questions prompt a new question, the pairs nearest to the
 * new question prompt its answer; near-duplicates and degenerate texts are dropped. Anchors and questions are keyed by
 * (seed, round, attempt), questions are sampled (greedy ones would repeat), answers follow the labels' decoding.
 */
import type { Adapter } from '../lora/config.ts';
import type { Completion } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { LoopEvent, Sample, Shots, Verdict } from '../words/events.ts';
import type { Labelled } from './ask.ts';
import { answerKey, questionKey } from '../words/row-key.ts';
import { perplexityOf } from '../metrics/perplexity.ts';
import { verdictOf } from './filters.ts';
import { adapterOf, generated, generation, isKept, labelledEvent, owed } from './ask.ts';
import type { Labelling } from './agenda.ts';
import { answersEach } from './agenda.ts';
import { rougeL } from '../metrics/metrics.ts';
import { integerAt } from '../core/random.ts';
import type { Item } from './items.ts';
import type { Prompt } from './prompt-maker.ts';
import { QUESTION_END } from './prompt-text.ts';
import { addShots, shotsOf, shotsSentence } from './room.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';

/** ROUGE-L above which a question is a copy. */
const NEAR_DUPLICATE = 0.7;
const LEAST_WORDS = 2;

/** The pool's items before and the generated ones, against which novelty is judged. */
function questionVerdict({ text, finishReason }: Completion, known: readonly string[]): Verdict {
  const question = text.trim();
  if (question === '') return 'empty';
  if (finishReason === 'length') return 'unfinished';
  if (question.split(/\s+/).length < LEAST_WORDS) return 'too-short';
  return known.some((other) => rougeL(question, other) > NEAR_DUPLICATE) ? 'near-duplicate' : 'kept';
}

async function* questions(
  run: RunContext,
  teacher: Adapter | null,
  round: number,
  attempt: number,
  count: number,
): AsyncGenerator<
  LoopEvent,
  {
    readonly asked: Completion[];
    /** Of each question: the pool's rows that stood before it. */
    readonly after: readonly (readonly string[])[];
    readonly shots: Shots | undefined;
  }
> {
  const { temperature, topP } = run.plan.arm.knobs;
  const prefix = await run.ports.prefixIds();
  // A question must leave room for its answer, and for at least as much before it.
  const free = run.ports.model.maxPositions - prefix.length;
  const longest = Math.max(...run.pool.map(({ prompt }) => prompt.ids.length));
  const maxNewTokens = Math.max(1, Math.min(longest, Math.floor((free - run.maxNewTokens) / 2)));
  const prompts: Prompt[] = [];
  for (let i = 0; i < count; i++) {
    const anchor = run.pool[integerAt(run.key('anchor', round, attempt, i), 0, run.pool.length)];
    prompts.push(await run.question(anchor?.row.input ?? '', maxNewTokens));
  }
  const sampled = {
    ...generation(run, run.key('question', round, attempt)),
    doSample: true,
    temperature,
    topP,
  };
  const config = { ...sampled, maxNewTokens, stopStrings: [QUESTION_END] };
  const keys = prompts.map((_, i) => questionKey(round, attempt, i));
  const asked = yield* generated(run, round, teacher, prompts, keys, config, 'label', 'question');
  const after = prompts.map(({ demonstrations }) => demonstrations.map(({ row }) => row.id));
  return { asked, after, shots: shotsOf(prompts) };
}

async function* attemptSamples(
  run: RunContext,
  teacher: Adapter | null,
  round: number,
  attempt: number,
  count: number,
  known: readonly string[],
): AsyncGenerator<LoopEvent, Labelled> {
  const { definition } = run.plan.task;
  const { knobs } = run.plan.arm;
  const { asked, after, shots } = yield* questions(run, teacher, round, attempt, count);
  const seen = [...known];
  const drafts: {
    readonly item: Item;
    readonly verdict: Verdict;
    /** null where the question is dropped and gets no answer. */
    readonly prompt: Prompt | null;
  }[] = [];
  const rows = asked.map(({ text }, i) => ({
    ...{ id: `generated-${round}-${attempt}-${i}`, input: text.trim(), output: '' },
  }));
  const items = await run.itemsOf(rows);
  for (const [i, completion] of asked.entries()) {
    const verdict = questionVerdict(completion, seen);
    const item = owed(items[i], `tokens of question ${i}`);
    const { input } = item.row;
    if (verdict === 'kept') seen.push(input);
    const prompt = verdict === 'kept' ? await run.fewShot(item, await run.nearest(input, run.k)) : null;
    drafts.push({ item, verdict, prompt });
  }
  const fresh = drafts.filter(({ verdict }) => verdict === 'kept');
  const prompts = fresh.flatMap(({ prompt }) => prompt ?? []);
  const lost = addShots(shots, shotsOf(prompts));
  if (lost !== undefined)
    yield { type: 'notice', round, text: shotsSentence(`Labelling, round ${round}`, lost) };
  const keys = fresh.map(({ item }) => answerKey(item.row.id));
  const answers = yield* generated(run, round, teacher, prompts, keys, generation(run, run.key('sampling')));
  const byKey = new Map(answers.map((answer) => [answer.key, answer]));
  const samples = drafts.map(({ item: { row }, verdict, prompt }, i) => {
    const demonstrations = prompt?.demonstrations ?? [];
    const {
      text = '',
      ids: answerIds = [],
      logprobs = [],
      finishReason = 'length',
    } = byKey.get(answerKey(row.id)) ?? {};
    const said = { answer: text.trim(), ids: answerIds, logprobs, finishReason };
    const perplexity = perplexityOf(logprobs);
    const demonstrationAnswers = demonstrations.map((shown) => shown.row.output);
    return {
      ...{ id: row.id, input: row.input, key: '', isRight: null, perplexity, ...said },
      demonstrations: demonstrations.map((shown) => shown.row.id),
      writtenAfter: after[i] ?? [],
      verdict:
        verdict === 'kept'
          ? verdictOf({ ...said, perplexity, demonstrationAnswers }, definition, knobs)
          : verdict,
    };
  });
  return { samples, shots: lost };
}

/** Share of the last attempt's questions that were novel; 1 before any. */
export function noveltyOf(samples: readonly Sample[], perAttempt: number): number {
  const last = samples.slice(-perAttempt);
  if (last.length === 0) return 1;
  return last.filter(({ verdict }) => verdict !== 'near-duplicate').length / last.length;
}

/** Attempts of `promptsPerRound` questions until enough samples are kept, too few are novel, or attempts run out. */
export async function* isaraSamples(
  run: RunContext,
  state: RunState,
  round: number,
  label: Labelling,
): AsyncGenerator<LoopEvent> {
  const { wanted } = label;
  const teacher = adapterOf(state, label.teacher);
  const { promptsPerRound, isaraAttempts, isaraNovelty } = run.plan.arm.knobs;
  const samples = [...roundOf(state, round).samples];
  const earlier = state.rounds.flatMap((before) => (before.round < round ? before.samples : []));
  const most = isaraAttempts * Math.ceil(wanted / promptsPerRound);
  yield {
    type: 'phase',
    round,
    phase: 'label',
    items: wanted * answersEach(label),
    detail: 'questions and answers',
  };
  for (let attempt = samples.length / promptsPerRound; attempt < most; attempt++) {
    if (samples.filter(isKept).length >= wanted || noveltyOf(samples, promptsPerRound) < isaraNovelty) return;
    throwIfCancelled(run.ports.signal, 'Labelling');
    const began = run.ports.now();
    const known = [
      ...run.pool.map(({ row }) => row.input),
      ...[...earlier, ...samples].filter(isKept).map(({ input }) => input),
    ];
    const labelled = yield* attemptSamples(run, teacher, round, attempt, promptsPerRound, known);
    samples.push(...labelled.samples);
    yield labelledEvent(run, round, labelled, began);
  }
}
