/**
 * @file Reads the golden fixtures: a tiny random model per family with what transformers, torch and peft compute from
 * it. Reads safetensors by itself, so that the tests do not rest on the code under test.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Adapter, LoraPair } from '../../src/lora/config.ts';
import type { Architecture, JsonObject } from '../../src/models/architecture.ts';
import { architectureFromConfig } from '../../src/models/families.ts';

const GOLDEN_ROOT = fileURLToPath(new URL('../fixtures/golden', import.meta.url));
export const FAMILIES = ['llama', 'smollm2', 'qwen2', 'qwen3', 'gpt2', 'gpt_neox'] as const;
export type FamilyName = (typeof FAMILIES)[number];
export type LoraName = 'lora_all' | 'lora_qv' | 'lora_rslora';

export const TOLERANCE = {
  logits: 1e-4,
  loss: 1e-5,
  gradient: 1e-4,
  losses: 1e-4,
  adapterAfter10: 2e-4,
  logitsAfter10: 1e-3,
} as const;

export interface GoldenBatch {
  readonly lengths: readonly number[];
  readonly prompt_lengths: readonly number[];
  readonly sequences: readonly (readonly number[])[];
}

export interface GoldenModel {
  readonly architecture: Architecture;
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** F32 tensors of a safetensors file; others are left out. */
function readTensors(path: string): Map<string, GoldenTensor> {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' || entry.dtype !== 'F32') continue;
    const [from, to] = entry.data_offsets;
    const values = new Float32Array((to - from) / 4);
    new Uint8Array(values.buffer).set(bytes.subarray(8 + headerLength + from, 8 + headerLength + to));
    tensors.set(name, { shape: entry.shape, values });
  }
  return tensors;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** @param folder a folder of its own below the family's: llama has 'merged' */
export function goldenModel(family: FamilyName, folder = ''): GoldenModel {
  const at = `${GOLDEN_ROOT}/${family}/${folder}`;
  const architecture = architectureFromConfig(readJson(`${at}/config.json`) as JsonObject);
  const tensors = readTensors(`${at}/model.safetensors`);
  return {
    architecture,
    readFloat32: (name) => {
      const tensor = tensors.get(name);
      return tensor === undefined
        ? Promise.reject(new Error(`${family} has no tensor ${name}`))
        : Promise.resolve(tensor.values);
    },
  };
}

/** Log-probabilities of a batch's tokens; `all` leaves out each sequence's first token, which nothing predicts. */
export interface GoldenScores {
  readonly token_logprobs: readonly (readonly number[])[];
  readonly all: GoldenMeans;
  readonly completion: GoldenMeans;
  readonly batch_completion_loss: number;
}

interface GoldenMeans {
  readonly n_tokens: readonly number[];
  readonly mean_nll: readonly number[];
  readonly perplexity: readonly number[];
}

export interface GoldenGreedy {
  readonly prompts: readonly (readonly number[])[];
  readonly new_tokens: readonly (readonly number[])[];
}

export interface GoldenFacts {
  readonly batch: GoldenBatch;
  readonly scores: GoldenScores;
  readonly greedy: { readonly from_prompt: GoldenGreedy; readonly from_full: GoldenGreedy };
}

export const goldenFacts = (family: FamilyName): GoldenFacts =>
  readJson(`${GOLDEN_ROOT}/${family}/golden.json`) as GoldenFacts;

export interface GoldenLoraFacts {
  readonly loss: number;
  readonly losses: readonly number[];
  readonly loss_after10: number;
  readonly scores: GoldenScores;
  readonly scores_after10: GoldenScores;
}

export const hasLora = (family: FamilyName, lora: LoraName): boolean =>
  existsSync(`${GOLDEN_ROOT}/${family}/${lora}`);

export const goldenLoraFacts = (family: FamilyName, lora: LoraName): GoldenLoraFacts =>
  readJson(`${GOLDEN_ROOT}/${family}/${lora}/golden.json`) as GoldenLoraFacts;

export const goldenArrays = (family: FamilyName, folder?: LoraName | 'merged'): Map<string, GoldenTensor> =>
  readTensors(`${GOLDEN_ROOT}/${family}/${folder === undefined ? '' : `${folder}/`}golden.safetensors`);

/** PEFT's factors by module; `prefix` stands before PEFT's names, as `grad.` in the golden arrays. */
export function pairsFrom(tensors: ReadonlyMap<string, GoldenTensor>, prefix = ''): Map<string, LoraPair> {
  const pairs = new Map<string, LoraPair>();
  for (const [name, a] of tensors) {
    const module = new RegExp(`^${prefix}base_model\\.model\\.(.+)\\.lora_A\\.weight$`).exec(name)?.[1];
    const b = tensors.get(name.replace('lora_A', 'lora_B'));
    if (module !== undefined && b !== undefined) pairs.set(module, { a: a.values, b: b.values });
  }
  return pairs;
}

/** The adapter of a golden folder, before training or after ten steps. */
export function goldenAdapter(family: FamilyName, lora: LoraName, after10 = false): Adapter {
  const folder = `${GOLDEN_ROOT}/${family}/${lora}${after10 ? '/after10' : ''}`;
  const config = readJson(`${folder}/adapter_config.json`) as {
    r: number;
    lora_alpha: number;
    use_rslora: boolean;
    lora_dropout: number;
    target_modules: string[];
  };
  return {
    config: {
      r: config.r,
      loraAlpha: config.lora_alpha,
      useRslora: config.use_rslora,
      loraDropout: config.lora_dropout,
      targetModules: config.target_modules,
    },
    pairs: pairsFrom(readTensors(`${folder}/adapter_model.safetensors`)),
  };
}

/** The golden (B, T, V) logits of each row without its left padding: (length, V). */
export function unpadded(tensor: GoldenTensor, lengths: readonly number[]): Float32Array[] {
  const [, length = 0, vocabulary = 0] = tensor.shape;
  return lengths.map((size, b) =>
    tensor.values.slice((b * length + length - size) * vocabulary, (b + 1) * length * vocabulary),
  );
}

export function maxAbsDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`lengths ${a.length} and ${b.length}`);
  let worst = 0;
  for (const [i, value] of a.entries()) {
    const difference = Math.abs(value - (b[i] ?? NaN));
    // A NaN on either side must not pass as "no difference".
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

export const maxAbs = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
