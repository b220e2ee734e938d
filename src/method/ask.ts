/**
 * @file What every phase that asks the model shares: whose adapter answers, the few-shot prompts, the decoding, and the
 * completions in the order of the prompts.
 */
import type { Adapter } from '../lora/config.ts';
import type { Completion, GenerationConfig, PromptRow, Score } from '../words/engine.ts';
import { LabError } from '../core/errors.ts';
import type { AskedPrompt, LoopEvent, Phase, Sample, Shots } from '../words/events.ts';
import type { Answerer } from './agenda.ts';
import type { Prompt } from './prompt-maker.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { roundOf } from './state.ts';

/** What an engine owes: an answer or a score that is missing must not count as any, neither as wrong nor as certain.
 * @throws LabError `internal` naming it */
export function owed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new LabError('internal', `The engine gave no ${what}.`);
  return value;
}

/** Summed log-probability of a scored completion. @throws LabError `internal` where there is none */
export function summedLogprob(score: Score | undefined, what: string): number {
  const { logprobs } = owed(score, `log-probabilities of ${what}`);
  if (logprobs.length === 0) throw new LabError('internal', `There is no token of ${what} to score.`);
  return logprobs.reduce((sum, value) => sum + value, 0);
}

export const isKept = ({ verdict }: Sample): boolean => verdict === 'kept';

/** What the model said to one prompt. */
export type Said = Pick<Sample, 'answer' | 'ids' | 'logprobs' | 'finishReason'> & { readonly said?: string };

/** The adapter that the agenda names by its round; null for the base and the key, which need none. */
export const adapterOf = (state: RunState, of: Answerer | null): Adapter | null =>
  typeof of === 'number' ? roundOf(state, of).adapter : null;

export function generation(run: RunContext, seed: number): GenerationConfig {
  const { decoding, temperature, topP } = run.plan.arm.knobs;
  const sampled = decoding === 'sampled' ? { doSample: true, temperature, topP } : {};
  return { ...run.answering, seed, ...sampled };
}

export const askedEvent = (
  round: number,
  prompts: readonly Pick<Prompt, 'parts'>[],
  keys: readonly string[],
  writes: AskedPrompt['writes'] = 'answer',
): LoopEvent => ({
  ...{ type: 'asked', round },
  prompts: prompts.map(({ parts }, i) => ({ key: keys[i] ?? String(i), parts, writes })),
});

/** Completions in the order of the prompts, each told as it comes. @throws LabError `internal` where one is missing */
export async function* generated(
  run: RunContext,
  round: number,
  adapter: Adapter | null,
  prompts: readonly (Pick<Prompt, 'ids' | 'parts'> & Pick<PromptRow, 'candidates'>)[],
  keys: readonly string[],
  config: GenerationConfig,
  phase: Phase = 'label',
  writes: AskedPrompt['writes'] = 'answer',
): AsyncGenerator<LoopEvent, Completion[]> {
  const rows = prompts.map(({ ids, candidates }, i) => ({
    ...{ key: keys[i] ?? String(i), ids },
    ...(candidates === undefined ? {} : { candidates }),
  }));
  yield askedEvent(round, prompts, keys, writes);
  const found = new Map<string, Completion>();
  for await (const completion of run.ports.generate({ adapter, rows, config })) {
    found.set(completion.key, completion);
    yield { type: 'answer', round, phase, completion };
  }
  return rows.map(({ key }) => owed(found.get(key), `answer to "${key}"`));
}

/** Samples, and what their prompts had no room for. */
export interface Labelled {
  readonly samples: readonly Sample[];
  readonly shots: Shots | undefined;
}

/** The event of a chunk of samples that was begun at this time. */
export function labelledEvent(
  { ports }: RunContext,
  round: number,
  { samples, shots }: Labelled,
  began: number,
): LoopEvent {
  const tokens = samples.reduce((sum, { ids }) => sum + ids.length, 0);
  const cost = { tokens, milliseconds: ports.now() - began };
  return { type: 'labelled', round, samples, cost, ...(shots === undefined ? {} : { shots }) };
}
