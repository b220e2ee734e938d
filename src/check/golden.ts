/**
 * @file Every quantity of a golden folder against both runtimes. The rows are what decides: a quantity that the
 * folder lists and a runtime cannot give is a row that fails, never a row left out.
 */
import type { Completion, GenerationConfig } from '../core/engine.ts';
import { GREEDY } from '../core/engine.ts';
import type { Adapter } from '../lora/config.ts';
import { argmax, check, differingIds, logProbability, maxAbs, maxAbsDifference, mean } from './check.ts';
import type { Check } from './check.ts';
import type { GoldenAdapter, GoldenBase, GoldenBatch, GoldenScores } from './golden-files.ts';
import type { InferenceSide, TrainingSide } from './sides.ts';

/** The golden README's recommendations for a float32 implementation. */
const TOLERANCES = {
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

type Side = Pick<Check, 'runtime' | 'backend'>;
const ort = (side: InferenceSide): Side => ({ runtime: 'ort', backend: side.backend });
const tfjs = (side: TrainingSide): Side => ({ runtime: 'tfjs', backend: side.backend });

const worstRow = (found: readonly Float32Array[], golden: readonly Float32Array[]) =>
  found.length === golden.length
    ? Math.max(...golden.map((row, i) => maxAbsDifference(found[i] ?? [], row)))
    : Infinity;

/** Token log-probs and what follows from them: mean NLL and perplexity of all tokens and of the completion. */
function scoreRows(
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
      Math.max(...golden.tokenLogprobs.map((row, i) => maxAbsDifference(found[i] ?? [], row))),
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
        maxAbsDifference(nll, golden[part].meanNll),
        TOLERANCES.meanNll * scale,
      ),
      check(
        side,
        `${label}perplexity (${part})`,
        Math.max(...relative),
        TOLERANCES.perplexityRelative * scale,
      ),
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

const vocabOf = (logits: readonly Float32Array[], batch: GoldenBatch) =>
  (logits[0]?.length ?? 0) / (batch.sequences[0]?.length ?? 1);

/** log p of every token after the first, from a runtime's full logits. */
function logprobsFromLogits(logits: readonly Float32Array[], batch: GoldenBatch): number[][] {
  const vocab = vocabOf(logits, batch);
  return batch.sequences.map((ids, row) =>
    ids.slice(1).map((id, j) => logProbability(logits[row] ?? new Float32Array(), vocab, j, id)),
  );
}

/** log p of every token after the first, from the runtime's own scoring. */
async function logprobsFromScoring(side: InferenceSide, batch: GoldenBatch): Promise<number[][]> {
  const rows = batch.sequences.map((ids) => ({ promptIds: ids.slice(0, 1), completionIds: ids.slice(1) }));
  return (await side.score(rows)).map(({ logprobs }) => [...logprobs]);
}

export async function generateAll(
  side: InferenceSide,
  prompts: readonly (readonly number[])[],
  config: Partial<GenerationConfig>,
): Promise<Completion[]> {
  const completions = new Map<string, Completion>();
  const rows = prompts.map((ids, i) => ({ key: `prompt ${i}`, ids }));
  for await (const event of side.generate(rows, { ...GREEDY, ...config })) {
    if (event.type === 'completion') completions.set(event.completion.key, event.completion);
  }
  return rows.flatMap(({ key }) => completions.get(key) ?? []);
}

/** Every quantity of the base model that `side` can give. */
export async function checkBaseInference(side: InferenceSide, golden: GoldenBase): Promise<Check[]> {
  const { batch } = golden;
  await side.setAdapter(null);
  const rows = [
    check(ort(side), 'logits', worstRow(await side.logits(batch.sequences), golden.logits), 1e-4),
  ];
  rows.push(...scoreRows(ort(side), '', await logprobsFromScoring(side, batch), golden.scores, batch, 1));

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
    const together = await generateAll(side, greedy.prompts, { maxNewTokens });
    const alone: Completion[] = [];
    for (const prompt of greedy.prompts) alone.push(...(await generateAll(side, [prompt], { maxNewTokens })));
    for (const [label, completions] of [
      ['batched', together],
      ['alone', alone],
    ] as const) {
      const differing = greedy.newTokens.map((ids, i) => differingIds(completions[i]?.ids ?? [], ids));
      rows.push(check(ort(side), `greedy ids ${name}, ${label}`, Math.max(...differing), 0));
    }
  }
  rows.push(greedyLogitsRow(ort(side), await side.logits(continued(golden)), golden));
  return rows;
}

