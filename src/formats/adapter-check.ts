/** @file Whether an adapter, wherever it came from, fits a model: asked here alone, before it reaches a kernel or a file. */
import { LabError } from '../core/errors.ts';
import { pairRank, resolveTargets, type Adapter } from '../lora/config.ts';
import type { Architecture } from '../models/architecture.ts';

/** The error of an adapter whose base is another one than the one that is loaded. */
export const otherBase = (what: string, expected: string, found: string): LabError =>
  mismatch(`${what} was trained on a base with sha256 ${expected}, the loaded base has sha256 ${found}.`);

/** @param baseSha256 digest of the loaded base; compared where the adapter carries one too.
 * @throws LabError `adapter-mismatch` naming module, expected and found; `invalid-request` for one that is absent. */
export function validateAdapter(
  adapter: Adapter,
  architecture: Pick<Architecture, 'linears'>,
  baseSha256?: string,
): void {
  const { config, pairs, absent } = adapter;
  if (absent !== undefined) {
    throw new LabError(
      'invalid-request',
      `The adapter ${absent.slice(0, 8)} is not here: the file of its run was written without it.`,
      { remedy: 'Open a file of the run that has its adapters, or run it again.' },
    );
  }
  if (baseSha256 !== undefined && adapter.baseSha256 !== undefined && adapter.baseSha256 !== baseSha256) {
    throw otherBase('The adapter', adapter.baseSha256, baseSha256);
  }
  const { r, loraAlpha, loraDropout } = config;
  if (!Number.isSafeInteger(r) || r < 1)
    throw mismatch(`The adapter's rank is ${r}, expected a whole number >= 1.`);
  if (!Number.isFinite(loraAlpha))
    throw mismatch(`The adapter's lora_alpha is ${loraAlpha}, expected a number.`);
  if (!(loraDropout >= 0 && loraDropout < 1)) {
    throw mismatch(`The adapter's lora_dropout is ${loraDropout}, expected a number in [0, 1).`);
  }
  const linears = resolveTargets(architecture.linears, config.targetModules);
  const meant = new Set(linears.map(({ module }) => module));
  const stranger = [...pairs.keys()].find((module) => !meant.has(module));
  if (stranger !== undefined) {
    throw mismatch(
      `The adapter holds factors for "${stranger}", which target_modules does not mean in this model.`,
    );
  }
  for (const { module, inFeatures, outFeatures } of linears) {
    const pair = pairs.get(module);
    if (pair === undefined)
      throw mismatch(`The adapter has no factors for "${module}", expected by target_modules.`);
    const rank = pairRank(config, pair);
    if (!Number.isSafeInteger(rank) || rank < 1)
      throw mismatch(`The adapter's rank of "${module}" is ${rank}, expected a whole number >= 1.`);
    if (pair.loraAlpha !== undefined && !Number.isFinite(pair.loraAlpha))
      throw mismatch(`The adapter's lora_alpha of "${module}" is ${pair.loraAlpha}, expected a number.`);
    checkFactor(`lora_A of "${module}"`, pair.a, rank * inFeatures);
    checkFactor(`lora_B of "${module}"`, pair.b, outFeatures * rank);
  }
}

function mismatch(what: string): LabError {
  return new LabError('adapter-mismatch', what);
}

function checkFactor(name: string, values: Float32Array, expected: number): void {
  if (values.length !== expected) {
    throw mismatch(
      `The adapter's ${name} has ${values.length} values, expected ${expected} by rank and base.`,
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw mismatch(
      `The adapter's ${name} holds ${values[bad] ?? NaN} at index ${bad}, expected a finite number.`,
    );
}
