/**
 * @file The rows of a generation: prompts that wait, and what goes into one run of those that are taken. A prompt goes in with
 * its candidates behind it as branches, where the session takes branches; else these are scored apart, before anything is generated.
 */
import type { FinishReason, GenerationConfig, PromptRow, Score } from '../../words/engine.ts';
import { batchFeeds, rowsPerRun } from './batch.ts';
import { OUTPUT } from './names.ts';
import type { RowsOptions, Work } from './rows.ts';
import { wantedPerRun } from './rows.ts';
import { score } from './score.ts';
import type { Feeds, ModelSession } from './session.ts';
import type { Outputs } from './tensors.ts';
import { floatOutput } from './tensors.ts';
import { TextStream } from './text-stream.ts';
import type { IdDecoder } from './text-stream.ts';

/** A prompt on its way through the batch. */
export interface Row {
  readonly key: string;
  readonly promptLength: number;
  /** Prompt and completion. */
  readonly ids: number[];
  readonly logprobs: number[];
  readonly stream: TextStream | undefined;
  /** Of its candidates, once they are known. */
  scores: readonly Score[] | undefined;
  finishReason: FinishReason | undefined;
}

/** A prompt that waits. */
export interface Waiting {
  readonly prompt: PromptRow;
  /** With its candidates, where they go in with it. */
  readonly shared: Work | null;
}

/** A row of a run, and what goes in of it. */
export interface Taken {
  readonly row: Row;
  readonly shared: Work | null;
}

/** Of a row that is prefilled: its candidates with it. */
export const tokensOf = ({ row, shared }: Taken): readonly number[] => shared?.ids ?? row.ids;
export const lengthOf = ({ prompt, shared }: Waiting): number => (shared?.ids ?? prompt.ids).length;

/** Scores of the candidates that cannot go in with their prompts, by the prompts' keys. */
export async function scoredApart(
  session: ModelSession,
  waiting: readonly Waiting[],
  options: RowsOptions,
): Promise<ReadonlyMap<string, readonly Score[]>> {
  const apart = waiting.filter(({ prompt, shared }) => shared === null && prompt.candidates !== undefined);
  const rows = apart.flatMap(({ prompt: { ids, candidates = [] } }) =>
    candidates.map((completionIds) => ({ promptIds: ids, completionIds })),
  );
  const scores = await score(session, rows, options);
  let at = 0;
  return new Map(
    apart.map(({ prompt: { key, candidates = [] } }) => [key, scores.slice(at, (at += candidates.length))]),
  );
}

export function openRow(
  prompt: PromptRow,
  config: GenerationConfig,
  tokenizer: IdDecoder | undefined,
  scores: readonly Score[] | undefined,
): Row {
  return {
    key: prompt.key,
    promptLength: prompt.ids.length,
    ids: prompt.ids.slice(),
    logprobs: [],
    stream: tokenizer === undefined ? undefined : new TextStream(tokenizer, config.stopStrings, prompt.ids),
    scores,
    finishReason: undefined,
  };
}

/** Takes the next prompts off the queue, the longest first: at most `free`, and no more than one run takes. */
export function nextGroup(session: ModelSession, waiting: Waiting[], free: number): Waiting[] {
  const [first] = waiting;
  const most = Math.min(free, rowsPerRun(session, first === undefined ? 1 : lengthOf(first)));
  const mostWanted = wantedPerRun(session);
  let [rows, wanted] = [0, 0];
  for (const { shared } of waiting.slice(0, most)) {
    wanted += shared?.wanted.length ?? 1;
    if (rows > 0 && wanted > mostWanted) break;
    rows++;
  }
  return waiting.splice(0, rows);
}

/** Feeds of one run; of each row the position whose distribution the next token comes of is the first that is wanted. */
export function feedsOf(
  session: ModelSession,
  taken: readonly Taken[],
  isPrefill: boolean,
  capacity: number,
): Feeds {
  if (!isPrefill) {
    const ids = taken.map(({ row }) => row.ids.slice(-1));
    const pastLengths = taken.map(({ row }) => row.ids.length - 1);
    return batchFeeds(session, { ids, pastLengths, capacity });
  }
  const asked = taken.map(({ row, shared }) => shared?.wanted ?? [{ token: row.ids.length - 1, target: 0 }]);
  return batchFeeds(session, {
    ids: taken.map(tokensOf),
    branches: taken.map(({ shared }) => shared?.branches),
    wanted: asked.flatMap((own, b) => own.map(({ token }) => [b, token] as const)),
    targets: asked.flatMap((own) => own.map(({ target }) => target)),
    capacity,
  });
}

/** What the run tells of each row's candidates. */
export async function takeScores(
  taken: readonly Taken[],
  firsts: readonly number[],
  outputs: Outputs,
): Promise<void> {
  const logprobs = await floatOutput(outputs, OUTPUT.targetLogprob);
  const entropies = await floatOutput(outputs, OUTPUT.entropy);
  for (const [i, { row, shared }] of taken.entries()) {
    if (shared === null) continue;
    const scores = new Map<number, { logprobs: number[]; entropies: number[] }>();
    for (const [j, { index }] of shared.wanted.entries()) {
      const own = scores.get(index) ?? { logprobs: [], entropies: [] };
      const at = (firsts[i] ?? NaN) + j;
      own.logprobs.push(logprobs[at] ?? NaN);
      own.entropies.push(entropies[at] ?? NaN);
      scores.set(index, own);
    }
    // Candidates stand in their order.
    row.scores = [...scores.values()];
  }
}

/** Where each row's positions begin among all that the run is asked for. */
export function firstsOf(taken: readonly Taken[]): readonly number[] {
  let next = 0;
  return taken.map(({ shared }) => {
    const first = next;
    next += shared?.wanted.length ?? 1;
    return first;
  });
}
