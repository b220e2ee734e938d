/**
 * @file The matrix products of a model's frozen layers, alone: how fast each runtime and PyTorch multiply, shape by shape, and how
 * much longer than their sum the lab takes for the whole (src/check/speed.ts, in Node). The sum is what no runtime can go below.
 * A product of a read: rows x in times in x out. A training step has each once forward, and once back to the layer's input (the
 * few inputs that need none are counted too). The adapter's six a layer stand beside; attention's are left out.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-web';
import { SPEED_LORA, speedWork } from '../../src/check/speed.ts';
import { runChecks } from '../../src/check/run.ts';
import { LabError } from '../../src/core/errors.ts';
import { median } from '../../src/core/median.ts';
import { array, checked, finite, object, recordOf, text } from '../../src/core/shape.ts';
import { resolveTargets } from '../../src/lora/config.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import type { Architecture } from '../../src/models/architecture.ts';
import { GraphWriter } from '../../src/runtimes/ort/graph-writer.ts';
import { threadsFor } from '../../src/words/engine.ts';
import { nodeEnvironment } from '../check-model/node.ts';
import { nodeSource } from '../node-source.ts';
import { parseJson } from '../read-json.ts';

type Work = ReturnType<typeof speedWork>;

const SCRIPT = join(fileURLToPath(new URL('../../', import.meta.url)), 'python/bench_gemms.py');
/** Times that each product is done and timed, after one to warm up. */
const REPEATS = 7;
/** Products of a kind that are done together, each of a weight of its own, but of weights of more values than these. */
const TOGETHER = 8;
const MANY_VALUES = 4e6;

/** One product of (rows, inner) and (inner, columns), or of (rows, inner) and the transpose of (columns, inner). */
interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** The weight lies as (columns, inner), as PyTorch's linear layers do. */
  readonly isTransposed: boolean;
  /** How often the work has it. */
  readonly count: number;
}

type Kind = 'prompts' | 'newTokens' | 'training' | 'adapters';
type Products = Readonly<Record<Kind, readonly Product[]>>;

/** @returns equal products counted together */
function counted(products: readonly Omit<Product, 'count'>[]): Product[] {
  const kinds = new Map<string, Product>();
  for (const product of products) {
    const name = JSON.stringify(product);
    kinds.set(name, { ...product, count: (kinds.get(name)?.count ?? 0) + 1 });
  }
  return [...kinds.values()];
}

/** Of a training step: forward x A', then B'; back dB, to the rank's values, dA, to the input. */
function adapterProducts(linears: Architecture['linears'], rows: number): readonly Omit<Product, 'count'>[] {
  const { r } = SPEED_LORA;
  return resolveTargets(linears, SPEED_LORA.targetModules).flatMap(({ inFeatures, outFeatures }) =>
    [
      { rows, inner: inFeatures, columns: r },
      { rows, inner: r, columns: outFeatures },
      { rows: outFeatures, inner: rows, columns: r },
      { rows, inner: outFeatures, columns: r },
      { rows: r, inner: rows, columns: inFeatures },
      { rows, inner: r, columns: inFeatures },
    ].map((one) => ({ ...one, isTransposed: false })),
  );
}

/** Those of reading the speed's prompts, of a new token for each, and of a training step on them; the head reads one row a prompt, and
 * the completion's. */
function productsOf({ linears, headModule }: Architecture, work: Work): Products {
  const prompts = work.prompts.length;
  const tokens = work.prompts.reduce((sum, { length }) => sum + length, 0);
  const forward = (headRows: number, rows = tokens) =>
    linears.map(({ module, inFeatures, outFeatures }) => ({
      rows: module === headModule ? headRows : rows,
      inner: inFeatures,
      columns: outFeatures,
      isTransposed: true,
    }));
  const there = forward(prompts * work.targets);
  const back = there.map(({ rows, inner, columns }) => ({
    rows,
    inner: columns,
    columns: inner,
    isTransposed: false,
  }));
  return {
    prompts: counted(forward(prompts)),
    newTokens: counted(forward(prompts, prompts)),
    training: counted([...there, ...back]),
    adapters: counted(adapterProducts(linears, tokens)),
  };
}

