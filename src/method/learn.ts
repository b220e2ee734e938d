/**
 * @file The training phase: examples from the kept samples (and, where the method says so, from earlier rounds and from
 * the pool), then LoRA on (prompt, self-label) with the loss on the self-label's tokens only.
 */
import type { TrainConfig, TrainExample, TrainStep } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { LoopEvent, Sample, Shots } from '../words/events.ts';
import type { Verb } from '../words/verbs.ts';
import { roundIn } from './agenda.ts';
import { loraConfig } from './lora-config.ts';
import { adapterOf, isKept } from './ask.ts';
import { orderedWithin } from './order.ts';
import { shuffled } from '../core/random.ts';
import type { Item, Piece } from './items.ts';
import type { Prompt } from './prompt-maker.ts';
import { shotsOf, shotsSentence } from './room.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';

function trainConfig(run: RunContext, round: number, maxSteps: number): TrainConfig {
  const { learningRate, lrSchedulerType, warmupRatio, weightDecay, maxGradNorm, batchSize, withinRound } =
    run.plan.arm.knobs;
  return {
    learningRate: learningRate === 'auto' ? run.ports.model.learningRate : learningRate,
    ...{ lrSchedulerType, warmupRatio, weightDecay, maxGradNorm, batchSize },
    ...{ adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, gradientAccumulationSteps: 1 },
    maxSteps,
    shuffle: withinRound === 'random',
    seed: run.key('train', round),
  };
}

/** A prompt and the answer it is to be taught. */
export interface Lesson {
  readonly id: string;
  readonly input: string;
  readonly answer: string;
  /** Ids of those that it was labelled with, in order; [] where nobody was shown any. */
  readonly demonstrations: readonly string[];
}
const lessonOf = ({ id, input, answer, demonstrations }: Sample): Lesson => ({
  ...{ id, input, answer, demonstrations },
});

/** The round's own labels that it trains on, in the order they were labelled. */
export function ownSamples(run: RunContext, state: RunState, round: number): readonly Sample[] {
  const { label, train } = roundIn(run.agenda, round);
  const wanted = train?.trainsOn.includes('labels') === true ? (label?.wanted ?? 0) : 0;
  return roundOf(state, round).samples.filter(isKept).slice(0, wanted);
}

/** What a round trains on, in order. */
export function lessonsOf(run: RunContext, state: RunState, round: number): Lesson[] {
  const { knobs } = run.plan.arm;
  const { train } = roundIn(run.agenda, round);
  const takes = (source: Verb<'trainsOn'>) => train?.trainsOn.includes(source) === true;
  const kept = orderedWithin(ownSamples(run, state, round), knobs).map(lessonOf);
  const earlier = state.rounds
    .filter((before) => before.round < round)
    .flatMap((before) => before.samples.filter(isKept));
  const share = takes('earlier') ? 1 : knobs.replay;
  const replayed = shuffled(earlier, run.key('replay', round)).slice(0, Math.round(share * earlier.length));
  const pool = takes('pool')
    ? run.pool.map(({ row }) => ({ id: row.id, input: row.input, answer: row.output, demonstrations: [] }))
    : [];
  return [...kept, ...replayed.map(lessonOf), ...pool];
}

export interface Examples {
  readonly examples: readonly TrainExample[];
  /** The same, as they were made. */
  readonly taught: readonly { readonly prompt: Prompt; readonly completion: Piece }[];
  /** Of the demonstrations before them, where the template shows some. */
  readonly shots: Shots | undefined;
}

/** The lessons in tokens; with token dropout once per epoch, each time with other tokens hidden. */
export async function examplesOf(
  run: RunContext,
  lessons: readonly Lesson[],
  round: number,
): Promise<Examples> {
  const { tokenDropout, epochs } = run.plan.arm.knobs;
  const items = await run.itemsOf(lessons.map(({ id, input, answer }) => ({ id, input, output: answer })));
  const inEpoch = async (item: Item, own: readonly string[], epoch: number) => {
    const key = run.key('token dropout', round, item.row.id, epoch);
    const shown = tokenDropout > 0 ? await run.hiding(item, tokenDropout, key) : item;
    return { prompt: await run.taught(shown, own, round), completion: item.completion };
  };
  const copies = Array.from({ length: tokenDropout > 0 ? epochs : 1 }, (_, epoch) => epoch);
  const taught = await Promise.all(
    copies.flatMap((epoch) => items.map((item, i) => inEpoch(item, lessons[i]?.demonstrations ?? [], epoch))),
  );
  const wanted = taught.filter(({ prompt }) => prompt.demonstrations.length + prompt.leftOut > 0);
  return {
    examples: taught.map(({ prompt, completion }) => ({
      promptIds: prompt.ids,
      completionIds: completion.ids,
    })),
    taught,
    shots: shotsOf(wanted.map(({ prompt }) => prompt)),
  };
}

/** With as few steps as that, warm-up is the whole training. */
const allWarmUp = (round: number, steps: number): string =>
  `Training, round ${round}: the learning rate was 0 in ${steps === 1 ? 'its only step' : `all ${steps} steps`} (warm-up), so nothing was learnt. More epochs or prompts, a smaller batch, or warm-up 0 give steps that learn.`;

/** Trains the round's adapter, unless it stands or there is nothing to train on. */
export async function* learn(run: RunContext, state: RunState, round: number): AsyncGenerator<LoopEvent> {
  const { train } = roundIn(run.agenda, round);
  if (train === null || roundOf(state, round).adapter !== null) return;
  throwIfCancelled(run.ports.signal, 'Training');
  const lessons = lessonsOf(run, state, round);
  if (lessons.length === 0) return;
  const config = trainConfig(run, round, train.steps);
  yield {
    type: 'phase',
    round,
    phase: 'train',
    items: config.maxSteps,
    detail: '',
    examples: lessons.length,
  };
  const began = run.ports.now();
  const curve: TrainStep[] = [];
  const { examples, shots } = await examplesOf(run, lessons, round);
  if (shots !== undefined)
    yield { type: 'notice', round, text: shotsSentence(`Training, round ${round}`, shots) };
  const steps = run.ports.train({
    start: adapterOf(state, train.start),
    lora: loraConfig(run.plan.arm.knobs),
    initSeed: run.key('lora', round),
    examples,
    config,
  });
  let next = await steps.next();
  try {
    for (; next.done !== true; next = await steps.next()) {
      curve.push(next.value);
      yield { type: 'step', round, step: next.value };
    }
  } finally {
    // Whoever stops listening stops the training.
    if (next.done !== true) await steps.return(Promise.reject(new Error('abandoned'))).catch(() => undefined);
  }
  if (curve.every(({ learningRate }) => learningRate === 0))
    yield { type: 'notice', round, text: allWarmUp(round, curve.length) };
  const tokens = curve.reduce((sum, step) => sum + step.tokens, 0);
  const cost = { tokens, milliseconds: run.ports.now() - began };
  yield {
    ...{ type: 'trained', round, adapter: next.value, curve, examples: lessons.length, cost },
    ...(shots === undefined ? {} : { shots }),
  };
}
