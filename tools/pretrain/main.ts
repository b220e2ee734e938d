/**
 * @file `npm run pretrain`: from nothing to a checkpoint in the Hub's layout. Learns the tokenizer on the corpus of the
 * world, encodes the corpus with it, trains the model in transformers (python/pretrain.py) and writes config, tokenizer,
 * weights, the model card (card-SIZE.md beside this file) and a manifest of hashes.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AutoTokenizer } from '@huggingface/transformers';
import { LabError } from '../../src/core/errors.ts';
import { corpusDocument, RECIPE } from '../world/corpus.ts';
import { tokenizerFiles, trainBpe, WordCounts } from './bpe.ts';
import { ChunkEncoder, encodeRows } from './encode.ts';
import { findPython } from './python.ts';
import { SIZES } from './sizes.ts';

const HELP = `Pretrains the bundled base model; everything is made from the seed.

  npm run pretrain                       nano, into public/models/nano (needs transformers; one core, under 90 minutes)
  npm run pretrain -- --size tiny        the model of the fast tests, into test/fixtures/models/tiny
  npm run pretrain -- --smoke            20 steps of tiny (give it an --out), to see that everything works

  --size nano|tiny    --seed N (weights and order of rows; default 1)    --world-seed N (corpus; default 1)
  --steps N           --decay-from N (the step from which the rate falls to zero)
  --out DIR           --work DIR (encoded corpus, checkpoints; default .cache/pretrain/SIZE)
  --resume            go on from the last checkpoint in --work
  --encode-only       stop before training
  --threads N         of PyTorch (default 1)    --device cpu|cuda (default cpu)
  PYTHON=path         the Python that has transformers (pip install ./python)`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    size: { type: 'string', default: 'nano' },
    seed: { type: 'string', default: '1' },
    'world-seed': { type: 'string', default: '1' },
    steps: { type: 'string' },
    'decay-from': { type: 'string' },
    out: { type: 'string' },
    work: { type: 'string' },
    threads: { type: 'string', default: '1' },
    device: { type: 'string', default: 'cpu' },
    resume: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    'encode-only': { type: 'boolean', default: false },
  },
});

/** Documents that the tokenizer is learnt on. */
const TOKENIZER_DOCUMENTS = 8000;
const EVAL_ROWS = 96;

async function main(): Promise<void> {
  const name = values.smoke ? 'tiny' : values.size;
  const size = SIZES.get(name);
  if (size === undefined)
    throw new LabError(
      'invalid-request',
      `There is no size ${name}; known: ${[...SIZES.keys()].join(', ')}.`,
    );
  const worldSeed = Number(values['world-seed']);
  const steps = Number(values.steps ?? (values.smoke ? 20 : size.steps));
  const usual = name === 'nano' ? 'public/models/nano' : `test/fixtures/models/${name}`;
  const out = resolve(values.out ?? usual);
  const work = resolve(values.work ?? `.cache/pretrain/${values.smoke ? 'smoke' : name}`);
  if (values.smoke && !values.resume && existsSync(join(out, 'model.safetensors'))) {
    throw new LabError('invalid-request', `A smoke run would overwrite the model in ${out}.`, {
      remedy: 'Give it a new folder with --out.',
    });
  }
  await mkdir(out, { recursive: true });
  await mkdir(work, { recursive: true });

  const rows = values.smoke ? 256 + EVAL_ROWS : size.rows + EVAL_ROWS;
  if (!values.resume) await prepare(out, work, worldSeed, rows, size.config);
  if (values['encode-only']) return;

  const run = {
    ...size.training,
    config: size.config,
    work,
    out,
    steps,
    seed: Number(values.seed),
    row_length: size.rowLength,
    eval_rows: EVAL_ROWS,
    known_label_weight: RECIPE.knownLabelWeight,
    threads: Number(values.threads),
    device: values.device,
    resume: values.resume,
    ...(values['decay-from'] === undefined ? {} : { decay_from: Number(values['decay-from']) }),
    ...(values.smoke ? { warmup: 5, eval_every: 10 } : {}),
  };
  await writeFile(join(work, `run-${values.seed}.json`), json(run));
  const script = join(import.meta.dirname, '../../python/pretrain.py');
  const python = findPython();
  const done = spawnSync(python, [script, join(work, `run-${values.seed}.json`)], { stdio: 'inherit' });
  if (done.status !== 0)
    throw new LabError('internal', `${python} ${script} ended with status ${done.status ?? 'none'}.`);
  await copyFile(join(import.meta.dirname, `card-${name}.md`), join(out, 'README.md'));
  await writeManifest(out, work, { worldSeed, rows, seed: run.seed, steps });

  async function prepare(
    to: string,
    temporary: string,
    seed: number,
    count: number,
    config: object,
  ): Promise<void> {
    const counts = new WordCounts();
    const documents = values.smoke ? 500 : TOKENIZER_DOCUMENTS;
    for (let i = 0; i < documents; i++)
      for (const piece of corpusDocument(seed, i).pieces) counts.add(piece.text);
    const bpe = trainBpe(counts.counts, size?.config.vocab_size ?? 0);
    for (const [file, content] of Object.entries(
      tokenizerFiles(bpe, size?.config.max_position_embeddings ?? 0),
    )) {
      await writeFile(join(to, file), json(content));
    }
    await writeFile(join(to, 'config.json'), json(config));
    await writeFile(
      join(to, 'generation_config.json'),
      json({ bos_token_id: 0, eos_token_id: 0, do_sample: false }),
    );
    const tokenizer = await AutoTokenizer.from_pretrained(to, { local_files_only: true });
    const encoded = encodeRows(new ChunkEncoder(tokenizer), seed, count, size?.rowLength ?? 0);
    await writeFile(join(temporary, 'ids.u16'), encoded.ids);
    await writeFile(join(temporary, 'weights.u8'), encoded.weights);
    console.log(`corpus: ${count} rows of ${size?.rowLength ?? 0} tokens`);
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function hash(path: string): Promise<{ bytes: number; sha256: string }> {
  const data = await readFile(path);
  return { bytes: data.byteLength, sha256: createHash('sha256').update(data).digest('hex') };
}

/** The hashes that freeze the model: of every file of the folder but the manifest, and of the encoded corpus. */
async function writeManifest(
  folder: string,
  corpus: string,
  made: Readonly<Record<string, number>>,
): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const file of (await readdir(folder)).sort()) {
    if (file !== 'manifest.json') files[file] = await hash(join(folder, file));
  }
  const manifest = {
    licence: 'MIT',
    command: 'npm run pretrain',
    made,
    corpus: await hash(join(corpus, 'ids.u16')),
    files,
  };
  await writeFile(join(folder, 'manifest.json'), json(manifest));
}

if (values.help) console.log(HELP);
else await main();
