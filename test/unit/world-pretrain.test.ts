/** @file The pretraining tools: the tokenizer's round trip, chunked encoding, and twenty steps of training. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoTokenizer } from '@huggingface/transformers';
import type { PreTrainedTokenizer } from '@huggingface/transformers';
import { beforeAll, describe, expect, it } from 'vitest';
import { tokenizerFiles, trainBpe, WordCounts } from '../../tools/pretrain/bpe.ts';
import { ChunkEncoder } from '../../tools/pretrain/encode.ts';
import { pythonWithTransformers } from '../../tools/pretrain/python.ts';
import { corpusDocument } from '../../tools/world/corpus.ts';

const text = (index: number): string =>
  corpusDocument(5, index)
    .pieces.map((piece) => piece.text)
    .join('');
let tokenizer: PreTrainedTokenizer;

beforeAll(async () => {
  const counts = new WordCounts();
  for (let index = 0; index < 100; index++) counts.add(text(index));
  const folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  for (const [file, content] of Object.entries(tokenizerFiles(trainBpe(counts.counts, 600), 256))) {
    await writeFile(join(folder, file), JSON.stringify(content));
  }
  tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
});

describe('tokenizer', () => {
  it('gives any text back', () => {
    for (const each of [
      'The soup was cold.\n',
      'Žluťoučký kůň 🐎',
      ' <b>x</b>\t\r\n\u0000',
      '日本語 and 1,234.5',
    ]) {
      expect(tokenizer.decode(tokenizer.encode(each, { add_special_tokens: false }))).toBe(each);
    }
  });

  it('encodes chunk by chunk as it encodes the whole', () => {
    const encoder = new ChunkEncoder(tokenizer);
    for (let index = 200; index < 240; index++) {
      expect(encoder.encode(text(index))).toEqual(
        tokenizer.encode(text(index), { add_special_tokens: false }),
      );
    }
  });
});

const python = pythonWithTransformers();
if (python === undefined)
  console.warn('SKIPPED: no Python with transformers, so the smoke run of tools/pretrain was not made.');

describe.skipIf(python === undefined)('pretraining (needs transformers)', () => {
  it('learns in 20 steps, writes the layout of the Hub, and resumes to the same bytes', async () => {
    const hashes: unknown[] = [];
    for (const parts of [[[]], [['--steps', '10'], ['--resume']]]) {
      const folder = await mkdtemp(join(tmpdir(), 'smoke-'));
      const out = join(folder, 'model');
      const printed = parts.map((options) => smoke([...options, '--out', out, '--work', folder])).join('');
      const losses = [...printed.matchAll(/"step": (10|20),.*"plain": ([\d.]+)/g)].map((match) =>
        Number(match[2]),
      );
      expect(losses).toHaveLength(2);
      expect(losses[1]).toBeLessThan(losses[0] ?? 0);
      const manifest: unknown = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'));
      expect(manifest).toHaveProperty(['files', 'model.safetensors', 'sha256']);
      hashes.push(manifest);
    }
    expect(hashes[1]).toEqual(hashes[0]);
  }, 240_000);
});

/** What a smoke run prints. */
function smoke(options: readonly string[]): string {
  const main = join(import.meta.dirname, '../../tools/pretrain/main.ts');
  const done = spawnSync('npx', ['tsx', main, '--smoke', ...options], { encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
  return done.stdout;
}
