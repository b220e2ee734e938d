/**
 * @file The program inside the pack: bench.mjs [MODEL ...] [--out DIR] [--only PARTS] [--weights TYPES] [--batches SIZES]
 * [--minutes N]. MODEL is a shape (nano, smollm2-135m: random weights) or a model folder. Each piece's result is written when it is
 * there and kept: the same command again does what is missing. Exit 1: not shown to be right.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { speedWork } from '../../src/check/speed.ts';
import { LabError } from '../../src/core/errors.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { parseCommandLine, runCommand, wholeNumber } from '../command-line.ts';
import { nodeSource } from '../node-source.ts';
import { compareLabelling, compareTraining } from './compare.ts';
import { checkFamily } from './golden.ts';
import { adapterFacts, keepAwake } from './gpu.ts';
import { isShape, randomModelFolder } from './models.ts';
import { nativeOnGpu } from './native.ts';
import { markdown } from './page.ts';
import type { Piece } from './plan.ts';
import {
  ALL_WEIGHTS,
  batchesFor,
  isCorrectness,
  modelsFor,
  PARTS,
  pieceName,
  piecesOf,
  readBatches,
  readParts,
  readWeights,
} from './plan.ts';
import { referenceOf } from './reference.ts';
import type { AdapterFacts, Found, GpuReport, Outcome } from './report.ts';
import { isNotRun, summaryOf, verdictOf } from './report.ts';
import { runPiece, tellResult } from './run-piece.ts';
import { measureLabelling, measureTraining } from './speed.ts';

const SELF = fileURLToPath(import.meta.url);
const HERE = fileURLToPath(new URL('.', import.meta.url));
const GOLDEN = join(HERE, 'golden');
const WASM = join(HERE, 'ort.wasm');
const script = (name: string) => join(HERE, 'python', name);
const USAGE =
  'Usage: run.sh [nano | smollm2-135m | MODEL_FOLDER ...] [--out DIR] [--minutes N] [--batches 8x48,8x128] ' +
  `[--weights ${ALL_WEIGHTS.join(',')}] [--only ${PARTS.join(',')}]`;

/** What a piece may take before it is ended: a driver that hangs is told, not waited for. */
const MOST_MINUTES = 20;
/** A piece is not begun for less. */
const LEAST_MS = 15_000;
const NEW_TOKENS = { gpu: 16, software: 3 } as const;

/** What a piece's process is told. */
interface Order {
  readonly piece: Piece;
  /** The model's folder. */
  readonly folder: string;
  readonly newTokens: number;
  /** Where PyTorch's answers are kept. */
  readonly reference: string;
}

/** In the process of its own. */
async function doPiece({ piece, folder, newTokens, reference }: Order): Promise<object> {
  const { part, weights = 'float32', batch } = piece;
  if (part === 'golden') return checkFamily(folder, WASM);
  const checkpoint = await openCheckpoint(nodeSource(folder), { weights });
  const { prompts, targets } = speedWork(checkpoint.architecture, batch?.tokens);
  const work = { prompts: prompts.slice(0, batch?.rows), targets, newTokens };
  if (work.prompts.length !== batch?.rows || work.prompts[0]?.length !== batch.tokens) {
    throw new LabError('invalid-request', `${piece.model} takes no batch of that size.`, {
      remedy: `Up to ${prompts.length} rows of ${prompts[0]?.length ?? 0} tokens are measured: --batches.`,
    });
  }
  switch (part) {
    case 'speed-training':
      return measureTraining(folder, work);
    case 'speed-labelling':
      return measureLabelling(folder, work, WASM);
    case 'speed-native':
      return nativeOnGpu(script('bench_native.py'), folder, work);
    case 'training':
    case 'labelling': {
      const ask = () => referenceOf(checkpoint, folder, work, script('bench_reference.py'), reference);
      if (part === 'training') return compareTraining(checkpoint, work, ask);
      return compareLabelling(checkpoint, work, ask, WASM);
    }
  }
}

const OPTIONS = {
  out: { type: 'string', default: 'gpu-bench-report' },
  only: { type: 'string', default: PARTS.join(',') },
  weights: { type: 'string', default: ALL_WEIGHTS.join(',') },
  batches: { type: 'string' },
  minutes: { type: 'string' },
} as const;

const say = (line: string) => process.stderr.write(`${line}\n`);

