/**
 * @file npm run bench -- engine | training [--backend wasm|webgpu] | speed-line | once | memory | estimates FILE | page | shapes |
 * import | native DIR | gemms DIR | types FILE [--out DIR] | quick-looks [--seeds N] [--out DIR] [--read]: prints JSON. Figures are medians, ratios are of runs
 * that took turns; software WebGPU is marked as such and its times say nothing.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { benchEstimates } from './bench/estimates.ts';
import { benchFlatMemory } from './bench/flat-memory.ts';
import { benchGemms } from './bench/gemms.ts';
import { benchImport } from './bench/importing.ts';
import { benchLabelling } from './bench/labelling.ts';
import { benchNative } from './bench/native.ts';
import { benchOnce } from './bench/once.ts';
import { benchQuickLooks } from './bench/quick-looks.ts';
import { benchPage } from './bench/page.ts';
import { benchShapes } from './bench/shapes.ts';
import { benchSpeedLine } from './bench/speed-line.ts';
import { benchTraining } from './bench/training.ts';
import { benchTypes } from './bench/types.ts';
import { findChromium } from './chromium.ts';
import { nodeGpu, softwareGpuEnvironment } from './node-gpu.ts';

const USAGE =
  'Usage: npm run bench -- engine | training [--backend wasm|webgpu] | speed-line | once | memory | estimates FILE | page | shapes | import | native DIR | gemms DIR | types FILE [--out DIR] | quick-looks [--seeds N] [--out DIR] [--read]';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    out: { type: 'string' },
    read: { type: 'boolean', default: false },
  },
});

function chosenBackend(): 'wasm' | 'webgpu' {
  const { backend = 'wasm' } = values;
  if (backend === 'wasm' || backend === 'webgpu') return backend;
  throw new Error(USAGE);
}

/** The training bench on WebGPU in a process of its own: its driver is chosen when a process starts. */
function webgpuDispatches(): unknown {
  const args = ['--silent', 'run', 'bench', '--', 'training', '--backend', 'webgpu'];
  const { stdout, status } = spawnSync('npm', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  return status === 0 ? JSON.parse(stdout) : 'There is no WebGPU in Node on this machine.';
}

function quickLooks(): Promise<unknown> {
  const { seeds, out = 'out/quick-looks', read } = values;
  if (!/^[1-9]\d{0,3}$/.test(seeds)) throw new Error(USAGE);
  return benchQuickLooks({ seeds: Number(seeds), out, isRead: read });
}

async function run(): Promise<unknown> {
  const [what, folder] = positionals;
  if (what === 'training') return benchTraining(chosenBackend());
  if (what === 'speed-line') return benchSpeedLine();
  if (what === 'once') return benchOnce();
  if (what === 'memory') return benchFlatMemory();
  if (what === 'estimates' && folder !== undefined) return benchEstimates(folder);
  if (what === 'page') return benchPage();
  if (what === 'shapes') return benchShapes();
  if (what === 'import') return benchImport();
  if (what === 'quick-looks') return quickLooks();
  if (what === 'native') return benchNative(folder);
  if (what === 'types' && folder !== undefined) return benchTypes(folder, values.out ?? 'out/types');
  if (what === 'gemms') return benchGemms(folder);
  if (what !== 'engine') throw new Error(USAGE);
  const labelling = await benchLabelling();
  return { labelling, training: await benchTraining('wasm'), gpu: webgpuDispatches() };
}

/**
 * Where the machine has no GPU driver, the command runs again with Chromium's Vulkan loader and SwiftShader in its
 * environment: both are read when a process starts.
 */
async function runAgainInSoftware(): Promise<void> {
  if (chosenBackend() !== 'webgpu' || process.env.VK_ICD_FILENAMES !== undefined) return;
  if ((await nodeGpu()) !== undefined) return;
  const environment = softwareGpuEnvironment(findChromium());
  if (environment.VK_ICD_FILENAMES === undefined) return;
  process.stderr.write('No GPU here: SwiftShader computes. Its counts are right, its times say nothing.\n');
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  process.exit(status ?? 1);
}

await runAgainInSoftware();
process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
// Dawn keeps the event loop alive.
process.exit(0);
