/**
 * @file How long a task's rows are in a model's tokens, and what the budget makes of it: with a plan, the sizes that
 * method/budget.ts computes a run's cost from. The page and the experiment runner predict alike.
 */
import type { Sizes } from '../method/budget.ts';
import { loraConfig } from '../method/lora-config.ts';
import type { Plan } from '../words/plan.ts';
import type { Ports } from '../method/ports.ts';
import { rowText } from '../method/prompt-text.ts';
import type { Task } from '../words/task.ts';
import type { LinearShape } from '../lora/config.ts';
import { resolveTargets } from '../lora/config.ts';

/** Rows whose mean stands for the task's. */
const SPECIMENS = 32;

/** Mean tokens of a task's rows. */
export interface Lengths {
  readonly prompt: number;
  /** With its stop. */
  readonly answer: number;
  /** What the tokenizer puts before a text. */
  readonly prefix: number;
}

/** The texts of the first rows of a task's pool, as a prompt shows them. */
export function specimensOf({ definition, splits }: Task): {
  readonly prompts: readonly string[];
  readonly answers: readonly string[];
} {
  const rows = splits.pool.slice(0, SPECIMENS).map((row) => rowText(definition, row));
  return {
    prompts: rows.map(({ prompt }) => prompt.text),
    answers: rows.map(({ completion }) => completion.text),
  };
}

/** @throws LabError as the service throws */
export async function readLengths(
  encoder: Pick<Ports, 'encode' | 'prefixIds'>,
  { prompts, answers }: ReturnType<typeof specimensOf>,
): Promise<Lengths> {
  const mean = async (texts: readonly string[]): Promise<number> => {
    const ids = await encoder.encode(texts);
    return ids.reduce((sum, { length }) => sum + length, 0) / Math.max(1, ids.length);
  };
  const [prompt, answer, prefix] = await Promise.all([mean(prompts), mean(answers), encoder.prefixIds()]);
  return { prompt, answer, prefix: prefix.length };
}

/** @param linears of the model
 * @throws LabError `adapter-mismatch` where the arm names modules that the model lacks */
export function planSizes(plan: Plan, lengths: Lengths, linears: readonly LinearShape[]): Sizes {
  const { definition, splits } = plan.task;
  const { prompt, answer, prefix } = lengths;
  const k = plan.arm.knobs.demonstrations || definition.k;
  const adapted = resolveTargets(linears, loraConfig(plan.arm.knobs).targetModules);
  return {
    zeroShotTokens: prefix + prompt,
    fewShotTokens: prefix + prompt + k * (prompt + answer),
    answerTokens: answer,
    labels: definition.labels.length || (splits.test[0]?.choices?.length ?? 0),
    adaptedFeatures: adapted.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures + outFeatures, 0),
  };
}
