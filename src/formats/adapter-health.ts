/**
 * @file An adapter's health card: what a person looks at before trusting one, wherever it came from. Counted here alone;
 * the page shows the sentence, the commands print it.
 */
import { LabError } from '../core/errors.ts';
import { pairRank, pairScaling, type Adapter, type LinearShape, type LoraPair } from '../lora/config.ts';

export interface AdapterHealth {
  /** Modules with factors, and how many of them are the model's; null where no model is at hand. */
  readonly modules: number;
  readonly matched: number | null;
  /** Values that are no finite numbers. */
  readonly notFinite: number;
  /** Modules whose B is all zero, which leaves them as the base has them. */
  readonly untrained: number;
  /** What multiplies B A, with the modules that it multiplies; the most frequent first. */
  readonly scales: readonly { readonly scale: number; readonly modules: readonly string[] }[];
  /** Frobenius norm of scale B A over all modules: how far the adapter moves the weights. */
  readonly norm: number;
}

/** @throws LabError `adapter-mismatch` where no module is the model's */
export function healthOf({ config, pairs }: Adapter, linears: readonly LinearShape[] | null): AdapterHealth {
  const known = linears === null ? null : new Set(linears.map(({ module }) => module));
  const matched = known === null ? null : [...pairs.keys()].filter((module) => known.has(module)).length;
  if (matched === 0) {
    throw new LabError('adapter-mismatch', `0 of the adapter's ${pairs.size} modules are this model's.`);
  }
  const scales = new Map<number, string[]>();
  let [notFinite, untrained, squares] = [0, 0, 0];
  for (const [module, pair] of pairs) {
    const scale = pairScaling(config, pair);
    scales.set(scale, [...(scales.get(scale) ?? []), module]);
    notFinite += badValues(pair.a) + badValues(pair.b);
    if (pair.b.every((value) => value === 0)) untrained++;
    squares += scale * scale * squaredNorm(pair, pairRank(config, pair));
  }
  return {
    ...{ modules: pairs.size, matched, notFinite, untrained },
    scales: [...scales]
      .map(([scale, modules]) => ({ scale, modules }))
      .sort((one, other) => other.modules.length - one.modules.length),
    norm: Math.sqrt(squares),
  };
}

const badValues = (values: Float32Array): number =>
  values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);

/** Of B A, which is never formed: the sum over i, j of (B^T B)_ij (A A^T)_ij. */
function squaredNorm({ a, b }: LoraPair, r: number): number {
  const [inFeatures, outFeatures] = [a.length / r, b.length / r];
  let sum = 0;
  for (let i = 0; i < r; i++) {
    for (let j = 0; j <= i; j++) {
      let [ofA, ofB] = [0, 0];
      for (let k = 0; k < inFeatures; k++) ofA += (a[i * inFeatures + k] ?? 0) * (a[j * inFeatures + k] ?? 0);
      for (let k = 0; k < outFeatures; k++) ofB += (b[k * r + i] ?? 0) * (b[k * r + j] ?? 0);
      sum += (i === j ? 1 : 2) * ofA * ofB;
    }
  }
  return sum;
}

const shownNumber = (value: number): string => String(Number(value.toPrecision(4)));

/** The card as one line. */
export function healthLine({ modules, matched, notFinite, untrained, scales, norm }: AdapterHealth): string {
  const [most, ...others] = scales;
  const own = others.map(
    ({ scale, modules: [first = '', ...rest] }) =>
      `${shownNumber(scale)} in ${first}${rest.length === 0 ? '' : ` and ${rest.length} more`}`,
  );
  return [
    matched === null
      ? `${modules} ${modules === 1 ? 'module' : 'modules'}`
      : `${matched} of ${modules} modules matched`,
    notFinite === 0 ? 'all values finite' : `${notFinite} values not finite`,
    ...(untrained === 0 ? [] : [`B zero in ${untrained === modules ? 'all' : untrained}: not trained`]),
    `scale ${[shownNumber(most?.scale ?? 0), ...own].join(', ')}`,
    `norm of the update ${shownNumber(norm)}`,
  ].join('; ');
}