/** Each prompt with its golden continuation but the last token: the input of every greedy step at once. */
const continued = (golden: GoldenBase) =>
  golden.greedy.fromPrompt.prompts.map((prompt, i) => [
    ...prompt,
    ...(golden.greedy.fromPrompt.newTokens[i] ?? []).slice(0, -1),
  ]);

function greedyLogitsRow(side: Side, logits: readonly Float32Array[], golden: GoldenBase): Check {
  const vocab = vocabOf(golden.logits, golden.batch);
  const steps = logits.map((row, i) =>
    row.subarray(((golden.greedy.fromPrompt.prompts[i]?.length ?? 0) - 1) * vocab),
  );
  return check(side, 'logits of the greedy steps', worstRow(steps, golden.greedyLogits), TOLERANCES.logits);
}

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
    check(tfjs(side), 'greedy ids, full passes', Math.max(...differing), 0),
  ];
}

/** Logits of a further set of weights (another file, the merged model), in both runtimes. */
export async function checkLogitsOnly(
  label: string,
  inference: InferenceSide,
  training: TrainingSide,
  batch: GoldenBatch,
  golden: readonly Float32Array[],
): Promise<Check[]> {
  await inference.setAdapter(null);
  return [
    check(
      ort(inference),
      `${label}: logits`,
      worstRow(await inference.logits(batch.sequences), golden),
      1e-4,
    ),
    check(
      tfjs(training),
      `${label}: logits`,
      worstRow(await training.logits(null, batch.sequences), golden),
      1e-4,
    ),
  ];
}

export interface AdapterFiles {
  readonly name: string;
  readonly adapter: Adapter;
  /** The reference's adapter after its ten steps; null where the folder has no training run. */
  readonly after: Adapter | null;
  readonly golden: GoldenAdapter;
}

/** The adapter in the labelling runtime: as given, after the reference's training, and after our own. */
export async function checkAdapterInference(
  side: InferenceSide,
  files: AdapterFiles,
  batch: GoldenBatch,
  trained: Adapter | null,
): Promise<Check[]> {
  const { name, golden } = files;
  await side.setAdapter(files.adapter);
  const logits = await side.logits(batch.sequences);
  const rows = [check(ort(side), `${name}: logits`, worstRow(logits, golden.logits), TOLERANCES.logits)];
  if (golden.training === null) {
    const completion = await side.score(batch.examples);
    const loss = -mean(completion.flatMap(({ logprobs }) => logprobs));
    rows.push(check(ort(side), `${name}: loss from scores`, Math.abs(loss - golden.loss), TOLERANCES.loss));
  } else {
    const { scores, scoresAfter, logitsAfter } = golden.training;
    rows.push(...scoreRows(ort(side), `${name}: `, await logprobsFromScoring(side, batch), scores, batch, 1));
    for (const [label, after] of [
      ['after 10 steps', files.after],
      ['trained here', trained],
    ] as const) {
      if (after === null) {
        rows.push(check(ort(side), `${name} ${label}: logits`, Infinity, TOLERANCES.logitsAfter));
        continue;
      }
      await side.setAdapter(after);
      const found = await side.logits(batch.sequences);
      const difference = worstRow(found, logitsAfter);
      rows.push(check(ort(side), `${name} ${label}: logits`, difference, TOLERANCES.logitsAfter));
      const logprobs = await logprobsFromScoring(side, batch);
      rows.push(...scoreRows(ort(side), `${name} ${label}: `, logprobs, scoresAfter, batch, 10));
    }
  }
  await side.setAdapter(null);
  return rows;
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
    ? maxAbsDifference(settled(ours), settled(theirs))
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
    const relative = maxAbsDifference(found.get(tensor) ?? [], expected) / maxAbs(expected);
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
    check(
      tfjs(side),
      `${name}: losses of the steps`,
      maxAbsDifference(losses, training.losses),
      TOLERANCES.losses,
    ),
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
      const difference = differenceWhereSettled(ours ?? new Float32Array(), theirs, gradient);
      const label = `${name} after the steps: ${module}.${factor}`;
      rows.push(check(tfjs(side), label, difference, TOLERANCES.adapterAfter));
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
