/**
 * @file The seal between development and confirmation: the confirmation tasks are written only for a model whose
 * files are those of its manifest, and the hashes they were written under are kept beside them.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import { knobs } from '../../src/words/knobs.ts';
import { NANO } from '../../src/words/learning-rate.ts';

interface Seal {
  readonly model: string;
  readonly corpus: string;
  /** How adapters are trained by default; chosen on development tasks by the gold arm alone. */
  readonly recipe: Readonly<Record<string, number>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return found;
}

/** sha256 of weights and encoded corpus of a trained model. @throws LabError where weights and manifest disagree. */
export async function sealOf(model: string): Promise<Seal> {
  const manifest: unknown = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8'));
  const stated = at(manifest, 'files', 'model.safetensors', 'sha256');
  const corpus = at(manifest, 'corpus', 'sha256');
  const found = createHash('sha256')
    .update(await readFile(join(model, 'model.safetensors')))
    .digest('hex');
  if (stated !== found || typeof corpus !== 'string') {
    throw new LabError(
      'model-integrity',
      `${model}/model.safetensors has the sha256 ${found}, its manifest says otherwise.`,
      {
        remedy: 'Freeze the model first: finish pretraining, which writes the manifest.',
      },
    );
  }
  const { epochs, batchSize, r, loraAlpha } = knobs();
  const learningRate = NANO.rate;
  return { model: found, corpus, recipe: { epochs, batchSize, learningRate, r, loraAlpha } };
}
