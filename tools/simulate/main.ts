/**
 * @file `npm run simulate`: the method's loop in PyTorch over the tasks of public/icl-pool with a checkpoint of this
 * repo, every arm; writes a report and its tables.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LabError } from '../../src/core/errors.ts';
import { wholeNumber } from '../command-line.ts';
import { findPython } from '../pretrain/python.ts';
import { encodeTask } from './encode.ts';

const HELP = `Runs the method in PyTorch: arms, filters and starts, over several seeds.

  npm run simulate -- --base-only                 what the base can do on every task, k = 0, 1, 2, 4, 8
  npm run simulate -- --arms-only                 the arms without that table
  npm run simulate -- --tasks sentiment,topic-4 --arms soft,frozen-teacher --seeds 10 --rounds 3,6

  --model DIR (public/models/nano)    --pool DIR (public/icl-pool)      --out DIR (.cache/simulate)
  --tasks A,B (all)                   --arms soft,frozen-teacher,single-round,vote,pool-sft,gold,reuse
  --rounds 3,6 (3)                    --starts base,previous (base)     --filter degenerate|labels|none
  --seeds N (5)                       --first-seed N (1)                --part N (64, prompts in a round)
  --test N (400, test items)          --probe N (96; 0 for none)        --k N (the task's own)
  --epochs N (3)                      --batch N (8)
  --lr X (0.004)                      --threads N (1)
  --resume (keep what the report holds)`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    model: { type: 'string', default: 'public/models/nano' },
    pool: { type: 'string', default: 'public/icl-pool' },
    out: { type: 'string', default: '.cache/simulate' },
    tasks: { type: 'string' },
    arms: { type: 'string', default: 'soft,frozen-teacher,single-round,vote,pool-sft,gold,reuse' },
    rounds: { type: 'string', default: '3' },
    starts: { type: 'string', default: 'base' },
    filter: { type: 'string', default: 'degenerate' },
    seeds: { type: 'string', default: '5' },
    'first-seed': { type: 'string', default: '1' },
    part: { type: 'string', default: '64' },
    test: { type: 'string', default: '400' },
    probe: { type: 'string', default: '96' },
    k: { type: 'string' },
    epochs: { type: 'string', default: '3' },
    batch: { type: 'string', default: '8' },
    lr: { type: 'string', default: '0.004' },
    threads: { type: 'string', default: '1' },
    resume: { type: 'boolean', default: false },
    'base-only': { type: 'boolean', default: false },
    'arms-only': { type: 'boolean', default: false },
  },
});

async function tasks(): Promise<string[]> {
  if (values.tasks !== undefined) return values.tasks.split(',');
  const entries = await readdir(values.pool, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function main(): Promise<void> {
  const out = resolve(values.out);
  await mkdir(out, { recursive: true });
  const paths: string[] = [];
  for (const task of await tasks()) {
    const encoded = await encodeTask(resolve(values.model), join(values.pool, task));
    const path = join(out, `${task}.json`);
    await writeFile(
      path,
      JSON.stringify(values.k === undefined ? encoded : { ...encoded, k: wholeNumber('k', values.k) }),
    );
    paths.push(path);
  }
  const run = join(out, 'run.json');
  const report = join(out, 'report.jsonl');
  const config = {
    model: resolve(values.model),
    // Every line of the report tells which weights it was measured on.
    model_sha256: createHash('sha256')
      .update(await readFile(join(values.model, 'model.safetensors')))
      .digest('hex'),
    tasks: paths,
    report,
    arms: values['base-only'] ? [] : values.arms.split(','),
    base: !values['arms-only'],
    rounds: values.rounds.split(',').map((rounds) => wholeNumber('rounds', rounds)),
    starts: values.starts.split(','),
    filter: values.filter,
    seeds: wholeNumber('seeds', values.seeds),
    first_seed: wholeNumber('first-seed', values['first-seed'], 0),
    part: wholeNumber('part', values.part),
    test: wholeNumber('test', values.test),
    probe: wholeNumber('probe', values.probe, 0),
    threads: wholeNumber('threads', values.threads),
    resume: values.resume,
    epochs: wholeNumber('epochs', values.epochs),
    batch: wholeNumber('batch', values.batch),
    lr: Number(values.lr),
  };
  await writeFile(run, `${JSON.stringify(config, null, 2)}\n`);
  const python = findPython();
  for (const [script, argument] of [
    ['simulate.py', run],
    ['report.py', report],
  ] as const) {
    const done = spawnSync(python, [join(import.meta.dirname, script), argument], { stdio: 'inherit' });
    if (done.status !== 0)
      throw new LabError('internal', `${script} ended with status ${done.status ?? 'none'}.`);
  }
}

if (values.help) console.log(HELP);
else await main();
