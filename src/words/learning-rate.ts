/**
 * @file What the knob `learningRate` comes to by itself, by the model's size: the rates that were measured
 * (python/learning_rate.py; nano's in docs/LOG.md), and between them the line through them, log of the rate over log of the
 * parameters. Beyond the smallest and the largest theirs are taken.
 */

interface Measured {
  readonly name: string;
  readonly parameters: number;
  readonly rate: number;
}

/** The bundled model. */
export const NANO: Measured = { name: 'nano', parameters: 1_053_824, rate: 4e-3 };

/** By rising size. */
const MEASURED: readonly Measured[] = [
  NANO,
  { name: 'SmolLM2-135M-Instruct', parameters: 134_515_008, rate: 1e-3 },
  { name: 'Gemma 3 270M', parameters: 268_098_176, rate: 2e-4 },
];

export interface LearningRate {
  readonly rate: number;
  /** Where it comes from, as a sentence's end. */
  readonly why: string;
}

/** @param parameters of the base, a tied head counted once */
export function learningRateFor(parameters: number): LearningRate {
  const same = MEASURED.find((one) => one.parameters === parameters);
  if (same !== undefined) return { rate: same.rate, why: `measured on ${same.name}` };
  const above = MEASURED.find((one) => one.parameters > parameters);
  const below = MEASURED.findLast((one) => one.parameters < parameters);
  if (above === undefined || below === undefined) {
    const nearest = above ?? below ?? NANO;
    return { rate: nearest.rate, why: `not measured: that of ${nearest.name}, the nearest in size` };
  }
  const share = Math.log(parameters / below.parameters) / Math.log(above.parameters / below.parameters);
  const rate = below.rate * (above.rate / below.rate) ** share;
  // Two digits: the table knows no more.
  return {
    rate: Number(rate.toPrecision(2)),
    why: `not measured: between ${below.name} and ${above.name}`,
  };
}

export const learningRateWords = ({ rate, why }: LearningRate): string => `${rate} (${why})`;
