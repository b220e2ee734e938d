/**
 * @file Rotary position embedding: from theta and a scaling to angles per position. The angles are formed as transformers
 * forms them, in float32, so that long positions agree to the last bit of the reference. What config.json says is read
 * in rope-config.ts.
 */
import { once } from './builder.ts';
import type { Rope } from './ops.ts';

/** What a scaling makes of a frequency. */
export type Stretch = (frequency: number) => number;

/** @param dim rotated channels per head */
export function rotation(dim: number, theta: number, stretch: Stretch): Rope {
  const frequencies = once(() =>
    Array.from({ length: dim / 2 }, (_, i) =>
      stretch(Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / dim)))),
    ),
  );
  return {
    dim,
    // When first asked for: head_dim may claim millions, which only the weights' shapes can deny.
    get inverseFrequencies() {
      return frequencies();
    },
  };
}

/** Llama 3.1's scaling: long wavelengths are stretched by `factor`, short ones kept, those between interpolated. */
export function stretchLlama3(scaling: {
  readonly factor: number;
  readonly low: number;
  readonly high: number;
  /** Positions that the model was first trained for. */
  readonly original: number;
}): Stretch {
  const { factor, low, high, original } = scaling;
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
