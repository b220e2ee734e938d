/**
 * @file The prompt of an evaluated item, made again: a run keeps what was answered, and the draws of its demonstrations
 * follow from its plan. Which of them fitted depends on their tokens, and those only the run's own model knows.
 */
import type { Mode } from '../../words/events.ts';
import type { TextPorts } from '../../method/prompt-maker.ts';
import { evaluatedPrompt } from '../../method/prompt-maker.ts';
import type { TaskRow } from '../../words/task.ts';
import { bm25 } from '../../lab/retrieval.ts';
import type { Cell, PromptSeen, RunView } from '../lab-model.ts';

/** Every text without tokens: all fit. */
const WITHOUT_TOKENS: TextPorts = {
  model: { name: '', sha256: '', maxPositions: Infinity, eosTokenIds: [] },
  encode: (texts) => Promise.resolve(texts.map(() => [])),
  prefixIds: () => Promise.resolve([]),
  retriever: bm25,
};

/** @param ports of the model that is loaded; null for none */
export async function promptSeen(
  { task, model }: Pick<RunView, 'task' | 'model'>,
  { arm, seed }: Pick<Cell, 'arm' | 'seed'>,
  row: TaskRow,
  mode: Mode,
  ports: TextPorts | null,
): Promise<PromptSeen> {
  const isOwn = ports !== null && ports.model.sha256 === model.sha256;
  const used = isOwn ? ports : WITHOUT_TOKENS;
  const { demonstrations, leftOut } = await evaluatedPrompt({ task, arm, seed }, used, row, mode);
  return { demonstrations: demonstrations.map(({ row: { id } }) => id), leftOut, isCertain: isOwn };
}
