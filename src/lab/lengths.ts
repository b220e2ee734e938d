/**
 * @file How long a task's rows are in a model's tokens, and what the budget makes of it: with a plan, the sizes that
 * method/budget.ts computes a run's cost from. The page and the experiment runner predict alike.
 */
import type { Sizes } from '../method/budget.ts';
import { loraConfig } from '../method/lora-config.ts';
import { toLabError } from '../core/errors.ts';
import type { ChatMessage } from '../words/chat.ts';
import type { Arm, Plan } from '../words/plan.ts';
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
  /** As an assistant says it. */
  readonly bareAnswer: number;
  /** What the tokenizer puts before a text. */
  readonly prefix: number;
  /** Tokens of a character of the prompts, for texts that were not read. */
  readonly ofCharacter: number;
  /** What the model's template adds; null where it has none. */
  readonly chat: ChatLengths | null;
}

/** Tokens without those of the messages themselves. */
interface ChatLengths {
  /** Of a user's turn and the beginning of the answer, with what stands before them. */
  readonly asked: number;
  /** Of one more demonstration as two turns. */
  readonly shown: number;
  /** Of a system message. */
  readonly system: number;
}

/** The texts of the first rows of a task's pool, as a prompt shows them. */
export function specimensOf({ definition, splits }: Task): {
  readonly prompts: readonly string[];
  readonly answers: readonly string[];
  readonly bareAnswers: readonly string[];
} {
  const shown = splits.pool.slice(0, SPECIMENS);
  const rows = shown.map((row) => rowText(definition, row));
  return {
    prompts: rows.map(({ prompt }) => prompt.text),
    answers: rows.map(({ completion }) => completion.text),
    bareAnswers: shown.map(({ output }) => output),
  };
}

/** @throws LabError as the service throws */
export async function readLengths(
  encoder: Pick<Ports, 'encode' | 'prefixIds' | 'chat'>,
  { prompts, answers, bareAnswers }: ReturnType<typeof specimensOf>,
): Promise<Lengths> {
  const mean = async (texts: readonly string[]): Promise<number> => {
    const ids = await encoder.encode(texts);
    return ids.reduce((sum, { length }) => sum + length, 0) / Math.max(1, ids.length);
  };
  const [prompt, answer, bareAnswer, prefix] = await Promise.all([
    ...[mean(prompts), mean(answers), mean(bareAnswers)],
    encoder.prefixIds(),
  ] as const);
  const characters = prompts.reduce((sum, { length }) => sum + length, 0);
  const ofCharacter = (prompt * prompts.length) / Math.max(1, characters);
  return { prompt, answer, bareAnswer, prefix: prefix.length, ofCharacter, chat: await chatLengths(encoder) };
}

/** Of messages of one word, since a template may leave out an empty one. */
async function chatLengths(encoder: Pick<Ports, 'chat' | 'encode'>): Promise<ChatLengths | null> {
  const content = 'a';
  const asked: ChatMessage = { role: 'user', content };
  const lengthOf = async (...messages: readonly ChatMessage[]): Promise<number | null> => {
    try {
      const [written] = await encoder.chat.write([messages]);
      return written?.ids.length ?? null;
    } catch (thrown) {
      // No template, or one without such a turn: a run in chat is refused in its own words.
      if (toLabError(thrown).code === 'invalid-request') return null;
      throw thrown;
    }
  };
  const alone = await lengthOf(asked);
  if (alone === null) return null;
  const [word] = await encoder.encode([content]);
  const own = word?.length ?? 0;
  const shown = await lengthOf(asked, { role: 'assistant', content }, asked);
  const system = await lengthOf({ role: 'system', content }, asked);
  return {
    asked: alone - own,
    shown: shown === null ? 0 : shown - alone - 2 * own,
    system: system === null ? 0 : system - alone - own,
  };
}

/** Tokens of a prompt beside what it asks, and of a demonstration beside what it asked. */
function frameOf({ knobs }: Arm, lengths: Lengths): { readonly before: number; readonly each: number } {
  const { prefix, answer, bareAnswer, chat, ofCharacter } = lengths;
  if (knobs.chat === 'off' || chat === null) return { before: prefix, each: answer };
  const system = knobs.system === '' ? 0 : chat.system + ofCharacter * knobs.system.length;
  return { before: chat.asked + system, each: knobs.chat === 'turns' ? chat.shown + bareAnswer : answer };
}

/** @param linears of the model
 * @throws LabError `adapter-mismatch` where the arm names modules that the model lacks */
export function planSizes(plan: Plan, lengths: Lengths, linears: readonly LinearShape[]): Sizes {
  const { definition, splits } = plan.task;
  const { prompt, answer, ofCharacter } = lengths;
  const { before, each } = frameOf(plan.arm, lengths);
  const k = plan.arm.knobs.demonstrations || definition.k;
  const adapted = resolveTargets(linears, loraConfig(plan.arm.knobs).targetModules);
  return {
    zeroShotTokens: before + prompt,
    fewShotTokens: before + ofCharacter * plan.arm.knobs.preamble.length + k * (prompt + each) + prompt,
    answerTokens: answer,
    labels: definition.labels.length || (splits.test[0]?.choices?.length ?? 0),
    adaptedFeatures: adapted.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures + outFeatures, 0),
  };
}
