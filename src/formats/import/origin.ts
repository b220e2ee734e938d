/** @file What a file's name says: the split it was published as, and the task's id. */
import type { Origin } from '../../words/importing.ts';
import { baseName } from './table.ts';

const WORDS: Readonly<Record<string, Origin>> = {
  train: 'train',
  training: 'train',
  dev: 'validation',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  pool: 'pool',
  prompts: 'prompts',
  probe: 'probe',
};

const words = (text: string): readonly string[] => text.toLowerCase().split(/[^\p{L}\p{N}]+/u);

/** The split that a file's name tells (train.tsv, stsa.binary.dev, data-test-00000.jsonl), or null. */
export function originOf(name: string): Origin | null {
  for (const word of words(baseName(name))) {
    const origin = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (origin !== undefined) return origin;
  }
  return null;
}

function slug(text: string): string {
  return words(text)
    .filter((word) => word !== '' && !Object.hasOwn(WORDS, word))
    .join('-')
    .normalize('NFKD')
    .replace(/[^a-z0-9-]/g, '')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
    .replace(/-$/, '');
}

/** Of the kinds of files that are read, packed or not: what is left names the task. */
const EXTENSION = /(\.(csv|tsv|tab|txt|jsonl?|ndjson|parquet|xlsx))?(\.(gz|gzip|zip))?$/i;

/** An id from what a person wrote, or from the first file's name, or its folder's: trec/train.tsv is trec. */
export function taskId(given: string | undefined, names: readonly string[]): string {
  const [first = ''] = names;
  const parts = first.split('/');
  const file = (parts.at(-1) ?? '').replace(EXTENSION, '');
  const candidates = given === undefined ? [slug(file), slug(parts.at(-2) ?? '')] : [slug(given)];
  return candidates.find((candidate) => candidate !== '') ?? 'imported';
}
