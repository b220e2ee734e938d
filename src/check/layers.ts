/**
 * @file Where two computations of one model part: the values on the way (models/tap.ts) of the same row of tokens, point by
 * point in forward order, of the two runtimes or of a runtime and a golden folder. The first point beyond what two right
 * float32 implementations may differ by is named; what follows only carries it on.
 */
import { agreement, maxAbs, maxAbsDifference } from '../metrics/agreement.ts';
import type { BackendName } from '../words/engine.ts';
import type { Tapped } from '../models/tap.ts';

export interface LayerPoint {
  readonly name: string;
  /** Weights that went into it since the points before. */
  readonly through: readonly string[];
  readonly difference: number;
  /** Largest |value| there. */
  readonly size: number;
  readonly tolerance: number;
}

export interface LayerReport {
  /** What is compared, in words: "tfjs wasm against ort wasm". */
  readonly what: string;
  readonly points: number;
  /** null where all agree. */
  readonly parting: LayerPoint | null;
  /** The point that comes nearest to its tolerance, or lies farthest beyond. */
  readonly worst: LayerPoint | null;
}

const share = ({ difference, tolerance }: LayerPoint): number => difference / tolerance;

/** @param theirs what is taken for right, with as many points in the same order */
export function compareLayers(
  what: string,
  backend: BackendName,
  ours: readonly Tapped[],
  theirs: readonly Pick<Tapped, 'name' | 'values'>[],
): LayerReport {
  const points = theirs.map(({ name, values }, i): LayerPoint => {
    const own = ours[i];
    const size = maxAbs(values);
    // A point that is missing, or another one, is no agreement.
    const difference = own?.name === name ? maxAbsDifference(own.values, values) : Infinity;
    return {
      name,
      through: own?.through ?? [],
      difference,
      size,
      tolerance: agreement({ difference, size }, backend, 'right').tolerance,
    };
  });
  return {
    what,
    points: points.length,
    parting: points.find((point) => !(share(point) <= 1)) ?? null,
    worst: points.reduce<LayerPoint | null>(
      (worst, point) => (worst !== null && share(worst) >= share(point) ? worst : point),
      null,
    ),
  };
}

/** The stream before the first layer, after each, and after the final norm: what transformers calls hidden states. The
 * last layer's output is not among them. */
export function hiddenStates(tapped: readonly Tapped[], numLayers: number): Tapped[] {
  const lastOf = (layer: number) => tapped.findLast((point) => point.layer === layer);
  return Array.from({ length: numLayers + 1 }, (_, i) => lastOf(i === numLayers ? i : i - 1)).flatMap(
    (point) => point ?? [],
  );
}
