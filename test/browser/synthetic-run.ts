/**
 * @file A run that nobody computed: events as a run tells them, with figures drawn by the seed, folded by the store's own
 * tracker. For looking at the page in every state and for testing it; never shipped.
 */
import { NANO } from '../../src/words/learning-rate.ts';
import type { TrainStep } from '../../src/words/engine.ts';
import type { Evaluation, LoopEvent, Sample } from '../../src/words/events.ts';
import type { Arm } from '../../src/words/plan.ts';
import { agendaOf, roundIn, shapeOf, trainedRounds } from '../../src/method/agenda.ts';
import { deriveKey, shuffled, uniformAt } from '../../src/core/random.ts';
import type { SplitName, Task, TaskRow } from '../../src/words/task.ts';

const COST = { tokens: 640, milliseconds: 2100 };

/** How often the arm's model of a round is right, zero-shot and few-shot. */
function skill(arm: Arm, seed: number, round: number): { readonly zero: number; readonly few: number } {
  if (round === 0) return { zero: 0.16, few: 0.72 };
  const top = { soft: 0.84, gold: 0.9, 'frozen-teacher': 0.79, 'single-round': 0.76 }[arm.name] ?? 0.7;
  const luck = 0.05 * (uniformAt(deriveKey(seed, arm.name), round) - 0.5);
  return { zero: top - 0.3 * 0.45 ** round + luck, few: Math.min(0.92, top + 0.03 + luck) };
}

function answer(task: Task, row: TaskRow, share: number, key: number, at: number): string {
  const { labels } = task.definition;
  const draw = uniformAt(key, 2 * at);
  if (draw < share) return row.output;
  if (draw > 0.97) return `${row.output}${row.output}`;
  return labels[Math.floor(uniformAt(key, 2 * at + 1) * labels.length)] ?? '';
}

function evaluation(
  task: Task,
  split: 'validation' | 'probe' | 'test',
  mode: Evaluation['mode'],
  share: number,
  key: number,
  items: number,
): Evaluation {
  const rows = task.splits[split].slice(0, items);
  const predictions = rows.map((row, i) => {
    const said = answer(task, row, share, key, i);
    return {
      ...{ id: row.id, answer: said, isFinished: true, isExact: said === row.output },
      labelLogprobs: task.definition.labels.map((label) => (label === said ? -0.2 : -2.4)),
    };
  });
  return { split, mode, predictions, tokenEntropy: 0.8 - 0.5 * share };
}

function sampleOf(task: Task, row: TaskRow, share: number, key: number, at: number): Sample {
  const said = answer(task, row, share, key, at);
  const surprise = -Math.log(0.15 + 0.84 * uniformAt(key, 9000 + at) ** 0.5);
  const isLong = said.length > 9;
  return {
    ...{ id: row.id, input: row.input, answer: said, key: row.output, isRight: said === row.output },
    demonstrations: shuffled(task.splits.pool, deriveKey(key, at))
      .slice(0, task.definition.k)
      .map(({ id }) => id),
    ids: [300 + at, 10],
    logprobs: [-1.6 * surprise, -0.02],
    perplexity: Math.exp((1.6 * surprise + 0.02) / 2),
    finishReason: isLong ? 'length' : 'stop-string',
    verdict: isLong ? 'unfinished' : 'kept',
  };
}

function curveOf(arm: Arm, key: number): readonly TrainStep[] {
  const maxSteps = arm.knobs.epochs * Math.ceil(arm.knobs.promptsPerRound / arm.knobs.batchSize);
  return Array.from({ length: maxSteps }, (_, i) => ({
    ...{ type: 'step', step: i + 1, maxSteps, tokens: 420, gradNorm: 1.2 },
    loss: 0.12 + 2.1 * Math.exp(-i / 5) + 0.1 * uniformAt(key, i),
    learningRate: NANO.rate * (1 - i / maxSteps),
  }));
}

const NO_ROOM = {
  tooLong: { positions: 256, rows: [{ split: 'test', leftOut: 12, of: 812 } as const] },
  shots: (prompts: number) => ({ prompts, drawn: 4 * prompts, leftOut: 4 * prompts, bare: prompts }),
};

