/**
 * @file The lab beside PyTorch, transformers and peft on the same work, in float32 on the processor: prompts read, new tokens,
 * LoRA training (src/check/speed.ts, python/bench_native.py), turn and turn about. The lab computes as its page does: in workers of
 * a headless Chromium, with the page's threads.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { speedWork } from '../../src/check/speed.ts';
import { LabError } from '../../src/core/errors.ts';
import { median } from '../../src/core/median.ts';
import type { Infer } from '../../src/core/shape.ts';
import { checked, finite, object, recordOf, text } from '../../src/core/shape.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { checkInBrowser } from '../check-model/browser.ts';
import { nodeSource } from '../node-source.ts';
import { parseJson } from '../read-json.ts';

const SCRIPT = join(fileURLToPath(new URL('../../', import.meta.url)), 'python/bench_native.py');
const ROUNDS = 3;

const nativeSpeed = object({
  prefillTokensPerSecond: finite,
  decodeTokensPerSecond: finite,
  trainTokensPerSecond: finite,
});
/** What the script prints; a speed by number of threads. */
const nativeShape = object({ torch: text, transformers: text, byThreads: recordOf(nativeSpeed) });
type Native = Infer<typeof nativeShape>;
/** Tokens per second, of the lab or of PyTorch. */
type Rates = Infer<typeof nativeSpeed>;

export interface NativeBench {
  readonly model: string;
  readonly lab: Rates;
  /** Or why there is none. */
  readonly native: Native | string;
  /** How many times faster PyTorch is, at its best number of threads. */
  readonly nativeOverLab?: Rates;
}

const ratesOf = (one: (kind: keyof Rates) => number): Rates => ({
  prefillTokensPerSecond: one('prefillTokensPerSecond'),
  decodeTokensPerSecond: one('decodeTokensPerSecond'),
  trainTokensPerSecond: one('trainTokensPerSecond'),
});

/** @returns what it says, or why it does not run. */
function native(folder: string, work: string): Native | string {
  const python = process.env.PYTHON ?? 'python3';
  const { stdout, stderr, status, error } = spawnSync(python, [SCRIPT, folder], {
    input: work,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error !== undefined)
    return `${python} cannot be started (${error.message}): PYTHON= names one that can.`;
  if (status === 0) return checked(nativeShape, parseJson(stdout, SCRIPT, 'internal'), SCRIPT, 'internal');
  const [last = ''] = stderr.trim().split('\n').slice(-1);
  return `${python} has no PyTorch, transformers and peft, or they failed: ${last} (pip install ./python brings them.)`;
}

/** @throws LabError as check-model */
export async function benchNative(path: string | undefined): Promise<NativeBench> {
  if (path === undefined) {
    throw new LabError('invalid-request', 'bench -- native takes the folder of a model.', {
      remedy: 'Write npm run bench -- native public/models/nano.',
    });
  }
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), path);
  const { architecture } = await openCheckpoint(nodeSource(folder));
  const work = JSON.stringify(speedWork(architecture));
  const labs: Rates[] = [];
  const natives: Native[] = [];
  let why = '';
  for (let round = 0; round < ROUNDS; round++) {
    const { speed } = await checkInBrowser({ model: folder }, 'wasm');
    if (speed === undefined) throw new LabError('internal', 'check-model measured no speed.');
    labs.push(speed);
    const other = native(folder, work);
    if (typeof other === 'string') why = other;
    else natives.push(other);
  }
  const lab = ratesOf((kind) => median(labs.map((one) => one[kind])));
  const [first] = natives;
  if (first === undefined || natives.length < ROUNDS) return { model: path, lab, native: why };
  const byThreads = Object.fromEntries(
    Object.keys(first.byThreads).map((threads) => [
      threads,
      ratesOf((kind) => median(natives.map((one) => one.byThreads[threads]?.[kind] ?? NaN))),
    ]),
  );
  const best = ratesOf((kind) => Math.max(...Object.values(byThreads).map((one) => one[kind])));
  return {
    model: path,
    lab,
    native: { ...first, byThreads },
    nativeOverLab: ratesOf((kind) => best[kind] / lab[kind]),
  };
}
