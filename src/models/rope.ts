/**
 * @file Rotary position embedding: config.json's theta and scaling to angles per position. The angles are formed
 * as transformers forms them, in float32, so that long positions agree to the last bit of the reference.
 */
import { LabError } from '../core/errors.ts';
import type { JsonObject } from './architecture.ts';
import { isJsonObject, readPositive } from './config-reader.ts';
import type { Rope } from './ops.ts';

/**
 * The rotation that config.json describes: `rope_theta` with `rope_scaling` (classic) or `rope_parameters`
 * (transformers 5). Types "default", "linear" and "llama3" are computed; any other is refused by name.
 * @param dim rotated channels per head
 * @param thetaFields where theta stands in the classic spelling, with the family's default
 */
export function readRope(config: JsonObject, dim: number, thetaField: string, thetaDefault: number): Rope {
  const parameters = isJsonObject(config.rope_parameters) ? config.rope_parameters : undefined;
  const scaling = parameters ?? (isJsonObject(config.rope_scaling) ? config.rope_scaling : {});
  const theta =
    parameters?.rope_theta === undefined
      ? readPositive(config, thetaField, thetaDefault)
      : readPositive(parameters, 'rope_theta');
  if (dim % 2 !== 0 || dim < 2) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: the rotated part of a head is ${dim} channels.`,
      {
        remedy: 'Choose a checkpoint whose rotary dimension is even and at least 2.',
      },
    );
  }
  const type = scaling.rope_type ?? scaling.type ?? 'default';
  const frequencies = Array.from({ length: dim / 2 }, (_, i) =>
    Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / dim))),
  );
  switch (type) {
    case 'default':
      return { dim, inverseFrequencies: frequencies };
    case 'linear': {
      const factor = readPositive(scaling, 'factor');
      return { dim, inverseFrequencies: frequencies.map((f) => Math.fround(f / factor)) };
    }
    case 'llama3':
      return { dim, inverseFrequencies: frequencies.map(llama3(scaling, config)) };
    default:
      throw new LabError(
        'unsupported-architecture',
        `config.json: rope scaling type ${JSON.stringify(type)} is not computed here.`,
        { remedy: 'Choose a checkpoint with rope type default, linear or llama3.' },
      );
  }
}

/** Llama 3.1's scaling: long wavelengths are stretched by `factor`, short ones kept, those between interpolated. */
function llama3(scaling: JsonObject, config: JsonObject): (frequency: number) => number {
  const factor = readPositive(scaling, 'factor');
  const low = readPositive(scaling, 'low_freq_factor');
  const high = readPositive(scaling, 'high_freq_factor');
  const original =
    scaling.original_max_position_embeddings === undefined
      ? readPositive(config, 'max_position_embeddings')
      : readPositive(scaling, 'original_max_position_embeddings');
  if (high <= low) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: high_freq_factor ${high} <= low_freq_factor ${low}.`,
    );
  }
  return (frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength > original / low) return Math.fround(frequency / factor);
    if (wavelength < original / high) return frequency;
    const smooth = (original / wavelength - low) / (high - low);
    return Math.fround((1 - smooth) * (frequency / factor) + smooth * frequency);
  };
}

/** cos and sin of the angle of each position and frequency: two (positions, dim / 2) row-major tables. */
export function ropeTable(
  rope: Rope,
  positions: number,
): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  const half = rope.dim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    for (const [i, frequency] of rope.inverseFrequencies.entries()) {
      const angle = Math.fround(position * frequency);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
