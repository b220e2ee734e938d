/** @file Every quantity of a golden folder that the training runtime can give. */
import { maxAbs } from '../metrics/agreement.ts';
import type { Adapter } from '../lora/config.ts';
import { argmax, check, difference, differingIds, worst } from './check.ts';
import type { Check } from './check.ts';
import type { GoldenBase, GoldenBatch } from './golden-files.ts';
import type { AdapterFiles, Side } from './golden-rows.ts';
import {
  continued,
  greedyLogitsRow,
  logprobsFromLogits,
  scoreRows,
  TOLERANCES,
  vocabOf,
  worstRow,
} from './golden-rows.ts';
import type { TrainingSide } from './sides.ts';

const tfjs = (side: TrainingSide): Side => ({ runtime: 'tfjs', backend: side.backend });

/** Every quantity of the base model that a training runtime can give. */
export async function checkBaseTraining(side: TrainingSide, golden: GoldenBase): Promise<Check[]> {
  const { batch } = golden;
  const logits = await side.logits(null, batch.sequences);
  const steps = await side.logits(null, continued(golden));
  const vocab = vocabOf(golden.logits, batch);
  const differing = golden.greedy.fromPrompt.newTokens.map((ids, i) => {
    const first = (golden.greedy.fromPrompt.prompts[i]?.length ?? 0) - 1;
    const chosen = ids.map((_, step) =>
      argmax((steps[i] ?? new Float32Array()).subarray((first + step) * vocab, (first + step + 1) * vocab)),
    );
    return differingIds(chosen, ids);
  });
  return [
    check(tfjs(side), 'logits', worstRow(logits, golden.logits), TOLERANCES.logits),
    ...scoreRows(tfjs(side), '', logprobsFromLogits(logits, batch), golden.scores, batch, 1),
    greedyLogitsRow(tfjs(side), steps, golden),
    check(tfjs(side), 'greedy ids, full passes', worst(differing), 0),
  ];
}

/**
 * Largest difference of two trained factors, over the elements whose first gradient is not noise. Adam's first update
 * is lr * g / (|g| + eps): where |g| is within the error that float32 gradients have (2e-5 of the tensor's largest),
 * the update may be anything up to lr, in the reference too; the losses and logits after the steps judge those.
 */
function differenceWhereSettled(ours: Float32Array, theirs: Float32Array, gradient: Float32Array): number {
  const noise = 2e-5 * maxAbs(gradient);
  const settled = (values: Float32Array) => values.filter((_, i) => Math.abs(gradient[i] ?? 0) > noise);
  return ours.length === theirs.length && theirs.length === gradient.length
    ? difference(settled(ours), settled(theirs))
    : Infinity;
}

/** The adapter in the training runtime: logits, loss, each gradient, ten steps. Returns the adapter trained. */
export async function checkAdapterTraining(
  side: TrainingSide,
  files: AdapterFiles,
  batch: GoldenBatch,
): Promise<{ rows: Check[]; trained: Adapter | null }> {
  const { name, adapter, golden } = files;
  const logits = await side.logits(adapter, batch.sequences);
  const { loss, gradients } = await side.lossAndGradients(adapter, batch.examples);
  const rows = [
    check(tfjs(side), `${name}: logits`, worstRow(logits, golden.logits), TOLERANCES.logits),
    check(tfjs(side), `${name}: loss`, Math.abs(loss - golden.loss), TOLERANCES.loss),
  ];
  if (golden.training === null) return { rows, trained: null };
  const { training } = golden;
  rows.push(
    ...scoreRows(tfjs(side), `${name}: `, logprobsFromLogits(logits, batch), training.scores, batch, 1),
  );

  const found = new Map<string, Float32Array>();
  for (const [module, pair] of gradients) {
    found.set(`base_model.model.${module}.lora_A.weight`, pair.a);
    found.set(`base_model.model.${module}.lora_B.weight`, pair.b);
  }
  for (const [tensor, expected] of training.gradients) {
    const relative = difference(found.get(tensor) ?? [], expected) / maxAbs(expected);
    rows.push(check(tfjs(side), `${name}: gradient of ${tensor}`, relative, TOLERANCES.gradientRelative));
  }
  const surplus = [...found.keys()].filter((tensor) => !training.gradients.has(tensor)).length;
  rows.push(check(tfjs(side), `${name}: gradients without a golden`, surplus, 0));

  const losses: number[] = [];
  const trained = await side.train(adapter, batch.examples, training.config, (step) =>
    losses.push(step.loss),
  );
  const after = await side.lossAndGradients(trained, batch.examples);
  rows.push(
    check(tfjs(side), `${name}: losses of the steps`, difference(losses, training.losses), TOLERANCES.losses),
    check(
      tfjs(side),
      `${name}: loss after the steps`,
      Math.abs(after.loss - training.lossAfter),
      TOLERANCES.losses,
    ),
  );
  for (const [module, pair] of files.after?.pairs ?? []) {
    const own = trained.pairs.get(module);
    for (const [factor, ours, theirs] of [
      ['lora_A', own?.a, pair.a],
      ['lora_B', own?.b, pair.b],
    ] as const) {
      const gradient =
        training.gradients.get(`base_model.model.${module}.${factor}.weight`) ?? new Float32Array();
      const off = differenceWhereSettled(ours ?? new Float32Array(), theirs, gradient);
      const label = `${name} after the steps: ${module}.${factor}`;
      rows.push(check(tfjs(side), label, off, TOLERANCES.adapterAfter));
    }
  }
  const logitsAfter = await side.logits(trained, batch.sequences);
  rows.push(
    check(
      tfjs(side),
      `${name} after the steps: logits`,
      worstRow(logitsAfter, training.logitsAfter),
      TOLERANCES.logitsAfter,
    ),
    ...scoreRows(
      tfjs(side),
      `${name} after the steps: `,
      logprobsFromLogits(logitsAfter, batch),
      training.scoresAfter,
      batch,
      10,
    ),
  );
  return { rows, trained };
}
