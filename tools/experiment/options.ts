/** @file The command line of npm run experiment. */
import { basename, extname, join, resolve } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import { EXIT_HELP, parseCommandLine } from '../command-line.ts';
import type { Backend } from './lab-page.ts';

export const USAGE = `Usage: npm run experiment -- FILE.json [options]
  --out DIR          where everything is written; out/FILE if left out
  --resume           go on with what DIR holds
  --seeds 1,2,3      these seeds in place of the file's
  --tasks a,b        these tasks in place of the file's
  --backend NAME     auto (a GPU where there is one), webgpu or wasm
  --allow-software   take a software WebGPU adapter: right numbers, no speed
  --no-reuse         compute everything anew, also what another arm has computed: the same bytes, later
  --headed           with the browser's window
  --help             this text
Exit code 0: all done; 1: some runs failed.
${EXIT_HELP}`;

export interface Options {
  /** Absolute. */
  readonly file: string;
  /** Absolute. */
  readonly out: string;
  readonly isResumed: boolean;
  readonly seeds?: readonly number[];
  readonly tasks?: readonly string[];
  readonly backend: Backend;
  readonly allowSoftware: boolean;
  readonly isHeaded: boolean;
  readonly reuses: boolean;
}

const isBackend = (name: string): name is Backend => ['auto', 'webgpu', 'wasm'].includes(name);
const refused = (what: string): LabError => new LabError('invalid-request', what, { remedy: `\n${USAGE}` });

const OPTIONS = {
  out: { type: 'string' },
  resume: { type: 'boolean', default: false },
  seeds: { type: 'string' },
  tasks: { type: 'string' },
  backend: { type: 'string', default: 'auto' },
  'allow-software': { type: 'boolean', default: false },
  'no-reuse': { type: 'boolean', default: false },
  headed: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const split = (list: string): string[] => list.split(',').map((item) => item.trim());

/** @param standing the folder that paths are meant from
 * @returns 'help' where help is asked for
 * @throws LabError `invalid-request` */
export function parseOptions(argv: readonly string[], standing: string): Options | 'help' {
  const { values, positionals } = parseCommandLine(argv, OPTIONS, `\n${USAGE}`);
  if (values.help) return 'help';
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) {
    throw refused(`One experiment file is expected, got ${positionals.length}.`);
  }
  if (!isBackend(values.backend)) {
    throw refused(`--backend must be auto, webgpu or wasm, got "${values.backend}".`);
  }
  const { seeds, tasks, out } = values;
  // Number() would take an empty place in the list for 0.
  const seedOf = (word: string): number => (/^\d+$/.test(word) ? Number(word) : NaN);
  const numbers = seeds === undefined ? undefined : split(seeds).map(seedOf);
  if (numbers?.some((seed) => !Number.isSafeInteger(seed)) === true) {
    throw refused(`--seeds must be whole numbers from 0, separated by commas, got "${seeds ?? ''}".`);
  }
  return {
    file: resolve(standing, file),
    out: resolve(standing, out ?? join('out', basename(file, extname(file)))),
    isResumed: values.resume,
    ...(numbers === undefined ? {} : { seeds: numbers }),
    ...(tasks === undefined ? {} : { tasks: split(tasks) }),
    ...{ backend: values.backend, allowSoftware: values['allow-software'], isHeaded: values.headed },
    reuses: !values['no-reuse'],
  };
}

/** What to type to go on. */
export function resumeCommand(argv: readonly string[]): string {
  const quoted = argv.map((word) =>
    /^[\w./,:=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  return ['npm run experiment --', ...quoted, ...(argv.includes('--resume') ? [] : ['--resume'])].join(' ');
}