async function bench(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(argv, OPTIONS, USAGE);
  const parts = readParts(values.only);
  const weights = readWeights(values.weights);
  const given = values.batches === undefined ? undefined : readBatches(values.batches);
  const limitMs = 60_000 * (values.minutes === undefined ? 1e4 : wholeNumber('minutes', values.minutes));
  const end = performance.now() + limitMs;
  const out = resolve(values.out);
  const kept = join(out, 'pieces');
  await mkdir(kept, { recursive: true });
  const program = createHash('sha256')
    .update(await readFile(SELF))
    .digest('hex')
    .slice(0, 12);

  say('adapter ...');
  // Told by this very program.
  const adapter = (await runPiece([process.execPath, SELF, '--adapter'], 120_000)) as Outcome<AdapterFacts>;
  say(isNotRun(adapter) ? `NOT RUN: ${adapter.notRun}` : adapter.description);
  const isSoftware = !isNotRun(adapter) && adapter.isSoftware;
  const models = positionals.length > 0 ? positionals : modelsFor(isSoftware);
  const folders = new Map<string, string>();
  for (const model of models) {
    if (isShape(model)) say(`${model}'s shape with random weights ...`);
    const folder = isShape(model) ? await randomModelFolder(model, join(out, 'models')) : resolve(model);
    await openCheckpoint(nodeSource(folder));
    folders.set(isShape(model) ? model : basename(folder), folder);
  }
  const families = await readdir(GOLDEN);
  const plan = { parts, models: [...folders.keys()], weights, batches: given ?? batchesFor(isSoftware) };
  // PyTorch needs none.
  const pieces = piecesOf(plan, families).filter(({ part }) => !isNotRun(adapter) || part === 'speed-native');

  const leftOut: string[] = PARTS.filter((part) => !parts.includes(part)).map(
    (part) => `${part}: --only did not name it`,
  );
  if (isNotRun(adapter)) leftOut.push('all that needs WebGPU: there is none');
  for (const [i, piece] of pieces.entries()) {
    const name = pieceName(piece);
    const file = join(kept, `${name}.json`);
    const before = await readFound(file, program);
    if (before !== null && !isNotRun(before.outcome)) {
      say(`[${i + 1}/${pieces.length}] ${name}: kept from before`);
      continue;
    }
    const left = end - performance.now();
    if (left < LEAST_MS) {
      leftOut.push(`${name}: the time of --minutes was up; the same command goes on from here`);
      continue;
    }
    say(`[${i + 1}/${pieces.length}] ${name} ...`);
    const order: Order = {
      piece,
      folder: piece.part === 'golden' ? join(GOLDEN, piece.model) : (folders.get(piece.model) ?? ''),
      newTokens: isSoftware ? NEW_TOKENS.software : NEW_TOKENS.gpu,
      reference: join(out, 'reference', pieceName({ ...piece, part: 'training' })),
    };
    const begin = performance.now();
    // A software GPU needs the processor, which V8 would take a minute of to optimise onnxruntime's wasm.
    const flags = isSoftware ? ['--liftoff-only'] : [];
    const command = [process.execPath, ...flags, SELF, '--piece', JSON.stringify(order)];
    // Told by this very program.
    const outcome = (await runPiece(command, Math.min(left, 60_000 * MOST_MINUTES))) as Found['outcome'];
    const found: Found = { piece, seconds: (performance.now() - begin) / 1000, outcome };
    say(`    ${found.seconds.toFixed(0)} s: ${summaryOf(found)}`);
    await writeWhole(file, `${JSON.stringify({ program, ...found }, null, 2)}\n`);
    await writeReport({ adapter, found: await allFound(kept, program), leftOut }, out);
  }
  const report: GpuReport = { adapter, found: await allFound(kept, program), leftOut };
  await writeReport(report, out);
  process.stdout.write(markdown(report));
  if (isNotRun(adapter)) return 1;
  return verdictOf(report) === 'right' || (!parts.some(isCorrectness) && verdictOf(report) !== 'not right')
    ? 0
    : 1;
}

async function readFound(file: string, program: string): Promise<Found | null> {
  if (!existsSync(file)) return null;
  // Written by this very program, or by another that says so.
  const { program: by, ...found } = JSON.parse(await readFile(file, 'utf8')) as Found & { program: string };
  return by === program ? found : null;
}

/** All that is kept, whichever call it was found in, in the order of the parts. */
async function allFound(folder: string, program: string): Promise<Found[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const found: Found[] = [];
  for (const name of names) {
    const one = await readFound(join(folder, name), program);
    if (one !== null) found.push(one);
  }
  return found;
}

async function writeReport(report: GpuReport, out: string): Promise<void> {
  await writeWhole(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeWhole(join(out, 'report.md'), markdown(report));
}

/** Whole or not at all. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}

const [first, order] = process.argv.slice(2);
if (first === '--adapter' || first === '--piece') {
  keepAwake();
  process.exitCode = await tellResult(() =>
    first === '--adapter' ? adapterFacts() : doPiece(JSON.parse(order ?? '') as Order),
  );
} else {
  // Whoever is ended ends the piece that runs.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  await runCommand(() => bench(process.argv.slice(2)));
}
// Dawn keeps the event loop alive.
process.exit();
