/** @file The packed GPU bench: what goes into it, its size, the models both sides open, its pieces, and what it says of what it found. */
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { ALLOWED, logprobChecks, partedAnswers, trainingChecks } from '../../tools/gpu-bench/compare.ts';
import { randomModelFolder, SHAPES } from '../../tools/gpu-bench/models.ts';
import { checkSize, MOST_BYTES, packedPaths } from '../../tools/gpu-bench/packing.ts';
import { markdown } from '../../tools/gpu-bench/page.ts';
import {
  ALL_WEIGHTS,
  batchesFor,
  PARTS,
  pieceName,
  piecesOf,
  readBatches,
  readParts,
  readWeights,
} from '../../tools/gpu-bench/plan.ts';
import { askPython } from '../../tools/gpu-bench/reference.ts';
import type { Checks, Found, GpuReport } from '../../tools/gpu-bench/report.ts';
import { summaryOf, verdictOf } from '../../tools/gpu-bench/report.ts';
import { runPiece, tellResult } from '../../tools/gpu-bench/run-piece.ts';
import { nodeSource } from '../../tools/node-source.ts';

describe('the pack', () => {
  test('names only files that are there, each place once', () => {
    const paths = packedPaths();
    expect(paths.filter(({ from }) => !existsSync(from))).toEqual([]);
    expect(new Set(paths.map(({ to }) => to)).size).toBe(paths.length);
  });

  test('is refused beyond its size, with its files, the largest first', () => {
    expect(checkSize(new Map([['node.xz', MOST_BYTES]]))).toBe(MOST_BYTES);
    const large = new Map([
      ['run.sh', 1],
      ['node.xz', MOST_BYTES],
    ]);
    expect(() => checkSize(large)).toThrow(
      /60000001 bytes; 60000000 are allowed: node\.xz 60000000, run\.sh 1/,
    );
  });
});

test('nano’s shape is the bundled model’s, and its folder opens as a checkpoint', async () => {
  const bundled: unknown = JSON.parse(await readFile('public/models/nano/config.json', 'utf8'));
  expect(bundled).toMatchObject(SHAPES.nano);
  const parent = await mkdtemp(join(tmpdir(), 'gpu-bench-models-'));
  try {
    const folder = await randomModelFolder('nano', parent);
    const checkpoint = await openCheckpoint(nodeSource(folder));
    const own = await openCheckpoint(nodeSource('public/models/nano'));
    expect(checkpoint.parameters).toBe(own.parameters);
    expect(checkpoint.architecture.tensors).toEqual(own.architecture.tensors);
  } finally {
    await rm(parent, { recursive: true });
  }
});

describe('the plan', () => {
  const plan = {
    parts: PARTS,
    models: ['nano', 'smollm2-135m'],
    weights: ALL_WEIGHTS,
    batches: batchesFor(false),
  };

  test('asks for right numbers before speed, of every model and type, each piece under a name of its own', () => {
    const pieces = piecesOf(plan, ['llama', 'gemma3']);
    expect(pieces.map(({ part }) => part)).toEqual([
      ...Array.from({ length: 2 }, () => 'golden'),
      ...Array.from({ length: 8 }, () => 'training'),
      ...Array.from({ length: 8 }, () => 'labelling'),
      ...['speed-training', 'speed-labelling', 'speed-native'].flatMap((part) => [part, part, part, part]),
    ]);
    expect(new Set(pieces.map(pieceName)).size).toBe(pieces.length);
    expect(pieces.map(pieceName)).toContain('training.smollm2-135m.q8.8x48');
  });

  test('takes parts, types and sizes by their names', () => {
    expect(readParts('golden, speed-native')).toEqual(['golden', 'speed-native']);
    expect(readWeights('q8,float32')).toEqual(['q8', 'float32']);
    expect(readBatches('1x16,8x128')).toEqual([
      { rows: 1, tokens: 16 },
      { rows: 8, tokens: 128 },
    ]);
    expect(pieceName({ part: 'training', model: 'a b/c' })).toBe('training.a_b_c');
  });

  test.each<readonly [() => unknown, RegExp]>([
    [() => readParts('speed'), /--only does not take "speed"\. It takes golden, training/],
    [() => readParts(''), /--only does not take ""/],
    [() => readWeights('q5'), /--weights does not take "q5"\. It takes float32, float16, q8, q4/],
    ...['8', '0x16', '8x4', '8x', '-1x16', '8 x 48x'].map(
      (size) => [() => readBatches(size), /--batches does not take .*five tokens at least/] as const,
    ),
  ])('refuses what it does not know: %o', (read, said) => {
    expect(read).toThrow(said);
  });
});

