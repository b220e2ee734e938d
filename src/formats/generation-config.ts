/**
 * @file generation_config.json: what the checkpoint's authors recommend for generation, in the engine's words. A
 * missing file, or a missing or null field, leaves the caller's own choice standing.
 */
import type { GenerationConfig } from '../words/engine.ts';
import { LabError } from '../core/errors.ts';
import type { JsonObject } from '../models/architecture.ts';
import type { FileSource } from './file-source.ts';
import { readJsonIfAny, shownJson } from './json.ts';

const FILE = 'generation_config.json';

export interface GenerationDefaults extends Partial<
  Pick<
    GenerationConfig,
    'doSample' | 'temperature' | 'topK' | 'topP' | 'repetitionPenalty' | 'maxNewTokens' | 'eosTokenIds'
  >
> {
  readonly bosTokenId?: number;
  readonly padTokenId?: number;
}

/** @param config config.json, which carries the token ids of checkpoints without generation_config.json.
 * @throws LabError `model-integrity` for a field of the wrong kind. */
export async function readGenerationDefaults(
  source: FileSource,
  config: JsonObject,
): Promise<GenerationDefaults> {
  const json = await readJsonIfAny(source, FILE);
  /** The field through `take`, undefined where it is absent or null. */
  const read = <T>(field: string, take: (value: unknown) => T | null, expected: string): T | undefined => {
    const own = json?.[field] ?? null;
    const value = own ?? (field.endsWith('_token_id') ? config[field] : null) ?? null;
    if (value === null) return undefined;
    const taken = take(value);
    if (taken !== null) return taken;
    throw new LabError(
      'model-integrity',
      `${own === null ? 'config.json' : FILE} in ${source.label}: ${field} must be ${expected}, found ${shownJson(value)}.`,
    );
  };
  const doSample = read('do_sample', (value) => (typeof value === 'boolean' ? value : null), 'true or false');
  const temperature = read('temperature', positive, 'a positive number');
  const topK = read('top_k', count, 'a whole number >= 0');
  const topP = read('top_p', positive, 'a positive number');
  const repetitionPenalty = read('repetition_penalty', positive, 'a positive number');
  const maxNewTokens = read('max_new_tokens', count, 'a whole number >= 0');
  const eosTokenIds = read('eos_token_id', tokens, 'a token id or a list of them');
  const bosTokenId = read('bos_token_id', count, 'a token id');
  const padTokenId = read('pad_token_id', count, 'a token id');
  return {
    ...(doSample === undefined ? {} : { doSample }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
    ...(repetitionPenalty === undefined ? {} : { repetitionPenalty }),
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
    ...(eosTokenIds === undefined ? {} : { eosTokenIds }),
    ...(bosTokenId === undefined ? {} : { bosTokenId }),
    ...(padTokenId === undefined ? {} : { padTokenId }),
  };
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? value : null;
}

function tokens(value: unknown): number[] | null {
  const ids = (Array.isArray(value) ? value : [value]).map(count);
  return ids.every((id) => id !== null) ? ids : null;
}
