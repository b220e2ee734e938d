/**
 * @file Random weights for an architecture, the same for the same seed: models that know nothing, for self-tests,
 * benches and the built-in demonstration. Norms stand near 1, linear maps keep the size of their input.
 */
import { deriveKey, normalAt } from '../core/random.ts';
import type { Architecture, TensorSpec } from './architecture.ts';

export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

/** A vector is a norm's weight (mean 1) or a bias (mean 0); a matrix is scaled by its number of columns. */
export function usualSpread({ name, shape }: TensorSpec): Spread {
  if (shape.length === 1) return { mean: name.endsWith('.weight') ? 1 : 0, sd: 0.2 };
  return { mean: 0, sd: 1 / Math.sqrt(shape.at(-1) ?? 1) };
}

export function randomTensor(
  spec: TensorSpec,
  seed: number,
  spread: Spread = usualSpread(spec),
): Float32Array<ArrayBuffer> {
  const key = deriveKey(seed, spec.name);
  const { mean, sd } = spread;
  const values = new Float32Array(spec.shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) values[i] = mean + sd * normalAt(key, i);
  return values;
}

/** A source of weights as both runtimes read them. */
export function randomModel(
  architecture: Architecture,
  seed: number,
  spread: (spec: TensorSpec) => Spread = usualSpread,
) {
  const specs = new Map(architecture.tensors.map((spec) => [spec.name, spec]));
  return {
    architecture,
    readFloat32: (name: string): Promise<Float32Array<ArrayBuffer>> => {
      const spec = specs.get(name);
      if (spec === undefined)
        return Promise.reject(new RangeError(`the architecture has no tensor "${name}"`));
      return Promise.resolve(randomTensor(spec, seed, spread(spec)));
    },
  };
}