describe('a piece in a process of its own', () => {
  const node = (code: string) => [process.execPath, '-e', code];

  test('tells its result beside what runtimes say', async () => {
    const code = `console.log('noise'); console.log('RESULT {"a":1}'); console.error('more')`;
    expect(await runPiece(node(code), 60_000)).toEqual({ a: 1 });
  });

  test('that dies, fails or hangs is told by how it ended', async () => {
    const dies = await runPiece(
      node(`console.error('\\u001b[31mlast words'); process.kill(process.pid, 'SIGSEGV')`),
      60_000,
    );
    expect(dies).toEqual({ notRun: 'ended by SIGSEGV without a result; it said last: last words' });
    expect(await runPiece(node('process.exit(3)'), 60_000)).toEqual({
      notRun: 'ended by exit code 3 without a result.',
    });
    expect(await runPiece(node('setInterval(() => {}, 1000)'), 700)).toEqual({
      notRun: 'ended after 1 s without a result.',
    });
    expect(await runPiece(['/no/such/program'], 60_000)).toMatchObject({
      notRun: expect.stringContaining('ENOENT') as string,
    });
  });

  test('that loses its GPU says so by name', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const lost = new LabError('device-lost', 'The GPU device was lost: VK_ERROR_DEVICE_LOST.');
      expect(await tellResult(() => Promise.reject(lost))).toBe(5);
      const [line] = write.mock.calls[0] ?? [];
      expect(line).toMatch(/^RESULT \{"notRun":"device-lost: The GPU device was lost: VK_ERROR_DEVICE_LOST/);
    } finally {
      write.mockRestore();
    }
  });
});

