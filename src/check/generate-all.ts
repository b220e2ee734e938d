/** @file Completions of prompts, gathered from the stream, in the prompts' order. */
import type { Completion, GenerationConfig } from '../words/engine.ts';
import { GREEDY } from '../words/engine.ts';
import type { Adapter } from '../lora/config.ts';
import type { InferenceSide } from './sides.ts';

export async function generateAll(
  side: InferenceSide,
  adapter: Adapter | null,
  prompts: readonly (readonly number[])[],
  config: Partial<GenerationConfig>,
): Promise<Completion[]> {
  const completions = new Map<string, Completion>();
  const rows = prompts.map((ids, i) => ({ key: `prompt ${i}`, ids }));
  for await (const event of side.generate(adapter, rows, { ...GREEDY, ...config })) {
    if (event.type === 'completion') completions.set(event.completion.key, event.completion);
  }
  return rows.flatMap(({ key }) => completions.get(key) ?? []);
}
