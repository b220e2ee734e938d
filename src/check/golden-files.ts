/**
 * @file A golden folder as typed data: what transformers and peft computed for a tiny model (see the README beside
 * the fixtures for every quantity). Arrays by position come left-padded; here they are cut to each row's own length.
 */
import type { TrainConfig, TrainExample } from '../words/engine.ts';
import { TRAIN_DEFAULTS } from '../words/engine.ts';
import type { FileSource } from '../formats/file-source.ts';
import { readJson } from '../formats/json.ts';
import type { SafetensorsFile } from '../formats/safetensors.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { LabError } from '../core/errors.ts';
import { JsonView } from './json-view.ts';

/** Token log-probs per row with what follows from them. */
export interface GoldenScores {
  /** One list a row: log p(s[j] | s[<j]) for j = 1 ... length - 1. */
  readonly tokenLogprobs: readonly (readonly number[])[];
  readonly all: { readonly meanNll: readonly number[]; readonly perplexity: readonly number[] };
  readonly completion: { readonly meanNll: readonly number[]; readonly perplexity: readonly number[] };
  readonly batchCompletionLoss: number;
}

export interface GoldenGreedy {
  readonly prompts: readonly (readonly number[])[];
  readonly newTokens: readonly (readonly number[])[];
}

export interface GoldenBatch {
  readonly sequences: readonly (readonly number[])[];
  readonly examples: readonly TrainExample[];
  /** Left padding of each row of the [B, T, V] arrays. */
  readonly padding: readonly number[];
}

export interface GoldenBase {
  readonly batch: GoldenBatch;
  readonly scores: GoldenScores;
  readonly greedy: { readonly fromPrompt: GoldenGreedy; readonly fromFull: GoldenGreedy };
  /** Raw logits of each greedy step of fromPrompt, per row (steps, vocab). */
  readonly greedyLogits: readonly Float32Array[];
  /** Per row (length, vocab). */
  readonly logits: readonly Float32Array[];
  /** Before the first layer, after each but the last, and the head's input: per row (length, hidden). */
  readonly hidden: readonly (readonly Float32Array[])[];
  /** The last of them. */
  readonly lastHidden: readonly Float32Array[];
  /** Names X of further weight files model_X.safetensors, with their own logits. */
  readonly variants: ReadonlyMap<string, readonly Float32Array[]>;
}

export interface GoldenTraining {
  readonly scores: GoldenScores;
  readonly scoresAfter: GoldenScores;
  /** The losses before each update, and the one after the last. */
  readonly losses: readonly number[];
  readonly lossAfter: number;
  /** Learning settings of the ten steps: all rows in every step. */
  readonly config: TrainConfig;
  /** PEFT tensor name -> gradient. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly logitsAfter: readonly Float32Array[];
}

export interface GoldenAdapter {
  readonly loss: number;
  readonly logits: readonly Float32Array[];
  /** Absent where the folder has no training run (rsLoRA). */
  readonly training: GoldenTraining | null;
}

const json = async (source: FileSource, path: string) =>
  new JsonView(await readJson(source, path), `${source.label}/${path}`);

const scoresOf = (view: JsonView, rows: number): GoldenScores => {
  const part = (name: string) => ({
    meanNll: view.get(name, 'mean_nll').numbers(rows),
    perplexity: view.get(name, 'perplexity').numbers(rows),
  });
  return {
    tokenLogprobs: view.get('token_logprobs').numberRows(rows),
    all: part('all'),
    completion: part('completion'),
    batchCompletionLoss: view.get('batch_completion_loss').number(),
  };
};

const greedyOf = (view: JsonView): GoldenGreedy => {
  const prompts = view.get('prompts').numberRows();
  return { prompts, newTokens: view.get('new_tokens').numberRows(prompts.length) };
};

/** The rows of a [B, T, C] array, each cut to its real positions. */
async function unpadded(
  file: SafetensorsFile,
  name: string,
  padding: readonly number[],
): Promise<readonly Float32Array[]> {
  const shape = file.tensors.get(name)?.shape;
  const [rows, length, channels] = shape ?? [];
  if (rows !== padding.length || length === undefined || channels === undefined) {
    throw new LabError('model-integrity', `${file.path}: ${name} must be [${padding.length}, T, C].`);
  }
  const values = await file.readFloat32(name);
  return padding.map((pad, row) =>
    values.subarray((row * length + pad) * channels, (row + 1) * length * channels),
  );
}

