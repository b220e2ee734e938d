/**
 * @file LoRA's configuration, in PEFT's words, and the parameter layout both runtimes share.
 * W' = W + scaling * B A with A (r, in_features) and B (out_features, r); Hu et al. 2021, arXiv 2106.09685.
 */
import { LabError } from '../core/errors.ts';
import { deriveKey, uniformAt } from '../core/random.ts';
import type { Infer } from '../core/shape.ts';
import {
  array,
  count,
  either,
  exactly,
  finite,
  flag,
  float32Array,
  mapOf,
  object,
  optional,
  text,
} from '../core/shape.ts';

const targetModules = either(array(text), exactly('all-linear'), 'names of modules, or "all-linear"');
export const loraConfig = object({
  /** Rank of the update, >= 1. */
  r: count,
  loraAlpha: finite,
  /** Scaling alpha / sqrt(r) in place of alpha / r (arXiv 2312.03732). */
  useRslora: flag,
  /** Probability in [0, 1) of dropping an element of the adapter's input while training. */
  loraDropout: finite,
  /** Module names (a whole name or its last parts, as PEFT matches them), or every linear layer but the head. */
  targetModules,
});
export type LoraConfig = Infer<typeof loraConfig>;

/** A linear projection that an adapter can attach to. */
export const linearShape = object({
  /** The module's name in the checkpoint, without `.weight`. */
  module: text,
  inFeatures: count,
  outFeatures: count,
  /** The language-model head: PEFT's "all-linear" leaves it out. */
  isHead: flag,
});
export type LinearShape = Infer<typeof linearShape>;

/** One adapted projection's two factors, float32, row-major: a (r, inFeatures), b (outFeatures, r). Rank and alpha stand
 * here where they are not the configuration's (PEFT's rank_pattern and alpha_pattern). */
export const loraPair = object({
  a: float32Array,
  b: float32Array,
  r: optional(count),
  loraAlpha: optional(finite),
});
export type LoraPair = Infer<typeof loraPair>;

/** A trained or imported adapter, independent of any runtime. */
export const adapter = object({
  config: loraConfig,
  /** Module name -> factors. */
  pairs: mapOf(text, loraPair),
  /** sha256 of the base's weights, where the adapter's file says it. */
  baseSha256: optional(text),
  /** Its hash, where a run's file left its numbers out: it then says what was trained, has no pairs, and fits no model. */
  absent: optional(text),
});
export type Adapter = Infer<typeof adapter>;

/** The factor that multiplies B A. */
export function loraScaling(config: Pick<LoraConfig, 'r' | 'loraAlpha' | 'useRslora'>): number {
  return config.loraAlpha / (config.useRslora ? Math.sqrt(config.r) : config.r);
}

type Own = Pick<LoraPair, 'r' | 'loraAlpha'>;

/** A pair's rank, its own or the configuration's. */
export const pairRank = ({ r }: Pick<LoraConfig, 'r'>, own: Own): number => own.r ?? r;

/** The factor that multiplies a pair's B A. */
export const pairScaling = ({ r, loraAlpha, useRslora }: LoraConfig, own: Own): number =>
  loraScaling({ r: own.r ?? r, loraAlpha: own.loraAlpha ?? loraAlpha, useRslora });

/** The linear layers that `targetModules` names, in the model's order.
 * @throws LabError `adapter-mismatch` for a name that matches no linear layer. */
export function resolveTargets<L extends LinearShape>(
  linears: readonly L[],
  targetModules: LoraConfig['targetModules'],
): L[] {
  if (targetModules === 'all-linear') return linears.filter((linear) => !linear.isHead);
  const matches = (module: string, target: string) => module === target || module.endsWith(`.${target}`);
  for (const target of targetModules) {
    if (!linears.some(({ module }) => matches(module, target))) {
      const known = [...new Set(linears.map(({ module }) => module.split('.').at(-1)))].join(', ');
      throw new LabError(
        'adapter-mismatch',
        `target_modules names "${target}", which is no linear layer here.`,
        {
          remedy: `Choose from ${known}, or "all-linear".`,
        },
      );
    }
  }
  return linears.filter(({ module }) => targetModules.some((target) => matches(module, target)));
}

/** A fresh adapter as PEFT initialises it: A Kaiming-uniform with a = sqrt(5), that is U(-1/sqrt(in), 1/sqrt(in));
 * B zero, so that the adapted model equals the base. Deterministic in `seed`. */
export function initAdapter(linears: readonly LinearShape[], config: LoraConfig, seed: number): Adapter {
  if (!Number.isInteger(config.r) || config.r < 1) {
    throw new LabError('invalid-request', `LoRA rank r must be a whole number >= 1, got ${config.r}.`);
  }
  const pairs = new Map<string, LoraPair>();
  for (const { module, inFeatures, outFeatures } of resolveTargets(linears, config.targetModules)) {
    const key = deriveKey(seed, 'lora_A', module);
    const bound = 1 / Math.sqrt(inFeatures);
    const a = new Float32Array(config.r * inFeatures);
    for (let i = 0; i < a.length; i++) a[i] = (2 * uniformAt(key, i) - 1) * bound;
    pairs.set(module, { a, b: new Float32Array(outFeatures * config.r) });
  }
  return { config, pairs };
}
