/**
 * @file The lab's ports, keeping what was asked: digests of it as python/recordings.py makes them, and the answers, since
 * one that differs from the twin's is asked about again: two tokens that are equally likely are no difference.
 */
import { sha256OfText } from '../../src/formats/sha256.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { LabelRequest, Ports, TrainingRequest } from '../../src/method/ports.ts';
import type { Completion } from '../../src/words/engine.ts';
import type { Asked } from './recorded-files.ts';

const DIGITS = 12;
const digest = (rows: readonly string[]): string => sha256OfText(rows.join('\n')).slice(0, DIGITS);

interface Answered {
  readonly adapter: Adapter | null;
  readonly ids: readonly number[];
  readonly completion: Completion;
}

/** An answer of the twin's that is not the lab's. */
export interface Said {
  /** The item's id. */
  readonly id: string;
  readonly ids: readonly number[];
  /** [] where they are not known. */
  readonly logprobs: readonly number[];
}

export interface KeepingPorts {
  readonly ports: Ports;
  /** Digests of what was asked since the last time; forgets it and the answers. */
  take(): Asked;
  /** Whether the answers part where both tokens were equally likely: the gap is at most twice the largest difference of
   * log-probabilities on this prompt.
   * @param least that difference elsewhere in the event */
  isTie(said: Said, least: number): Promise<boolean>;
}

export function keepingPorts(ports: Ports): KeepingPorts {
  const prompts: string[] = [];
  const scored: string[] = [];
  const examples: string[] = [];
  const answered = new Map<string, Answered>();

  async function* generate(request: LabelRequest): AsyncGenerator<Completion> {
    const { adapter, rows, config } = request;
    const { maxNewTokens, stopStrings, eosTokenIds, doSample, seed } = config;
    const how = [maxNewTokens, stopStrings, eosTokenIds, doSample ? seed : null];
    prompts.push(...rows.map(({ key, ids }) => JSON.stringify([key, ids, ...how])));
    // Candidates go in with their prompt; the twin asks for them apart.
    for (const { ids, candidates = [] } of rows)
      scored.push(...candidates.map((own) => JSON.stringify([ids, own])));
    const idsOf = new Map(rows.map(({ key, ids }) => [key, ids]));
    for await (const completion of ports.generate(request)) {
      answered.set(completion.key, { adapter, completion, ids: idsOf.get(completion.key) ?? [] });
      yield completion;
    }
  }
  const train = (request: TrainingRequest) => {
    const { batchSize, maxSteps, shuffle, seed } = request.config;
    const how = [batchSize, maxSteps, shuffle, seed, request.initSeed];
    const rows = request.examples.map(({ promptIds, completionIds }) => [promptIds, completionIds]);
    examples.push(...[how, ...rows].map((row) => JSON.stringify(row)));
    return ports.train(request);
  };

  return {
    ports: {
      ...ports,
      generate,
      train,
      score: (adapter, rows) => {
        scored.push(
          ...rows.map(({ promptIds, completionIds }) => JSON.stringify([promptIds, completionIds])),
        );
        return ports.score(adapter, rows);
      },
    },
    take: () => {
      const found: Asked = {
        ...(prompts.length > 0 && { prompts: digest(prompts.splice(0).sort()) }),
        ...(scored.length > 0 && { scored: digest(scored.splice(0).sort()) }),
        ...(examples.length > 0 && { examples: digest(examples.splice(0)) }),
      };
      answered.clear();
      return found;
    },
    isTie: async (said, least) => {
      for (const [key, own] of answered) {
        if (key !== said.id && !key.endsWith(`/${said.id}`)) continue;
        if (await isTieOf(ports, own, said, least)) return true;
      }
      return false;
    },
  };
}

/** Whether this answer and that one part where both tokens were equally likely. */
export async function isTieOf(
  { score }: Pick<Ports, 'score'>,
  { adapter, ids, completion }: Answered,
  said: Said,
  least: number,
): Promise<boolean> {
  const at = said.ids.findIndex((id, i) => i < completion.ids.length && id !== completion.ids[i]);
  if (at < 0) return false;
  const before = [...ids, ...completion.ids.slice(0, at)];
  const after = [said.ids, completion.ids].map((answer) => ({
    promptIds: before,
    completionIds: answer.slice(at, at + 1),
  }));
  const [theirs = NaN, ours = NaN] = (await score(adapter, after)).map(({ logprobs }) => logprobs[0]);
  const told = [...completion.logprobs.slice(0, at), theirs];
  const apart = told.flatMap((own, i) => {
    const other = said.logprobs[i];
    return other === undefined ? [] : [Math.abs(own - other)];
  });
  return Math.abs(ours - theirs) <= 2 * Math.max(...(apart.length > 0 ? apart : [least]));
}
