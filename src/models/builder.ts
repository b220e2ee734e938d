/** @file Collects a family's tensors and linear projections while its file names them. */
import type { Architecture, LinearSpec, TensorSpec } from './architecture.ts';

/** What `make` gives, made when it is first asked for: a config may claim a million layers, and nothing is built of them
 * before the weights were seen to hold them. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** An architecture with the tensors and linears that `name` tells of, when they are first asked for. */
export function withShapes(
  name: (built: ShapeBuilder) => void,
  rest: Omit<Architecture, 'tensors' | 'linears'>,
): Architecture {
  const shapes = once(() => {
    const built = new ShapeBuilder();
    name(built);
    return built;
  });
  return {
    ...rest,
    get tensors() {
      return shapes().tensors;
    },
    get linears() {
      return shapes().linears;
    },
  };
}

interface LinearOptions {
  readonly bias?: boolean;
  readonly layout?: LinearSpec['layout'];
}

export class ShapeBuilder {
  readonly tensors: TensorSpec[] = [];
  readonly linears: LinearSpec[] = [];

  tensor(name: string, ...shape: readonly number[]): void {
    this.tensors.push({ name, shape });
  }

  /** An RMSNorm's weight; `offset` 1 where it multiplies by 1 + w. */
  norm(module: string, size: number, offset = 0): void {
    this.tensors.push({ name: `${module}.weight`, shape: [size], ...(offset === 0 ? {} : { offset }) });
  }

  /** A LayerNorm's weight and bias. */
  layerNorm(module: string, size: number): void {
    this.tensor(`${module}.weight`, size);
    this.tensor(`${module}.bias`, size);
  }

  linear(module: string, inFeatures: number, outFeatures: number, options: LinearOptions = {}): void {
    const { bias = false, layout = 'out_in' } = options;
    const weight = `${module}.weight`;
    this.tensor(weight, ...(layout === 'out_in' ? [outFeatures, inFeatures] : [inFeatures, outFeatures]));
    if (bias) this.tensor(`${module}.bias`, outFeatures);
    this.linears.push({
      module,
      inFeatures,
      outFeatures,
      isHead: false,
      weight,
      layout,
      ...(bias ? { bias: `${module}.bias` } : {}),
    });
  }

  /** The head: its own matrix, or the embedding's where they are tied. */
  head(module: string, hidden: number, vocab: number, tiedTo: string | null, bias = false): void {
    const weight = tiedTo ?? `${module}.weight`;
    if (tiedTo === null) this.tensor(weight, vocab, hidden);
    if (bias) this.tensor(`${module}.bias`, vocab);
    this.linears.push({
      module,
      inFeatures: hidden,
      outFeatures: vocab,
      isHead: true,
      weight,
      layout: 'out_in',
      ...(bias ? { bias: `${module}.bias` } : {}),
    });
  }
}
