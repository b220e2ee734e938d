/** @file Every quantity of a golden folder that the labelling runtime can give. */
import type { Completion } from '../words/engine.ts';
import type { Adapter } from '../lora/config.ts';
import { check, differingIds, mean, worst } from './check.ts';
import type { Check } from './check.ts';
import { generateAll } from './generate-all.ts';
import type { GoldenBase, GoldenBatch } from './golden-files.ts';
import type { AdapterFiles, Side } from './golden-rows.ts';
import { continued, greedyLogitsRow, scoreRows, TOLERANCES, worstRow } from './golden-rows.ts';
import type { InferenceSide } from './sides.ts';

const ort = (side: InferenceSide): Side => ({ runtime: 'ort', backend: side.backend });

/** log p of every token after the first, from the runtime's own scoring. */
async function logprobsFromScoring(
  side: InferenceSide,
  adapter: Adapter | null,
  batch: GoldenBatch,
): Promise<number[][]> {
  const rows = batch.sequences.map((ids) => ({ promptIds: ids.slice(0, 1), completionIds: ids.slice(1) }));
  return (await side.score(adapter, rows)).map(({ logprobs }) => [...logprobs]);
}

/** Every quantity of the base model that `side` can give. */
export async function checkBaseInference(side: InferenceSide, golden: GoldenBase): Promise<Check[]> {
  const { batch } = golden;
  const rows = [
    check(ort(side), 'logits', worstRow(await side.logits(null, batch.sequences), golden.logits), 1e-4),
  ];
  rows.push(
    ...scoreRows(ort(side), '', await logprobsFromScoring(side, null, batch), golden.scores, batch, 1),
  );

  const pooled = await side.embed(batch.sequences);
  const means = golden.lastHidden.map((hidden, row) => {
    const length = batch.sequences[row]?.length ?? NaN;
    const size = hidden.length / length;
    return Float32Array.from({ length: size }, (_, c) => {
      let sum = 0;
      for (let t = 0; t < length; t++) sum += hidden[t * size + c] ?? NaN;
      return sum / length;
    });
  });
  rows.push(check(ort(side), 'mean-pooled hidden states', worstRow(pooled, means), TOLERANCES.logits));

  for (const [name, greedy] of Object.entries(golden.greedy)) {
    const maxNewTokens = greedy.newTokens[0]?.length ?? 0;
    const together = await generateAll(side, null, greedy.prompts, { maxNewTokens });
    const alone: Completion[] = [];
    for (const prompt of greedy.prompts)
      alone.push(...(await generateAll(side, null, [prompt], { maxNewTokens })));
    for (const [label, completions] of [
      ['batched', together],
      ['alone', alone],
    ] as const) {
      const differing = greedy.newTokens.map((ids, i) => differingIds(completions[i]?.ids ?? [], ids));
      rows.push(check(ort(side), `greedy ids ${name}, ${label}`, worst(differing), 0));
    }
  }
  rows.push(greedyLogitsRow(ort(side), await side.logits(null, continued(golden)), golden));
  return rows;
}

/** The adapter in the labelling runtime: as given, after the reference's training, and after our own. */
export async function checkAdapterInference(
  side: InferenceSide,
  files: AdapterFiles,
  batch: GoldenBatch,
  trained: Adapter | null,
): Promise<Check[]> {
  const { name, adapter, golden } = files;
  const logits = await side.logits(adapter, batch.sequences);
  const rows = [check(ort(side), `${name}: logits`, worstRow(logits, golden.logits), TOLERANCES.logits)];
  if (golden.training === null) {
    const completion = await side.score(adapter, batch.examples);
    const loss = -mean(completion.flatMap(({ logprobs }) => logprobs));
    rows.push(check(ort(side), `${name}: loss from scores`, Math.abs(loss - golden.loss), TOLERANCES.loss));
  } else {
    const { scores, scoresAfter, logitsAfter } = golden.training;
    rows.push(
      ...scoreRows(ort(side), `${name}: `, await logprobsFromScoring(side, adapter, batch), scores, batch, 1),
    );
    for (const [label, after] of [
      ['after 10 steps', files.after],
      ['trained here', trained],
    ] as const) {
      if (after === null) {
        rows.push(check(ort(side), `${name} ${label}: logits`, Infinity, TOLERANCES.logitsAfter));
        continue;
      }
      const found = await side.logits(after, batch.sequences);
      const logitsOff = worstRow(found, logitsAfter);
      rows.push(check(ort(side), `${name} ${label}: logits`, logitsOff, TOLERANCES.logitsAfter));
      const logprobs = await logprobsFromScoring(side, after, batch);
      rows.push(...scoreRows(ort(side), `${name} ${label}: `, logprobs, scoresAfter, batch, 10));
    }
  }
  return rows;
}