const flop = (products: readonly Product[]) =>
  products.reduce((sum, { rows, inner, columns, count }) => sum + 2 * rows * inner * columns * count, 0);

const filled = (size: number, from = 0) =>
  Float32Array.from({ length: size }, (_, i) => (((i + from) * 7919) % 201) / 100 - 1);

async function medianSeconds(work: () => Promise<unknown>): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round <= REPEATS; round++) {
    const begin = performance.now();
    await work();
    seconds.push((performance.now() - begin) / 1000);
  }
  return median(seconds.slice(1));
}

/** A graph of Gemms whose weights are constants, as layers' are, each its own; of each result only a row leaves the heap. */
async function inOnnxruntime({ rows, inner, columns, isTransposed }: Product): Promise<number> {
  const graph = new GraphWriter('float32');
  const shape = isTransposed ? [columns, inner] : [inner, columns];
  const x = graph.input('x', 'float32', [rows, inner]);
  // A run has its own cost, which the products of a model share.
  const together = inner * columns > MANY_VALUES ? 1 : TOGETHER;
  for (let i = 0; i < together; i++) {
    const weight = graph.floats(`w${i}`, shape, filled(inner * columns, i));
    const y = graph.node('Gemm', [x, weight], { attributes: { transB: { int: isTransposed ? 1 : 0 } } });
    graph.nodeTo([`y${i}`], 'Slice', [y, graph.int64s([0]), graph.int64s([1])]);
    graph.output(`y${i}`, 'float32', [1, columns]);
  }
  const session = await ort.InferenceSession.create(graph.finish('gemms'));
  const feeds = { x: new ort.Tensor('float32', filled(rows * inner), [rows, inner]) };
  const seconds = await medianSeconds(() => session.run(feeds));
  await session.release();
  return seconds / together;
}

/** XNNPACK keeps the weights packed: that too is more than a model that holds them once can have. */
async function inTfjs({ rows, inner, columns }: Product): Promise<number> {
  const x = tf.tensor2d(filled(rows * inner), [rows, inner]);
  const weights = Array.from({ length: inner * columns > MANY_VALUES ? 1 : TOGETHER }, (_, i) =>
    // It has one speed for both layouts; the weight lies as it wants it.
    tf.tensor2d(filled(inner * columns, i), [inner, columns]),
  );
  const seconds = await medianSeconds(() => {
    for (const weight of weights) tf.dispose(tf.matMul(x, weight));
    return Promise.resolve();
  });
  tf.dispose([x, ...weights]);
  return seconds / weights.length;
}

async function sumOf(products: readonly Product[], seconds: (one: Product) => Promise<number>) {
  let sum = 0;
  for (const one of products) sum += one.count * (await seconds(one));
  return sum;
}

type Sums = Readonly<Record<Kind, number>>;

const bothSums = async (products: Products): Promise<Sums> => ({
  prompts: await sumOf(products.prompts, inOnnxruntime),
  newTokens: await sumOf(products.newTokens, inOnnxruntime),
  training: await sumOf(products.training, inTfjs),
  adapters: await sumOf(products.adapters, inTfjs),
});

const torchShape = object({
  torch: text,
  byThreads: recordOf(
    object({
      prompts: array(finite),
      newTokens: array(finite),
      training: array(finite),
      adapters: array(finite),
    }),
  ),
});

type TorchSums = Readonly<Record<string, Sums>>;

