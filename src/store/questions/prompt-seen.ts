/**
 * @file Prompts made again as a run made them, by the run's own maker: of an evaluated item, and of a sentence that is
 * followed. What a run keeps of a prompt are its demonstrations, of self-labels alone; every other draw follows from the
 * plan. Which demonstrations fitted depends on their tokens, and those only the run's own model knows.
 */
import type { GenerationConfig } from '../../words/engine.ts';
import type { Mode, Sample } from '../../words/events.ts';
import type { Plan } from '../../words/plan.ts';
import type { TaskRow } from '../../words/task.ts';
import { bm25 } from '../../lab/retrieval.ts';
import type { Item, TextPorts } from '../../method/items.ts';
import type { Prompt, PromptMaker } from '../../method/prompt-maker.ts';
import { WORDS_ALONE } from '../../method/chat.ts';
import type { RunState } from '../../method/state.ts';
import type { Pinned, PinnedPrompt, PromptSeen } from './ask-state.ts';

/** Every text without tokens: all fit. */
export const WITHOUT_TOKENS: TextPorts = {
  model: { name: '', sha256: '', maxPositions: Infinity, eosTokenIds: [], learningRate: 0 },
  encode: (texts) => Promise.resolve(texts.map(() => [])),
  prefixIds: () => Promise.resolve([]),
  retriever: bm25,
  chat: WORDS_ALONE,
  isForShow: true,
};

/** @param ports of the model that is loaded; null for none
 * @param sha256 of the run's model */
export async function promptSeen(
  plan: Plan,
  sha256: string,
  row: TaskRow,
  mode: Mode,
  ports: TextPorts | null,
): Promise<PromptSeen> {
  const isCertain = ports !== null && ports.model.sha256 === sha256 && plan.task.areTextsLeftOut !== true;
  const { promptMaker } = await import('../../method/prompt-maker.ts');
  const maker = await promptMaker(plan, isCertain ? ports : WITHOUT_TOKENS);
  const { parts, leftOut } = await maker.evaluated(await maker.itemOf(row), mode);
  return { parts, leftOut, isCertain };
}

const EVALUATED = ['test', 'validation', 'probe'] as const;

interface Labelled {
  readonly round: number;
  readonly sample: Sample;
}

/** Where a model labelled the row, by round; the key's labels and dropped questions have no prompt. */
export const labelled = (state: RunState, rowId: string | null): readonly Labelled[] =>
  state.rounds.flatMap(({ round, samples }) => {
    const sample = samples.find(({ id, ids }) => id === rowId && ids.length > 0);
    return sample === undefined ? [] : [{ round, sample }];
  });

type Wish = Pick<Pinned, 'input' | 'rowId' | 'mode' | 'drawnIn' | 'chosen'>;

/** What the run showed before the row: as it labelled it, as it scores it, or else as it would draw it. */
async function drawnBefore(
  maker: PromptMaker,
  state: RunState,
  { input, rowId, drawnIn }: Wish,
): Promise<{ readonly items: readonly Item[]; readonly origin: PinnedPrompt['origin'] }> {
  const { splits } = maker.plan.task;
  const told = labelled(state, rowId);
  const own = told.find(({ round }) => round === drawnIn) ?? told[0];
  if (own !== undefined) {
    const items = await rowsById(maker, own.sample.demonstrations);
    return { items, origin: { kind: 'labelled', round: own.round } };
  }
  const row = EVALUATED.flatMap((split) => splits[split]).find(({ id }) => id === rowId);
  // The draw is the row's, whatever its words are changed to.
  if (row !== undefined)
    return { items: await maker.evaluationShots(await maker.itemOf(row)), origin: { kind: 'evaluated' } };
  const item = await maker.itemOf({ id: rowId ?? 'typed', input, output: '' });
  return { items: await maker.demonstrations(item, 'pinned', 0), origin: { kind: 'outside' } };
}

function rowsById(maker: PromptMaker, ids: readonly string[]): Promise<readonly Item[]> {
  const rows = new Map(maker.plan.task.splits.pool.map((row) => [row.id, row]));
  return maker.itemsOf(ids.flatMap((id) => rows.get(id) ?? []));
}

export interface Followed {
  readonly prompt: Prompt;
  /** As the page shows it. */
  readonly shown: PinnedPrompt;
  /** As the run's evaluations are answered. */
  readonly config: GenerationConfig;
}

/** The prompt of a sentence that is followed. */
export async function followed(maker: PromptMaker, state: RunState, wish: Wish): Promise<Followed> {
  const { input, mode, chosen } = wish;
  const { items, origin } = await drawnBefore(maker, state, wish);
  const item = await maker.itemOf({ id: wish.rowId ?? 'typed', input, output: '' });
  const prompt =
    mode === 'zero-shot'
      ? maker.zeroShot(item)
      : await maker.fewShot(item, chosen === null ? items : await rowsById(maker, chosen));
  return {
    prompt,
    config: maker.answering,
    shown: {
      ...{ parts: prompt.parts, leftOut: prompt.leftOut, origin },
      drawn: items.map(({ row }) => row.id),
      rounds: labelled(state, wish.rowId).map(({ round }) => round),
    },
  };
}
