/** @file How a model's matrices can be held, and the name of a model that says so: "nano@q8". */
import type { Infer } from './shape.ts';
import { is, word } from './shape.ts';

/** float16 is the 16 bits that a checkpoint has, or binary16; q8 and q4 are GGUF's Q8_0 and Q4_0. */
export const weightType = word(['float32', 'float16', 'q8', 'q4']);
export type WeightType = Infer<typeof weightType>;

/** A model's name or folder, and the type that it asks for; float32 if none. */
export interface NamedWeights {
  readonly name: string;
  readonly weights: WeightType;
}

export function namedWeights(name: string): NamedWeights {
  const at = name.lastIndexOf('@');
  const weights = name.slice(at + 1);
  return at > 0 && is(weightType, weights)
    ? { name: name.slice(0, at), weights }
    : { name, weights: 'float32' };
}

export const nameWithWeights = ({ name, weights }: NamedWeights): string =>
  weights === 'float32' ? name : `${name}@${weights}`;
