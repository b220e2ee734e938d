/**
 * @file What a round was trained on, as text: for studies that go on with another trainer. The words of prompt and
 * completion are those of TRL's datasets; joined they are the trained text, byte for byte.
 */
import type { Lesson } from './learn.ts';
import { examplesOf, lessonsOf } from './learn.ts';
import type { RunContext } from './run-context.ts';
import type { RunState } from './state.ts';
import { completionText, promptText } from '../words/task.ts';

export interface TrainedText {
  /** As the student saw it: preamble and demonstration where the template has them. */
  readonly prompt: string;
  /** Leading space, answer, stop. */
  readonly completion: string;
}

/** Tokens back into text; the worker's tokenizer. */
export type Decode = (rows: readonly (readonly number[])[]) => Promise<readonly string[]>;

/** The demonstration before a lesson, where the training template shows one and it fits. */
async function shownBefore(run: RunContext, lessons: readonly Lesson[], round: number): Promise<string[]> {
  const { template, preamble } = run.plan.arm.knobs;
  if (template === 'zero-shot') return lessons.map(() => '');
  const { definition } = run.plan.task;
  const ids = await run.ports.encode(lessons.map(({ input }) => promptText(definition, input)));
  return lessons.map(({ id, input }, i) => {
    const item = { row: { id, input, output: '' }, promptIds: ids[i] ?? [], completionIds: [] };
    const { demonstrations } = run.fewShot(item, run.randomDemonstrations(item, 'train', round).slice(0, 1));
    const shots = demonstrations.map(
      ({ row }) => promptText(definition, row.input) + completionText(definition, row.output),
    );
    return preamble + shots.join('');
  });
}

/** In the order of the examples; what the tokenizer itself puts before a text is left out, since every trainer's
 * tokenizer does so again. With token dropout the texts are those of every epoch, without the hidden tokens. */
export async function trainedTexts(
  run: RunContext,
  state: RunState,
  round: number,
  decode: Decode,
): Promise<TrainedText[]> {
  const { definition } = run.plan.task;
  const lessons = lessonsOf(run, state, round);
  if (run.plan.arm.knobs.tokenDropout > 0) {
    const prefix = (await run.ports.prefixIds()).length;
    const { examples } = await examplesOf(run, lessons, round);
    const prompts = await decode(examples.map(({ promptIds }) => promptIds.slice(prefix)));
    return prompts.map((prompt, i) => ({
      prompt,
      completion: completionText(definition, lessons[i % lessons.length]?.answer ?? ''),
    }));
  }
  const before = await shownBefore(run, lessons, round);
  return lessons.map(({ input, answer }, i) => ({
    prompt: (before[i] ?? '') + promptText(definition, input),
    completion: completionText(definition, answer),
  }));
}
