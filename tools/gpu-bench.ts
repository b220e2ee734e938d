/**
 * @file npm run gpu-bench -- pack OUT: one folder that a Linux x64 machine with a GPU, without Node, npm or a browser, runs with
 * OUT/run.sh (docs/GPU-BENCH.md).
 */
import { resolve } from 'node:path';
import { LabError } from '../src/core/errors.ts';
import { parseCommandLine, runCommand } from './command-line.ts';
import { pack } from './gpu-bench/packing.ts';

const USAGE = 'Usage: npm run gpu-bench -- pack OUT';

await runCommand(async () => {
  const { positionals } = parseCommandLine(process.argv.slice(2), {}, USAGE);
  const [what, out, ...rest] = positionals;
  if (what !== 'pack' || out === undefined || rest.length > 0) {
    throw new LabError('invalid-request', 'gpu-bench takes pack and one folder.', { remedy: USAGE });
  }
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), out);
  const sizes = await pack(folder);
  for (const [name, bytes] of sizes)
    process.stdout.write(`${(bytes / 1e6).toFixed(1).padStart(6)} MB  ${name}\n`);
  process.stdout.write(`Copy ${folder} to the machine and run: sh run.sh\n`);
  return 0;
});
