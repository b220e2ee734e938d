/**
 * @file From rows to be scored to rows of tokens. Completions of one prompt - the candidates of a constrained answer -
 * share it where the session takes masks: the prompt goes in once, the completions stand behind it as branches that do
 * not see each other, and k candidates cost little more than one.
 */
import { LabError } from '../../core/errors.ts';
import type { PromptRow, ScoreRow } from '../../words/engine.ts';
import type { ModelSession } from './session.ts';
import type { Work } from './rows.ts';
import { checkRow } from './rows.ts';

/** A row of branches is closed when it has as many tokens; long ones cost more attention than they save. */
const BRANCHED_TOKENS = 512;

interface Candidate {
  readonly index: number;
  readonly ids: readonly number[];
}

/** @throws LabError `invalid-request`, `context-overflow` */
export function scoreWork(session: ModelSession, rows: readonly ScoreRow[]): Work[] {
  const byPrompt = new Map<string, { promptIds: readonly number[]; candidates: Candidate[] }>();
  const work: Work[] = [];
  // Also the rotary operator takes no more tokens than its tables have positions, though these are re-used.
  const longest = Math.min(BRANCHED_TOKENS, session.maxLength);
  for (const [index, { promptIds, completionIds }] of rows.entries()) {
    checkRow(session, [...promptIds, ...completionIds], `Row ${index}`);
    if (!session.takesBranches || promptIds.length === 0) {
      work.push(...packed(promptIds, [{ index, ids: completionIds }], longest));
      continue;
    }
    const key = promptIds.join();
    const group = byPrompt.get(key) ?? { promptIds, candidates: [] };
    group.candidates.push({ index, ids: completionIds });
    byPrompt.set(key, group);
  }
  for (const { promptIds, candidates } of byPrompt.values())
    work.push(...packed(promptIds, candidates, longest));
  return work;
}

/** A prompt with all its candidates as one row, where they fit into one and the session takes branches; else null.
 * @throws LabError `invalid-request`, `context-overflow` */
export function sharedWork(session: ModelSession, { key, ids, candidates = [] }: PromptRow): Work | null {
  for (const candidate of candidates) {
    if (candidate.length === 0)
      throw new LabError('invalid-request', `A candidate of prompt "${key}" has no tokens.`);
    checkRow(session, [...ids, ...candidate], `Prompt "${key}" with a candidate`);
  }
  if (candidates.length === 0 || !session.takesBranches) return null;
  const longest = Math.min(BRANCHED_TOKENS, session.maxLength);
  const [work = null, ...more] = packed(
    ids,
    candidates.map((own, index) => ({ index, ids: own })),
    longest,
  );
  return more.length > 0 ? null : work;
}

/** The prompt followed by each candidate's tokens but the last, which predicts nothing that is asked for. */
function packed(promptIds: readonly number[], candidates: readonly Candidate[], longest: number): Work[] {
  const work: Work[] = [];
  let ids: number[] = [];
  let starts: number[] = [];
  let wanted: Work['wanted'][number][] = [];
  const close = () => {
    const [first] = wanted;
    if (first === undefined) return;
    const branches = { prefix: promptIds.length, starts };
    work.push({ index: first.index, ids, wanted, ...(starts.length > 1 ? { branches } : {}) });
  };
  for (const candidate of candidates) {
    const isOpen = ids.length > 0 && ids.length + candidate.ids.length <= longest;
    if (!isOpen) {
      close();
      ids = promptIds.slice();
      starts = [];
      wanted = [];
    }
    const start = ids.length;
    for (const [i, target] of candidate.ids.entries()) {
      // The first token is predicted by the prompt's last, or by nothing.
      const token = i === 0 ? promptIds.length - 1 : start + i - 1;
      if (token >= 0) wanted.push({ index: candidate.index, token, target });
    }
    starts.push(start);
    ids.push(...candidate.ids.slice(0, -1));
  }
  close();
  return work;
}