/** The same, in a model that has no room for demonstrations; the filters keep nothing of round 2, which ends it. */
export function* earlyEvents(task: Task, arm: Arm, seed: number): Generator<LoopEvent> {
  for (const event of syntheticEvents(task, arm, seed)) {
    if (event.type === 'round-ended' && event.round === 0) yield { ...event, tooLong: NO_ROOM.tooLong };
    else if (event.type === 'evaluated' && event.evaluation.mode === 'few-shot') {
      const shots = NO_ROOM.shots(event.evaluation.predictions.length);
      yield { ...event, evaluation: { ...event.evaluation, shots } };
    } else if (event.type === 'labelled') {
      const isLast = event.round === 2;
      const samples = event.samples.map((sample) => ({
        ...sample,
        demonstrations: [],
        ...(isLast ? { verdict: 'unfinished' as const } : {}),
      }));
      yield { ...event, samples, shots: NO_ROOM.shots(samples.length) };
      if (!isLast) continue;
      yield { type: 'ended', reason: 'nothing-kept', bestRound: 1 };
      return;
    } else yield event;
  }
}

/** Every event of an arm and seed, in order. */
export function* syntheticEvents(task: Task, arm: Arm, seed: number): Generator<LoopEvent> {
  const { promptsPerRound, rounds, testItems, fewShotItems, validationItems, probeItems } = arm.knobs;
  const score = function* (round: number): Generator<LoopEvent> {
    const { zero, few } = skill(arm, seed, round);
    const all: readonly (readonly [
      Exclude<SplitName, 'pool' | 'prompts'>,
      Evaluation['mode'],
      number,
      number,
    ])[] = [
      ['validation', 'zero-shot', zero, validationItems],
      ['test', 'zero-shot', zero, testItems],
      ['test', 'few-shot', few, fewShotItems],
      ['probe', 'few-shot', few, probeItems],
    ];
    for (const [split, mode, share, items] of all) {
      yield { type: 'phase', round, phase: 'evaluate', items, detail: `${split}, ${mode}` };
      const key = deriveKey(seed, arm.name, round, split, mode);
      yield {
        type: 'evaluated',
        round,
        evaluation: evaluation(task, split, mode, share, key, items),
        cost: COST,
      };
    }
    yield { type: 'round-ended', round, validation: zero, falls: 0 };
  };
  yield* score(0);
  const agenda = agendaOf(arm, shapeOf(task));
  const trained = trainedRounds(agenda);
  for (const round of trained) {
    const key = deriveKey(seed, arm.name, round);
    const isOnce = trained.length === 1;
    const rows = task.splits.prompts.slice(
      isOnce ? 0 : (round - 1) * promptsPerRound,
      round * promptsPerRound,
    );
    const share = skill(arm, seed, isOnce || arm.name === 'frozen-teacher' ? 0 : round - 1).few;
    const hasLabels = roundIn(agenda, round).label !== null;
    const samples = hasLabels ? rows.map((row, i) => sampleOf(task, row, share, key, i)) : [];
    if (hasLabels) yield { type: 'phase', round, phase: 'label', items: rows.length, detail: '' };
    for (const { id, answer: text, ids, logprobs, finishReason } of samples) {
      yield {
        type: 'answer',
        round,
        phase: 'label',
        completion: { key: `label/${round}/${id}`, ids, logprobs, text, finishReason },
      };
    }
    if (hasLabels) yield { type: 'labelled', round, samples, cost: COST };
    const curve = curveOf(arm, key);
    yield { type: 'phase', round, phase: 'train', items: curve.length, detail: '', examples: samples.length };
    for (const step of curve) yield { type: 'step', round, step };
    const adapter = {
      config: { r: 8, loraAlpha: 16, useRslora: false, loraDropout: 0, targetModules: 'all-linear' as const },
      pairs: new Map(),
    };
    yield { type: 'trained', round, adapter, curve, examples: samples.length, cost: COST };
    yield* score(round);
  }
  yield { type: 'ended', reason: 'all-rounds', bestRound: rounds };
}
