/**
 * @file Tensors of an adapter's file that are no factors: copies of the base's embedding and head (PEFT writes them beside
 * an adapter on the head, or for modules_to_save). Equal to the base's, up to the rounding of a 16-bit type, they say
 * nothing new and are left out, which is told; otherwise they were trained, which is refused.
 */
import { LabError } from '../core/errors.ts';
import type { Architecture } from '../models/architecture.ts';
import type { Checkpoint } from './checkpoint.ts';
import { roundToBf16, roundToF16 } from './half.ts';
import type { SafetensorsFile } from './safetensors.ts';
import { remediesOf } from './peft-remedies.ts';

type Base = Pick<Checkpoint, 'architecture' | 'readFloat32'>;

/** A tensor of PEFT's that changes what is computed, with the field that switched it on. */
const KINDS: readonly (readonly [name: RegExp, field: string])[] = [
  [/lora_magnitude_vector/, 'use_dora'],
  [/lora_[AB]\.(?:[^.]+\.)?bias/, 'lora_bias'],
  [/lora_embedding_[AB]/, 'lora_embedding'],
  [/token_adapter\.trainable_tokens_\w+/, 'trainable_token_indices'],
];

const TRAINED =
  "A trained copy cannot be honoured: merge the adapter into its base (PEFT's merge_and_unload, then save_pretrained) and load the merged model, or train without modules_to_save.";

/** What wraps a module that is saved whole, inside its name. */
const SAVED = /\.(?:modules_to_save(?:\.[^.]+)?|original_module|base_layer)(?=\.(?:weight|bias)$)/;

/** @param plain the name without wrappers and PEFT's prefix
 * @returns a sentence on the copy
 * @throws LabError `unsupported-adapter` for a trained tensor, `adapter-mismatch` for one that the base does not have */
export async function copyNote(
  file: SafetensorsFile,
  { stored, plain }: { readonly stored: string; readonly plain: string },
  base: Base,
): Promise<string> {
  const { path } = file;
  const kind = KINDS.map(([name, field]) => [name.exec(plain)?.[0], field] as const).find(
    ([found]) => found !== undefined,
  );
  if (kind !== undefined) {
    const [found = '', field] = kind;
    throw new LabError('unsupported-adapter', `${path}: the lab cannot honour "${stored}" (${found}).`, {
      remedy: remediesOf([[field, true]]),
    });
  }
  const spec = specOf(plain.replace(SAVED, ''), base.architecture);
  if (spec === undefined) {
    const isBias = plain.endsWith('.bias');
    throw isBias
      ? new LabError('unsupported-adapter', `${path}: the lab cannot honour "${stored}" (a trained bias).`, {
          remedy: remediesOf([['bias', 'all']]),
        })
      : new LabError(
          'adapter-mismatch',
          `${path} holds "${stored}", expected only lora_A and lora_B of this model's linear layers.`,
        );
  }
  const shape = file.tensors.get(stored)?.shape ?? [];
  if (shape.length !== spec.shape.length || shape.some((size, i) => size !== spec.shape[i])) {
    throw new LabError(
      'adapter-mismatch',
      `${path}: "${stored}" has shape [${shape.join(', ')}], the base's is [${spec.shape.join(', ')}].`,
      {
        remedy:
          'Where tokens were added before training, merge the adapter into that resized base; otherwise use the base that it was trained on.',
      },
    );
  }
  const rounding = roundingOf(await file.readFloat32(stored), await base.readFloat32(spec.name));
  if (rounding === null) {
    throw new LabError(
      'unsupported-adapter',
      `${path}: "${stored}" differs from the base's weights: a trained copy (modules_to_save).`,
      { remedy: TRAINED },
    );
  }
  const how = rounding === 'none' ? '' : `, rounded to ${rounding}`;
  return `"${stored}" is a copy of the base's weights${how}: the base's are used.`;
}

/** The base's tensor of that name; a tied head's is the embedding. */
function specOf(name: string, architecture: Architecture): Architecture['tensors'][number] | undefined {
  const head = architecture.linears.find(({ module }) => name === `${module}.weight`);
  const weight = head?.weight ?? architecture.canonicalName(name);
  return architecture.tensors.find((tensor) => tensor.name === weight);
}

const ROUNDINGS = [
  ['bfloat16', roundToBf16, 16],
  ['float16', roundToF16, 13],
] as const;

/** How the two are one and the same: exactly, or where one of them is all rounded, in that rounding; null: they differ. */
function roundingOf(
  found: Float32Array,
  expected: Float32Array,
): 'none' | (typeof ROUNDINGS)[number][0] | null {
  if (found.every((value, i) => value === expected[i])) return 'none';
  const rounding = ROUNDINGS.find(
    ([, round, lowBits]) =>
      (isCoarse(found, lowBits) || isCoarse(expected, lowBits)) &&
      found.every((value, i) => round(value) === round(expected[i] ?? NaN)),
  );
  return rounding?.[0] ?? null;
}

/** Whether the low bits of every mantissa are zero, as a 16-bit type leaves them. */
function isCoarse(values: Float32Array, lowBits: number): boolean {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const mask = (1 << lowBits) - 1;
  return bits.every((word) => (word & mask) === 0);
}