/** @returns the sums by number of threads, or why there are none. */
function inTorch(products: Products, threads: readonly number[]): TorchSums | string {
  const python = process.env.PYTHON ?? 'python3';
  const args = [SCRIPT, '--repeats', `${REPEATS}`, '--threads', ...threads.map(String)];
  const { stdout, stderr, status, error } = spawnSync(python, args, {
    input: JSON.stringify(products),
    encoding: 'utf8',
  });
  if (error !== undefined)
    return `${python} cannot be started (${error.message}): PYTHON= names one that can.`;
  if (status !== 0)
    return `${python} has no PyTorch, or it failed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  const { byThreads } = checked(torchShape, parseJson(stdout, SCRIPT, 'internal'), SCRIPT, 'internal');
  const sum = (kind: Kind, seconds: readonly number[]) =>
    products[kind].reduce((all, { count }, i) => all + count * (seconds[i] ?? NaN), 0);
  return Object.fromEntries(
    Object.entries(byThreads).map(([name, one]) => [
      name,
      {
        prompts: sum('prompts', one.prompts),
        newTokens: sum('newTokens', one.newTokens),
        training: sum('training', one.training),
        adapters: sum('adapters', one.adapters),
      },
    ]),
  );
}

/** Seconds of the whole, of its bare products, and how they compare. */
interface Part {
  readonly threads: number;
  readonly gflop: number;
  readonly seconds: number;
  readonly productSeconds: number;
  /** seconds / productSeconds. */
  readonly overProducts: number;
  /** productSeconds by PyTorch's with as many threads: what is left if everything else were free. */
  readonly productsOverTorch?: number;
}

export interface GemmsBench extends Readonly<Record<Exclude<Kind, 'adapters'>, Part>> {
  readonly model: string;
  /** As `training`, over the adapter's products too. */
  readonly trainingWithAdapters: Pick<Part, 'productSeconds' | 'overProducts'>;
  /** Of the lab's runtimes, before and after the whole. */
  readonly productSeconds: Readonly<Record<'before' | 'after', Sums>>;
  /** Seconds of the products in PyTorch by number of threads, or why there are none. */
  readonly torch: TorchSums | string;
}

/** @throws LabError as check-model */
export async function benchGemms(path: string | undefined): Promise<GemmsBench> {
  if (path === undefined) {
    throw new LabError('invalid-request', 'bench -- gemms takes the folder of a model.', {
      remedy: 'Write npm run bench -- gemms public/models/nano.',
    });
  }
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), path);
  const { architecture } = await openCheckpoint(nodeSource(folder));
  const work = speedWork(architecture);
  const products = productsOf(architecture, work);
  const environment = await nodeEnvironment('wasm');
  // A shared machine drifts: the products are taken before and after the whole.
  const before = await bothSums(products);
  const { speed } = await runChecks(environment, { model: folder });
  const after = await bothSums(products);
  if (speed === undefined) throw new LabError('internal', 'check-model measured no speed.');
  const tokens = work.prompts.length * speed.length;
  const threads = threadsFor(availableParallelism());
  // tfjs computes on one thread in Node.
  const torch = inTorch(products, [...new Set([1, threads])]);
  const part = (kind: Kind, on: number, seconds: number): Part => {
    const theirs = typeof torch === 'string' ? undefined : torch[on]?.[kind];
    const productSeconds = (before[kind] + after[kind]) / 2;
    return {
      threads: on,
      gflop: flop(products[kind]) / 1e9,
      ...{ seconds, productSeconds },
      overProducts: seconds / productSeconds,
      ...(theirs === undefined ? {} : { productsOverTorch: productSeconds / theirs }),
    };
  };
  const training = part('training', 1, tokens / speed.trainTokensPerSecond);
  const productSeconds = training.productSeconds + (before.adapters + after.adapters) / 2;
  return {
    model: path,
    prompts: part('prompts', threads, tokens / speed.prefillTokensPerSecond),
    newTokens: part('newTokens', threads, work.prompts.length / speed.decodeTokensPerSecond),
    training,
    trainingWithAdapters: { productSeconds, overProducts: training.seconds / productSeconds },
    productSeconds: { before, after },
    torch,
  };
}
