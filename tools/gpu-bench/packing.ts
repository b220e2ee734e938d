/** @file What the packed GPU bench holds, and how it is packed: run.sh, node.xz and app.tar.xz. Only where Node runs on Linux x64. */
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, openSync, readdirSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../../src/core/errors.ts';
import { bundle } from './bundle.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The whole folder, so that it can be sent with whatever carries files. */
export const MOST_BYTES = 60_000_000;
/** Two, of different attention and norms; all of them would take hours on a software GPU. */
const FAMILIES = ['llama', 'gemma3'];
/** The loader for machines that have a driver and none; packed where this machine has one. */
const LOADER = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1';

export interface PackedPath {
  /** File or folder of this machine. */
  readonly from: string;
  /** Its place beside the unpacked node. */
  readonly to: string;
}

/** All that lies beside bench.mjs. */
export function packedPaths(root: string = ROOT): PackedPath[] {
  const paths = [
    // Where the webgpu package looks for it, from the bundle that it is in.
    ['node_modules/webgpu/dist/linux-x64/dawn.node', 'app/dist/linux-x64/dawn.node'],
    ['node_modules/webgpu/LICENSE.md', 'app/dist/linux-x64/LICENSE.md'],
    ['node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm', 'app/ort.wasm'],
    ['python/bench_native.py', 'app/python/bench_native.py'],
    ['python/bench_reference.py', 'app/python/bench_reference.py'],
    ['python/bootlace', 'app/python/bootlace'],
    ['LICENSE', 'app/LICENSE'],
    ...FAMILIES.map((family) => [`test/fixtures/golden/${family}`, `app/golden/${family}`] as const),
  ] as const;
  return [
    ...paths.map(([from, to]) => ({ from: join(root, from), to })),
    ...(existsSync(LOADER) ? [{ from: LOADER, to: 'lib/libvulkan.so.1' }] : []),
  ];
}

/** @throws LabError `invalid-request` naming the largest files */
export function checkSize(sizes: ReadonlyMap<string, number>, most = MOST_BYTES): number {
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes <= most) return bytes;
  const files = [...sizes].sort(([, a], [, b]) => b - a).map(([name, size]) => `${name} ${size}`);
  throw new LabError(
    'invalid-request',
    `The pack has ${bytes} bytes; ${most} are allowed: ${files.join(', ')}.`,
    {
      remedy: 'Pack with a smaller node, or leave something out of tools/gpu-bench/packing.ts.',
    },
  );
}

function runTool(tool: string, args: readonly string[], into?: string): void {
  const out = into === undefined ? null : openSync(into, 'w');
  const { status, stderr, error } = spawnSync(tool, args, {
    stdio: ['ignore', out ?? 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (out !== null) closeSync(out);
  if (status === 0) return;
  throw new LabError('invalid-request', `${tool} failed: ${error?.message ?? stderr.trim()}.`, {
    remedy: `Install ${tool}, and see that there is room for its output.`,
  });
}

/** Its symbols are a ninth of it; without the tool they stay. */
function strip(file: string): void {
  const { status } = spawnSync('strip', [file], { stdio: 'ignore' });
  if (status !== 0) process.stderr.write('strip is not here or failed: node keeps its symbols.\n');
}

async function sizesIn(folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of readdirSync(folder)) sizes.set(name, (await stat(join(folder, name))).size);
  return sizes;
}

/** Writes the folder. @returns the bytes of each of its files
 * @throws LabError `invalid-request` elsewhere than on Linux x64, for a folder that holds something, or beyond the size */
export async function pack(out: string): Promise<ReadonlyMap<string, number>> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new LabError(
      'invalid-request',
      `This Node is ${process.platform} ${process.arch}: the pack takes it along.`,
      {
        remedy: 'Pack on Linux x64.',
      },
    );
  }
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new LabError('invalid-request', `${out} holds files already.`, { remedy: 'Name a new folder.' });
  }
  await mkdir(out, { recursive: true });
  const staging = await mkdtemp(join(tmpdir(), 'gpu-bench-'));
  try {
    const node = join(staging, 'node');
    await copyFile(process.execPath, node);
    await chmod(node, 0o755);
    strip(node);
    const content = join(staging, 'content');
    await bundle(join(content, 'app'));
    for (const { from, to } of packedPaths()) {
      await mkdir(dirname(join(content, to)), { recursive: true });
      cpSync(from, join(content, to), {
        recursive: true,
        dereference: true,
        filter: (path) => basename(path) !== '__pycache__',
      });
    }
    const archive = join(staging, 'app.tar');
    runTool('tar', ['-cf', archive, '-C', content, ...readdirSync(content)]);
    runTool('xz', ['-T0', '-9e', '-c', node], join(out, 'node.xz'));
    runTool('xz', ['-T0', '-9e', '-c', archive], join(out, 'app.tar.xz'));
    await copyFile(join(ROOT, 'tools/gpu-bench/run.sh'), join(out, 'run.sh'));
    await chmod(join(out, 'run.sh'), 0o755);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  const sizes = await sizesIn(out);
  checkSize(sizes);
  return sizes;
}
