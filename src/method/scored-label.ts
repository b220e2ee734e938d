/**
 * @file Labels that are chosen among the task's own, by their log-probabilities after the prompt: as they are, less what
 * they score without content after the same demonstrations (contextual calibration, arXiv 2102.09690), or aligned with
 * the pool's shares of labels (distribution alignment, arXiv 1911.09785).
 */
import type { Adapter } from '../lora/config.ts';
import { isExact } from '../metrics/metrics.ts';
import type { Score } from '../words/engine.ts';
import type { Mode } from '../words/events.ts';
import type { Said } from './ask.ts';
import { owed, summedLogprob } from './ask.ts';
import type { Prompt } from './prompt-maker.ts';
import type { RunContext } from './run-context.ts';
import type { TaskRow } from '../words/task.ts';

/** A prompt that says nothing (arXiv 2102.09690). */
export const CONTENT_FREE: TaskRow = { id: 'content-free', input: 'N/A', output: '' };

/** A mean that is nothing in numbers. */
const LEAST = 1e-300;

const indexOfMost = (values: readonly number[]): number =>
  values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0);

/** Log-probabilities of the labels after each prompt, as [prompt][label]. */
async function scored(
  run: RunContext,
  adapter: Adapter | null,
  labelIds: readonly (readonly number[])[],
  prompts: readonly Prompt[],
): Promise<readonly (readonly Score[])[]> {
  const rows = prompts.flatMap(({ ids }) =>
    labelIds.map((completionIds) => ({ promptIds: ids, completionIds })),
  );
  const scores = await run.ports.score(adapter, rows);
  return prompts.map((_, p) =>
    labelIds.map((__, l) => owed(scores[p * labelIds.length + l], 'log-probabilities of a label')),
  );
}

/** What is added to each label's log-probability so that the prompts' mean probabilities become the pool's shares. */
function alignment(run: RunContext, totals: readonly (readonly number[])[]): readonly number[] {
  const { definition } = run.plan.task;
  const probabilities = totals.map((row) => {
    const most = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - most));
    const sum = powers.reduce((all, one) => all + one, 0);
    return powers.map((one) => one / sum);
  });
  return definition.labels.map((label, l) => {
    const mean = probabilities.reduce((sum, row) => sum + (row[l] ?? 0), 0) / totals.length;
    const count = run.pool.filter(({ row }) =>
      isExact(definition.kind, label, row, definition.answerAfter),
    ).length;
    // No label is ruled out: one more of each than the pool has.
    return (
      Math.log((count + 1) / (run.pool.length + definition.labels.length)) - Math.log(Math.max(mean, LEAST))
    );
  });
}

/** The chosen label after each prompt, the first of equals.
 * @param areAll the prompts are a whole part: few of them have no shares to be aligned */
export async function scoredLabels(
  run: RunContext,
  adapter: Adapter | null,
  prompts: readonly Prompt[],
  { mode, areAll }: { readonly mode: Mode; readonly areAll: boolean },
): Promise<Said[]> {
  const { labels } = run.plan.task.definition;
  const { decoding } = run.plan.arm.knobs;
  const labelIds = await run.answerIds(labels);
  const totalsOf = (scores: readonly (readonly Score[])[]) =>
    scores.map((row) => row.map((score, l) => summedLogprob(score, `label ${l}`)));
  const scores = await scored(run, adapter, labelIds, prompts);
  const totals = totalsOf(scores);
  let more = totals.map(() => labels.map(() => 0));
  if (decoding === 'calibrated') {
    const [item] = await run.itemsOf([CONTENT_FREE]);
    const free = owed(item, 'content-free prompt');
    const bare = await Promise.all(
      prompts.map(async ({ demonstrations }) =>
        mode === 'zero-shot' ? run.zeroShot(free) : run.fewShot(free, demonstrations),
      ),
    );
    more = totalsOf(await scored(run, adapter, labelIds, bare)).map((row) => row.map((value) => -value));
  } else if (decoding === 'aligned' && areAll) {
    const aligned = alignment(run, totals);
    more = totals.map(() => [...aligned]);
  }
  return prompts.map((_, p) => {
    const best = indexOfMost((totals[p] ?? []).map((total, l) => total + (more[p]?.[l] ?? 0)));
    return {
      answer: labels[best] ?? '',
      ids: labelIds[best] ?? [],
      logprobs: scores[p]?.[best]?.logprobs ?? [],
      finishReason: 'stop-string',
    };
  });
}