export async function readGoldenBase(source: FileSource): Promise<GoldenBase> {
  const view = await json(source, 'golden.json');
  const sequences = view.get('batch', 'sequences').numberRows();
  const promptLengths = view.get('batch', 'prompt_lengths').numbers(sequences.length);
  const longest = Math.max(...sequences.map((sequence) => sequence.length));
  const padding = sequences.map((sequence) => longest - sequence.length);
  const file = await openSafetensors(source, 'golden.safetensors');
  const layers = [...file.tensors.keys()].filter((name) => name.startsWith('hidden_states.')).length;
  const hidden: (readonly Float32Array[])[] = [];
  for (let i = 0; i < layers; i++) hidden.push(await unpadded(file, `hidden_states.${i}`, padding));
  const variants = new Map<string, readonly Float32Array[]>();
  for (const name of file.tensors.keys()) {
    const variant = /^logits\.model_(.+)$/.exec(name)?.[1];
    if (variant !== undefined) variants.set(variant, await unpadded(file, name, padding));
  }
  return {
    batch: {
      sequences,
      examples: sequences.map((ids, row) => ({
        promptIds: ids.slice(0, promptLengths[row]),
        completionIds: ids.slice(promptLengths[row]),
      })),
      padding,
    },
    scores: scoresOf(view.get('scores'), sequences.length),
    greedy: {
      fromPrompt: greedyOf(view.get('greedy', 'from_prompt')),
      fromFull: greedyOf(view.get('greedy', 'from_full')),
    },
    greedyLogits: await unpadded(
      file,
      'greedy_from_prompt.logits',
      sequences.map(() => 0),
    ),
    logits: await unpadded(file, 'logits', padding),
    hidden,
    lastHidden: hidden.at(-1) ?? [],
    variants,
  };
}

async function readTraining(
  view: JsonView,
  file: SafetensorsFile,
  batch: GoldenBatch,
): Promise<GoldenTraining> {
  const optimizer = view.get('optimizer');
  const [adamBeta1 = NaN, adamBeta2 = NaN] = optimizer.get('betas').numbers();
  const gradients = new Map<string, Float32Array>();
  for (const name of file.tensors.keys()) {
    if (name.startsWith('grad.')) gradients.set(name.slice('grad.'.length), await file.readFloat32(name));
  }
  return {
    scores: scoresOf(view.get('scores'), batch.sequences.length),
    scoresAfter: scoresOf(view.get('scores_after10'), batch.sequences.length),
    losses: view.get('losses').numbers(),
    lossAfter: view.get('loss_after10').number(),
    config: {
      ...TRAIN_DEFAULTS,
      learningRate: optimizer.get('lr').number(),
      lrSchedulerType: 'constant',
      warmupRatio: 0,
      adamBeta1,
      adamBeta2,
      adamEpsilon: optimizer.get('eps').number(),
      weightDecay: optimizer.get('weight_decay').number(),
      maxGradNorm: 0,
      batchSize: batch.examples.length,
      maxSteps: optimizer.get('steps').number(),
    },
    gradients,
    logitsAfter: await unpadded(file, 'logits_after10', batch.padding),
  };
}

/** @param source the adapter's folder inside the golden folder */
export async function readGoldenAdapter(source: FileSource, batch: GoldenBatch): Promise<GoldenAdapter> {
  const view = await json(source, 'golden.json');
  const file = await openSafetensors(source, 'golden.safetensors');
  return {
    loss: view.get('loss').number(),
    logits: await unpadded(file, 'logits', batch.padding),
    training: view.has('losses') ? await readTraining(view, file, batch) : null,
  };
}

/** Logits of a folder that holds nothing else (the merged model). */
export async function readGoldenLogits(
  source: FileSource,
  batch: GoldenBatch,
): Promise<readonly Float32Array[]> {
  return unpadded(await openSafetensors(source, 'golden.safetensors'), 'logits', batch.padding);
}
