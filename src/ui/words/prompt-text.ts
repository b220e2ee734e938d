/**
 * @file A prompt as the model sees it, in the pieces it is made of: preamble, demonstrations, the prompt itself
 * (method/prompt-maker.ts joins the same texts as tokens).
 */
import type { Task, TaskRow } from '../../words/task.ts';
import { completionText, promptText } from '../../words/task.ts';

export interface PromptPieces {
  readonly preamble: string;
  readonly demonstrations: readonly {
    readonly id: string;
    readonly prompt: string;
    readonly completion: string;
  }[];
  readonly prompt: string;
}

export function promptPieces(
  { definition, splits }: Task,
  input: string,
  demonstrations: readonly string[],
  preamble: string,
): PromptPieces {
  const pool = new Map<string, TaskRow>(splits.pool.map((row) => [row.id, row]));
  return {
    preamble,
    demonstrations: demonstrations.flatMap((id) => {
      const row = pool.get(id);
      if (row === undefined) return [];
      return [
        { id, prompt: promptText(definition, row.input), completion: completionText(definition, row.output) },
      ];
    }),
    prompt: promptText(definition, input),
  };
}
