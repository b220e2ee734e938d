/**
 * @file The training phase: examples from the kept samples (and, where the method says so, from earlier rounds and from
 * the pool), then LoRA on (prompt, self-label) with the loss on the self-label's tokens only.
 */
import type { LoraConfig } from '../lora/config.ts';
import type { TrainConfig, TrainExample, TrainStep } from '../words/engine.ts';
import { throwIfCancelled } from '../core/errors.ts';
import type { LoopEvent, Sample, Shots } from '../words/events.ts';
import type { Knobs } from '../words/knobs.ts';
import type { Verb } from '../words/verbs.ts';
import { roundIn } from './agenda.ts';
import { adapterOf, isKept } from './ask.ts';
import { orderedWithin } from './order.ts';
import { shuffled, uniformAt } from '../core/random.ts';
import type { FewShotPrompt, Item } from './prompt-maker.ts';
import { shotsOf, shotsSentence } from './room.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';
import { completionText, promptText } from '../words/task.ts';

const ALL_LINEAR = 'all-linear';

export function loraConfig({ r, loraAlpha, useRslora, loraDropout, targetModules }: Knobs): LoraConfig {
  const names = targetModules.split(',').map((name) => name.trim());
  return {
    r,
    loraAlpha,
    useRslora,
    loraDropout,
    targetModules: targetModules === ALL_LINEAR ? ALL_LINEAR : names,
  };
}

function trainConfig(run: RunContext, round: number, maxSteps: number): TrainConfig {
  const { learningRate, lrSchedulerType, warmupRatio, weightDecay, maxGradNorm, batchSize, withinRound } =
    run.plan.arm.knobs;
  return {
    ...{ learningRate, lrSchedulerType, warmupRatio, weightDecay, maxGradNorm, batchSize },
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
}
const lessonOf = ({ id, input, answer }: Sample): Lesson => ({ id, input, answer });

/** What a round trains on, in order. */
export function lessonsOf(run: RunContext, state: RunState, round: number): Lesson[] {
  const { arm } = run.plan;
  const { label, train } = roundIn(run.agenda, round);
  const takes = (source: Verb<'trainsOn'>) => train?.trainsOn.includes(source) === true;
  const { samples } = roundOf(state, round);
  const wanted = takes('labels') ? (label?.wanted ?? 0) : 0;
  const kept = orderedWithin(samples.filter(isKept).slice(0, wanted), arm.knobs).map(lessonOf);
  const earlier = state.rounds
    .filter((before) => before.round < round)
    .flatMap((before) => before.samples.filter(isKept));
  const share = takes('earlier') ? 1 : arm.knobs.replay;
  const replayed = shuffled(earlier, run.key('replay', round)).slice(0, Math.round(share * earlier.length));
  const pool = takes('pool')
    ? run.pool.map(({ row }) => ({ id: row.id, input: row.input, answer: row.output }))
    : [];
  return [...kept, ...replayed.map(lessonOf), ...pool];
}

/** Hides tokens of the student's input (noisy student), differently in every epoch. */
function hidden(ids: readonly number[], share: number, key: number): readonly number[] {
  const shown = ids.filter((_, i) => uniformAt(key, i) >= share);
  return shown.length === 0 ? ids : shown;
}

export interface Examples {
  readonly examples: readonly TrainExample[];
  /** Of the demonstrations before them, where the template shows one. */
  readonly shots: Shots | undefined;
}

/** The lessons in tokens; with token dropout once per epoch, each time with other tokens hidden. */
export async function examplesOf(
  run: RunContext,
  lessons: readonly Lesson[],
  round: number,
): Promise<Examples> {
  const { definition } = run.plan.task;
  const { template, tokenDropout, epochs } = run.plan.arm.knobs;
  const [before = '', after = ''] = definition.template.split('{input}');
  const texts = lessons.flatMap(({ input, answer }) => [
    ...(tokenDropout > 0 ? [before, input, after] : [promptText(definition, input), '', '']),
    completionText(definition, answer),
  ]);
  const ids = await run.ports.encode(texts);
  const prompts: FewShotPrompt[] = [];
  const example = ({ id, input }: Lesson, i: number, epoch: number): TrainExample => {
    const [head = [], middle = [], tail = [], completionIds = []] = ids.slice(4 * i, 4 * i + 4);
    const shown =
      tokenDropout > 0 ? hidden(middle, tokenDropout, run.key('token dropout', round, id, epoch)) : middle;
    const item: Item = {
      row: { id, input, output: '' },
      promptIds: [...head, ...shown, ...tail],
      completionIds,
    };
    if (template === 'zero-shot') return { promptIds: run.zeroShot(item), completionIds };
    const prompt = run.fewShot(item, run.randomDemonstrations(item, 'train', round).slice(0, 1));
    prompts.push(prompt);
    return { promptIds: prompt.ids, completionIds };
  };
  const copies = tokenDropout > 0 ? epochs : 1;
  const examples = Array.from({ length: copies }, (_, epoch) =>
    lessons.map((lesson, i) => example(lesson, i, epoch)),
  ).flat();
  return { examples, shots: shotsOf(prompts) };
}

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
    detail: `${lessons.length} examples`,
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
  const tokens = curve.reduce((sum, step) => sum + step.tokens, 0);
  const cost = { tokens, milliseconds: run.ports.now() - began };
  yield {
    ...{ type: 'trained', round, adapter: next.value, curve, examples: lessons.length, cost },
    ...(shots === undefined ? {} : { shots }),
  };
}
