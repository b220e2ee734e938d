/**
 * @file The rows that both runtimes' golden checks are made of. The rows are what decides: a quantity that the folder
 * lists and a runtime cannot give is a row that fails, never a row left out.
 */
import type { Adapter } from '../lora/config.ts';
import { check, difference, logProbability, mean, worst } from './check.ts';
import type { Check } from './check.ts';
import type { GoldenAdapter, GoldenBase, GoldenBatch, GoldenScores } from './golden-files.ts';

/** The golden README's recommendations for a float32 implementation. */
export const TOLERANCES = {
  logits: 1e-4,
  tokenLogprobs: 1e-4,
  meanNll: 1e-4,
  perplexityRelative: 1e-4,
  loss: 1e-5,
  gradientRelative: 1e-4,
  losses: 1e-4,
  adapterAfter: 2e-4,
  logitsAfter: 1e-3,
} as const;

export type Side = Pick<Check, 'runtime' | 'backend'>;

export const worstRow = (
  found: readonly ArrayLike<number>[],
  golden: readonly ArrayLike<number>[],
): number =>
  found.length === golden.length ? worst(golden.map((row, i) => difference(found[i] ?? [], row))) : Infinity;

/** Token log-probs and what follows from them: mean NLL and perplexity of all tokens and of the completion. */
export function scoreRows(
  side: Side,
  label: string,
  found: readonly (readonly number[])[],
  golden: GoldenScores,
  batch: GoldenBatch,
  scale: number,
): Check[] {
  const rows = [
    check(
      side,
      `${label}token log-probs`,
      worstRow(found, golden.tokenLogprobs),
      TOLERANCES.tokenLogprobs * scale,
    ),
  ];
  for (const part of ['all', 'completion'] as const) {
    const nll = found.map((logprobs, i) => {
      const from = part === 'all' ? 0 : (batch.examples[i]?.promptIds.length ?? NaN) - 1;
      return -mean(logprobs.slice(from));
    });
    const relative = golden[part].perplexity.map(
      (value, i) => Math.abs(Math.exp(nll[i] ?? NaN) - value) / value,
    );
    rows.push(
      check(
        side,
        `${label}mean NLL (${part})`,
        difference(nll, golden[part].meanNll),
        TOLERANCES.meanNll * scale,
      ),
      check(side, `${label}perplexity (${part})`, worst(relative), TOLERANCES.perplexityRelative * scale),
    );
  }
  const completion = found.flatMap((logprobs, i) =>
    logprobs.slice((batch.examples[i]?.promptIds.length ?? NaN) - 1),
  );
  rows.push(
    check(
      side,
      `${label}loss from scores`,
      Math.abs(-mean(completion) - golden.batchCompletionLoss),
      TOLERANCES.loss * scale,
    ),
  );
  return rows;
}

export const vocabOf = (logits: readonly Float32Array[], batch: GoldenBatch) =>
  (logits[0]?.length ?? 0) / (batch.sequences[0]?.length ?? 1);

/** log p of every token after the first, from a runtime's full logits. */
export function logprobsFromLogits(logits: readonly Float32Array[], batch: GoldenBatch): number[][] {
  const vocab = vocabOf(logits, batch);
  return batch.sequences.map((ids, row) =>
    ids.slice(1).map((id, j) => logProbability(logits[row] ?? new Float32Array(), vocab, j, id)),
  );
}

/** Each prompt with its golden continuation but the last token: the input of every greedy step at once. */
export const continued = (golden: GoldenBase) =>
  golden.greedy.fromPrompt.prompts.map((prompt, i) => [
    ...prompt,
    ...(golden.greedy.fromPrompt.newTokens[i] ?? []).slice(0, -1),
  ]);

export function greedyLogitsRow(side: Side, logits: readonly Float32Array[], golden: GoldenBase): Check {
  const vocab = vocabOf(golden.logits, golden.batch);
  const steps = logits.map((row, i) =>
    row.subarray(((golden.greedy.fromPrompt.prompts[i]?.length ?? 0) - 1) * vocab),
  );
  return check(side, 'logits of the greedy steps', worstRow(steps, golden.greedyLogits), TOLERANCES.logits);
}

export interface AdapterFiles {
  readonly name: string;
  readonly adapter: Adapter;
  /** The reference's adapter after its ten steps; null where the folder has no training run. */
  readonly after: Adapter | null;
  readonly golden: GoldenAdapter;
}
