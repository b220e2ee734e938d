/**
 * @file What PyTorch, transformers and peft make of the very rows, weights and adapter that the lab is given
 * (python/bench_reference.py). Of a type that changes the weights' values, PyTorch gets the values that it stands for.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import { deriveKey, uniformAt } from '../../src/core/random.ts';
import type { Infer } from '../../src/core/shape.ts';
import { array, checked, finite, object, text } from '../../src/core/shape.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { writeAdapter } from '../../src/formats/peft-writer.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { writeSafetensors } from '../../src/formats/safetensors-writer.ts';
import type { SpeedWork } from '../../src/check/speed.ts';
import type { Adapter } from '../../src/lora/config.ts';
import { initAdapter } from '../../src/lora/config.ts';
import { LORA, TRAIN_CONFIG } from '../bench/models.ts';
import { nodeSource } from '../node-source.ts';
import { parseJson } from '../read-json.ts';

/** Optimizer steps whose losses are compared. */
export const STEPS = 3;

const scored = object({ base: array(array(finite)), adapted: array(array(finite)) });
const shape = object({
  ...{ torch: text, transformers: text, peft: text, device: text },
  loss: finite,
  /** Before each update. */
  losses: array(finite),
  /** Log-probabilities of each row's last tokens. */
  logprobs: scored,
  /** What the base answers greedily to each row, with each new token's lead over the second likeliest. */
  greedy: array(object({ ids: array(finite), leads: array(finite) })),
});
export interface Reference extends Infer<typeof shape> {
  /** By PEFT's tensor name. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** B is not zero, so that A has gradients and the adapter moves every logit. */
export function busyAdapter({ architecture }: Checkpoint): Adapter {
  const { config, pairs } = initAdapter(architecture.linears, LORA, 0);
  const busy = [...pairs].map(([module, { a, b }]) => {
    const key = deriveKey('busy', module);
    return [module, { a, b: b.map((_, i) => 0.1 * (uniformAt(key, i) - 0.5)) }] as const;
  });
  return { config, pairs: new Map(busy) };
}

/** The folder that transformers opens for these weights. */
async function folderOf(checkpoint: Checkpoint, folder: string, out: string): Promise<string> {
  if (checkpoint.weights === 'float32') return folder;
  const into = join(out, 'model');
  const file = join(into, 'model.safetensors');
  if (existsSync(file)) return into;
  await mkdir(into, { recursive: true });
  await writeFile(
    join(into, 'config.json'),
    JSON.stringify({ ...checkpoint.config, dtype: 'float32', torch_dtype: 'float32' }),
  );
  const tensors = [];
  for (const { name, shape: sizes } of checkpoint.architecture.tensors) {
    const data = await checkpoint.readFloat32(name);
    tensors.push({ name, dtype: 'F32' as const, shape: sizes, data });
  }
  await writeFile(`${file}.part`, writeSafetensors(tensors, { metadata: { format: 'pt' } }));
  await rename(`${file}.part`, file);
  return into;
}

/** @param out a folder of its own
 * @throws LabError where Python, PyTorch, transformers or peft is missing or fails, with what mends it */
export async function referenceOf(
  checkpoint: Checkpoint,
  folder: string,
  work: SpeedWork,
  script: string,
  out: string,
): Promise<Reference> {
  const adapter = join(out, 'adapter');
  await mkdir(adapter, { recursive: true });
  for (const [name, bytes] of writeAdapter(busyAdapter(checkpoint), checkpoint.architecture)) {
    await writeFile(join(adapter, name), bytes);
  }
  const { learningRate, adamBeta1, adamBeta2, adamEpsilon, weightDecay, maxGradNorm } = TRAIN_CONFIG;
  const asked = {
    ...work,
    steps: STEPS,
    optimizer: { learningRate, betas: [adamBeta1, adamBeta2], adamEpsilon, weightDecay, maxGradNorm },
  };
  const model = await folderOf(checkpoint, folder, out);
  const input = JSON.stringify(asked);
  const found = await once(out, input, () => {
    const said = askPython([script, model, '--adapter', adapter, '--out', out], input);
    return checked(shape, parseJson(said, script, 'internal'), script, 'internal');
  });
  const file = await openSafetensors(nodeSource(out), 'gradients.safetensors');
  const gradients = new Map<string, Float32Array>();
  for (const name of file.tensors.keys()) gradients.set(name, await file.readFloat32(name));
  return { ...found, gradients };
}

/** Training and labelling ask the same. */
async function once<T>(out: string, input: string, ask: () => T): Promise<T> {
  const file = join(out, 'reference.json');
  if (existsSync(file)) {
    // Written by this very program.
    const kept = JSON.parse(await readFile(file, 'utf8')) as { readonly input: string; readonly found: T };
    if (kept.input === input) return kept.found;
  }
  const found = ask();
  await writeFile(file, JSON.stringify({ input, found }));
  return found;
}

/** @returns its standard output */
export function askPython(
  args: readonly string[],
  input: string,
  python: string = process.env.PYTHON ?? 'python3',
): string {
  const { stdout, stderr, status, error } = spawnSync(python, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) {
    throw new LabError('invalid-request', `${python} cannot be started (${error.message}).`, {
      remedy: 'Name a Python that has PyTorch, transformers and peft: PYTHON=/path/to/python sh run.sh.',
    });
  }
  if (status === 0) return stdout;
  const [last = ''] = stderr.trim().split('\n').slice(-1);
  const missing = /No module named '([^']+)'/.exec(last)?.[1];
  throw new LabError(
    'invalid-request',
    missing === undefined
      ? `${python} failed: ${last.replace(/[.\s]*$/, '.')}`
      : `${python} has no ${missing}.`,
    {
      remedy:
        missing === undefined
          ? 'It must have PyTorch for this GPU, transformers and peft: PYTHON=/path/to/python sh run.sh.'
          : 'Install it there (pip install torch transformers peft), or name another Python: PYTHON=/path/to/python sh run.sh.',
    },
  );
}
