/** @file What is watched beside the scores: a diagnostic is what a metric says of itself, and its value of what it reads. */
import type { Figure, MetricFacts, Value } from '../../metrics/metric.ts';

export interface Diagnostic<Name extends string, Material> extends MetricFacts<Name> {
  readonly kind: 'diagnostic';
  /** null where there is nothing to take it of. */
  readonly of: (material: Material) => Value | null;
}

export const SHARE = { unit: 'share', range: [0, 1], better: 'neither' } as const;
export const NATS = { unit: 'nats', range: [0, null], better: 'neither' } as const;
export const TOKENS = { unit: 'tokens', range: [0, null], better: 'neither' } as const;
export const PERPLEXITY = { unit: 'perplexity', range: [1, null], better: 'neither' } as const;

/** A maker of diagnostics that read one kind of thing. */
export const readerOf =
  <Material>() =>
  <const Name extends string>(
    name: Name,
    facts: Pick<MetricFacts, 'unit' | 'range' | 'better'>,
    help: string,
    of: (material: Material) => Value | null,
  ): Diagnostic<Name, Material> => ({
    ...{ name, title: name.replaceAll('_', ' '), kind: 'diagnostic', help },
    ...facts,
    of,
  });

/** The figures that there are. */
export const figuresOf = <Name extends string, Material>(
  diagnostics: readonly Diagnostic<Name, Material>[],
  material: Material,
): readonly Figure<Name>[] =>
  diagnostics.flatMap(({ name, of }) => {
    const found = of(material);
    return found === null ? [] : [{ metric: name, ...found }];
  });