describe('PyTorch', () => {
  test('that cannot be started, is missing or fails is told with what mends it', async () => {
    expect(() => askPython([], '', '/no/such/python')).toThrow(
      /\/no\/such\/python cannot be started .*Name a Python that has PyTorch, transformers and peft: PYTHON=/,
    );
    const folder = await mkdtemp(join(tmpdir(), 'gpu-bench-python-'));
    const python = join(folder, 'python');
    const says = async (last: string) => {
      await writeFile(python, `#!/bin/sh\necho 'Traceback' >&2\necho "${last}" >&2\nexit 1\n`);
      await chmod(python, 0o755);
    };
    try {
      await says("ModuleNotFoundError: No module named 'peft'");
      expect(() => askPython([], '', python)).toThrow(/has no peft\. Install it there \(pip install torch/);
      await says('PyTorch finds no CUDA device.');
      expect(() => askPython([], '', python)).toThrow(
        /failed: PyTorch finds no CUDA device\. It must have PyTorch for this GPU/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('parts from greedy answers only where its lead decides', () => {
    const theirs = [{ ids: [1, 2, 3], leads: [1, 0.001, 1] }];
    expect(partedAnswers([[1, 2, 3]], theirs)).toBe(0);
    expect(partedAnswers([[1, 9, 9]], theirs)).toBe(0);
    expect(partedAnswers([[1, 2, 9]], theirs)).toBe(1);
    expect(partedAnswers([[1, 2]], theirs)).toBe(1);
    expect(partedAnswers([], theirs)).toBe(Infinity);
  });
});

describe('what is compared', () => {
  const factors = (value: number) => ({ a: Float32Array.of(value, 1), b: Float32Array.of(1, value) });
  const found = { loss: 8, losses: [8, 7, 6], gradients: new Map([['q', factors(0.5)]]) };
  const named = (value: number) =>
    new Map([
      ['base_model.model.q.lora_A.weight', factors(value).a],
      ['base_model.model.q.lora_B.weight', factors(0.5).b],
    ]);
  const theirs = { loss: 8, losses: [8, 7, 6], gradients: named(0.5) };
  const failing = (other: Partial<typeof theirs>) =>
    trainingChecks(found, { ...theirs, ...other })
      .filter(({ ok }) => !ok)
      .map(({ name }) => name);
  const worstA = 'gradients of 1 A, worst share of a tensor’s largest';

  test('of training: loss, each gradient, and the losses of the steps, none of them missing', () => {
    expect(trainingChecks(found, theirs)).toHaveLength(5);
    expect(failing({})).toEqual([]);
    expect(failing({ loss: 8 * (1 + ALLOWED.loss / 2), gradients: named(0.5005) })).toEqual([]);
    expect(failing({ loss: 8 * (1 + 2 * ALLOWED.loss) })).toEqual(['loss']);
    expect(failing({ losses: [8, 7, 6.1] })).toEqual(['losses of 3 steps']);
    expect(failing({ losses: [8, 7] })).toEqual(['losses of 2 steps']);
    expect(failing({ gradients: named(0.51) })).toEqual([worstA]);
    const lacks = named(0.5);
    lacks.delete('base_model.model.q.lora_A.weight');
    expect(failing({ gradients: lacks })).toEqual([worstA, 'gradients that one of them lacks']);
    const surplus = named(0.5).set('base_model.model.v.lora_A.weight', Float32Array.of(1));
    expect(failing({ gradients: surplus })).toEqual(['gradients that one of them lacks']);
  });

  test('of labelling: log-probabilities with and without the adapter', () => {
    const scored = { base: [[-1, -2]], adapted: [[-3, -4]] };
    const failed = (other: Partial<typeof scored>) =>
      logprobChecks('wasm', scored, { ...scored, ...other }).map(({ ok }) => ok);
    expect(failed({})).toEqual([true, true]);
    expect(failed({ base: [[-1, -2.01]] })).toEqual([false, true]);
    expect(failed({ adapted: [[-3]] })).toEqual([true, false]);
    expect(failed({ base: [] })).toEqual([false, true]);
  });
});

const speeds = (train: number) => ({
  prefillTokensPerSecond: 9000,
  decodeTokensPerSecond: 800,
  trainTokensPerSecond: train,
  gpuBytes: 2 ** 30,
});
const batch = { rows: 8, tokens: 48 };
const right: Checks = {
  checks: [{ name: 'loss', runtime: 'tfjs', backend: 'webgpu', value: 1e-6, tolerance: 1e-4, ok: true }],
  leftOut: [],
  against: 'PyTorch 2.13.0 on a GPU',
};
const wrong: Checks = {
  ...right,
  checks: [{ name: 'loss', runtime: 'tfjs', backend: 'webgpu', value: 1, tolerance: 1e-4, ok: false }],
};
const trained: Found = {
  piece: { part: 'training', model: 'nano', weights: 'q8', batch },
  seconds: 1,
  outcome: right,
};
const work = { dispatches: 200, submits: 3, uploadedBytes: 2 ** 20, downloadedBytes: 2 ** 19 };
const measured: Found[] = [
  {
    piece: { part: 'speed-training', model: 'nano', batch },
    seconds: 1,
    outcome: { tokensPerSecond: 1234.5, perStep: work, gpuBytes: 2 ** 25 },
  },
  {
    piece: { part: 'speed-labelling', model: 'nano', batch },
    seconds: 1,
    outcome: {
      ...{ prefillTokensPerSecond: 5000, decodeTokensPerSecond: 400 },
      ...{ perPass: work, newTokens: 4, gpuBytes: 2 ** 24 },
    },
  },
  {
    piece: { part: 'speed-native', model: 'nano', batch },
    seconds: 1,
    outcome: {
      ...{ torch: '2.13.0', transformers: '5.24.0', device: 'a GPU' },
      byTf32: { off: speeds(4000), on: speeds(5000) },
    },
  },
];
const report: GpuReport = {
  adapter: {
    description: 'a GPU',
    isSoftware: false,
    features: ['shader-f16'],
    limits: { maxBufferSize: 1024 },
    subgroupSizes: [32, 32],
  },
  found: [trained, ...measured],
  leftOut: [],
};

describe('the report', () => {
  test('lays the lab beside PyTorch, with counts and bytes', () => {
    const page = markdown(report);
    expect(page).toContain('- training, nano q8 8x48 (PyTorch 2.13.0 on a GPU): 1 of 1 within tolerance');
    expect(page).toContain('  - tfjs loss: 0.0000010 <= 0.00010');
    expect(page).toContain(
      '| nano | 8 x 48 | 1235 | 200 | 1.0 MiB | 0.5 MiB | 32.0 MiB | 4000 | 5000 | 1024.0 MiB |',
    );
    expect(page).toContain(
      '| nano | 8 x 48 | 5000 | 400.0 | 50 | 0.3 MiB | 0.1 MiB | 16.0 MiB | 9000 | 800.0 |',
    );
    expect(page).toContain('shader-f16 yes, subgroups no (32 to 32 lanes)');
    expect(page).toContain('Shown to be right.');
  });

  test('says why a piece did not run, in one cell, beside the others’ figures, and what was left out', () => {
    const notRun = { notRun: 'device-lost: a | b\nc' };
    const found = measured.map((one) =>
      one.piece.part === 'speed-labelling' ? { ...one, outcome: notRun } : one,
    );
    const page = markdown({ ...report, found: [trained, ...found], leftOut: ['golden: no time'] });
    expect(page).toContain('| nano | 8 x 48 | device-lost: a \\| b c | - | - | - | - | - | 9000 | 800.0 |');
    expect(page).toContain('| nano | 8 x 48 | 1235 | 200 |');
    expect(page).toContain('- golden: no time');
    const alone = markdown({ ...report, found: measured.slice(0, 1) });
    expect(alone).toContain('| 32.0 MiB | not asked | - | - |');
    expect(alone).toContain('Nothing was compared.');
  });

  test('gives no times of a software GPU', () => {
    const [training, ...others] = measured;
    const outcome = { perStep: work, gpuBytes: 0 };
    const found = training === undefined ? [] : [{ ...training, outcome }, ...others];
    expect(markdown({ ...report, found })).toContain('| nano | 8 x 48 | no times | 200 |');
  });

  test.each<[string, Found['outcome'] | null, string, string]>([
    ['nothing was compared', null, 'not compared', 'of no use'],
    ['a piece did not run', { notRun: 'device lost' }, 'not compared', 'NOT RUN: device lost'],
    ['a piece had no checks', { checks: [], leftOut: [] }, 'not compared', 'of no use'],
    [
      'one comparison could not be made',
      { ...right, notCompared: ['wasm: no room'] },
      'not compared',
      'NOT COMPARED: wasm: no room',
    ],
    ['a check failed', wrong, 'not right', 'FAILED 1 of 1: tfjs loss: 1.0 > 0.00010'],
  ])('is not right where %s', (_, outcome, verdict, said) => {
    expect(verdictOf(report)).toBe('right');
    const other = { ...report, found: outcome === null ? measured : [{ ...trained, outcome }, trained] };
    expect(verdictOf(other)).toBe(verdict);
    expect(markdown(other)).toContain(said);
    expect(markdown(other)).toContain('of no use');
  });

  test('says in a line what was found and what was left out', () => {
    expect(summaryOf(trained)).toBe('1 of 1 within tolerance');
    expect(summaryOf({ ...trained, outcome: { ...right, leftOut: ['half precision: no'] } })).toBe(
      '1 of 1 within tolerance; left out: half precision: no',
    );
    expect(measured.map(summaryOf)).toEqual(['measured', 'measured', 'measured']);
  });
});
