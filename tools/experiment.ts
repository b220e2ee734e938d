/**
 * @file npm run experiment -- FILE.json [--out DIR] [--resume] ...: unattended work. Drives the app's own workers in a
 * headless Chromium; everything that happened is on the disk and can be gone on with (tools/experiment/). Exit 0: all
 * done; 1: some runs failed; else the fault's kind (command-line.ts).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { restricted } from '../src/words/experiment.ts';
import type { ErrorCode, LabError } from '../src/core/errors.ts';
import { runCommand } from './command-line.ts';
import { ComputedFiles } from './experiment/computed.ts';
import { conduct } from './experiment/conduct.ts';
import { readExperiment, readInputs } from './experiment/inputs.ts';
import type { Options } from './experiment/options.ts';
import { USAGE, parseOptions, resumeCommand } from './experiment/options.ts';
import { streamReporter } from './experiment/report.ts';

/** npm runs scripts in the project's folder; paths are meant from where the person stands. */
const STANDING = process.env.INIT_CWD ?? process.cwd();
const argv = process.argv.slice(2);

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const { file, seeds, tasks, out, isResumed, backend, allowSoftware, isHeaded, reuses } = options;
  const experiment = restricted(await readExperiment(file), {
    ...(seeds === undefined ? {} : { seeds }),
    ...(tasks === undefined ? {} : { tasks }),
  });
  const inputs = await readInputs(experiment, { file, standing: STANDING });
  const report = streamReporter(process.stdout);
  for (const text of [experiment.title, experiment.question]) if (text !== '') report.line(text);
  // Bad input is told before anything is built.
  const { builtSite } = await import('./experiment/site.ts');
  const { chromiumLab } = await import('./experiment/chromium-lab.ts');
  const site = await builtSite();
  const computed = new ComputedFiles(out);
  const { modelFolder: model, checkpoint } = inputs;
  const { weights } = checkpoint;
  const openLab = chromiumLab({
    ...{ site, model, weights, backend, allowSoftware, isHeaded },
    computed: reuses ? computed : null,
  });
  const failed = await conduct({ inputs, folder: out, isResumed, openLab, signal, report, reuses });
  report.line(`\nWritten to ${out}.`);
  return failed;
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stop.abort();
  });
}
/** Faults after which the same command with --resume goes on, once their cause is gone. */
const RESUMABLE: readonly ErrorCode[] = ['worker-died', 'device-lost', 'storage-full', 'storage-unavailable'];
/** What tells that there is something to go on with. */
let begun: string | null = null;
function tell({ code, message }: LabError): void {
  const again = `To go on: ${resumeCommand(argv)}\n`;
  const isStopped = code === 'cancelled';
  process.stderr.write(isStopped ? `\nStopped; what was done is kept. ${again}` : `\n${code}: ${message}\n`);
  const isBegun = begun !== null && existsSync(begun);
  if (RESUMABLE.includes(code) && isBegun) process.stderr.write(again);
}

await runCommand(async () => {
  const options = parseOptions(argv, STANDING);
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  begun = join(options.out, 'run.json');
  return (await run(options, stop.signal)) === 0 ? 0 : 1;
}, tell);
