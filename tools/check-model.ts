/**
 * @file npm run --silent check-model -- DIR [--adapter DIR] [--golden DIR] [--reference FILE]
 * [--backend wasm|cpu|webgpu] [--prompt TEXT --max-new-tokens N] [--layers] [--browser] [--tokens N]
 * [--weights float32|float16|q8|q4] [--json]: loads a Hub-layout folder in both runtimes and says whether they agree.
 * Exit 0: all within tolerance; 1: a check failed; else the fault's kind (command-line.ts).
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { CheckReport, CheckRequest } from '../src/check/run.ts';
import type { BackendName } from '../src/words/engine.ts';
import { LabError } from '../src/core/errors.ts';
import { checked } from '../src/core/shape.ts';
import { weightType } from '../src/core/weights.ts';
import { readJson } from '../src/formats/json.ts';
import { architectureFromConfig } from '../src/models/families.ts';
import { widestThatFits } from '../src/core/memory-need.ts';
import { needsOf } from '../src/models/memory.ts';
import { nodeSource } from './node-source.ts';
import { parseCommandLine, runCommand, wholeNumber } from './command-line.ts';
import { reportLines } from './check-model/report.ts';

const USAGE =
  'Usage: npm run --silent check-model -- DIR [--adapter DIR] [--golden DIR] [--reference FILE] [--backend wasm|cpu|webgpu] ' +
  '[--prompt TEXT --max-new-tokens N] [--layers] [--browser] [--tokens N] ' +
  '[--weights float32|float16|q8|q4] [--json]\n' +
  '--browser computes wasm in a headless Chromium, with the threads that the page has; WebGPU always does.\n' +
  '--fit tells from config.json alone what the model needs in memory and whether this machine has it.\n' +
  'Speed and memory are measured with 8 rows of --tokens tokens (48 if left out).\n' +
  '--reference compares greedy answers and logits with those that python/greedy.py wrote.\n' +
  '--layers names the first value on the way through the layers where the two runtimes part, or one of them and the golden ' +
  'folder; on wasm and cpu, of random tokens or of --prompt.';

interface Command {
  readonly backend: BackendName;
  readonly request: CheckRequest;
  /** In a headless Chromium. */
  readonly inBrowser: boolean;
}

const isBackend = (name: string): name is BackendName => ['wasm', 'cpu', 'webgpu'].includes(name);

/** npm runs scripts in the project's folder; paths are meant from where the person stands. */
const STANDING = process.env.INIT_CWD ?? process.cwd();

function folder(path: string, what: string): string {
  const whole = resolve(STANDING, path);
  if (existsSync(whole) && statSync(whole).isDirectory()) return whole;
  throw new LabError('source-unreadable', `${what} "${path}" is no folder.`);
}

function fileIn(path: string): NonNullable<CheckRequest['reference']> {
  const whole = resolve(STANDING, path);
  return { folder: folder(dirname(whole), 'The folder of the reference'), file: basename(whole) };
}

const OPTIONS = {
  adapter: { type: 'string' },
  golden: { type: 'string' },
  reference: { type: 'string' },
  backend: { type: 'string', default: 'wasm' },
  prompt: { type: 'string' },
  'max-new-tokens': { type: 'string', default: '32' },
  layers: { type: 'boolean', default: false },
  browser: { type: 'boolean', default: false },
  tokens: { type: 'string', default: '48' },
  weights: { type: 'string' },
  fit: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parseCommandLine(argv, OPTIONS, USAGE);
  const [model, ...rest] = positionals;
  if (model === undefined || rest.length > 0) {
    throw new LabError('invalid-request', `One folder is expected, got ${positionals.length}.`, {
      remedy: USAGE,
    });
  }
  const { backend, golden, weights } = values;
  if (weights !== undefined && golden !== undefined) {
    throw new LabError('invalid-request', '--weights does not go with --golden.', {
      remedy: 'A golden folder is of the weights as they are stored.',
    });
  }
  if (!isBackend(backend)) {
    throw new LabError('invalid-request', `--backend must be wasm, cpu or webgpu, got "${backend}".`);
  }
  const inBrowser = values.browser || backend === 'webgpu';
  if (values.layers && inBrowser) {
    const what = values.browser ? '--browser' : '--backend webgpu';
    throw new LabError('invalid-request', `--layers does not go with ${what}.`, {
      remedy: 'Take --backend wasm or cpu alone.',
    });
  }
  const goldenFolder = golden === undefined ? undefined : folder(golden, 'The golden folder');
  const request: CheckRequest = {
    model: folder(model, 'The model'),
    layers: values.layers,
    tokens: wholeNumber('tokens', values.tokens),
    ...(weights === undefined
      ? {}
      : { weights: checked(weightType, weights, '--weights', 'invalid-request') }),
    ...(values.adapter === undefined ? {} : { adapter: folder(values.adapter, 'The adapter') }),
    ...(goldenFolder === undefined
      ? {}
      : { golden: { folder: goldenFolder, adapters: adapterFolders(goldenFolder) } }),
    ...(values.reference === undefined ? {} : { reference: fileIn(values.reference) }),
    ...(values.prompt === undefined
      ? {}
      : {
          prompt: {
            text: values.prompt,
            maxNewTokens: wholeNumber('max-new-tokens', values['max-new-tokens']),
          },
        }),
  };
  return { backend, request, inBrowser };
}

/** The lora_* folders inside a golden folder; none at all is bad input, not a check that passes. */
function adapterFolders(golden: string): string[] {
  const names = readdirSync(golden)
    .filter((name) => name.startsWith('lora_') && existsSync(join(golden, name, 'golden.json')))
    .sort();
  if (names.length > 0) return names;
  throw new LabError('source-unreadable', `${golden} holds no lora_* folder with a golden.json.`);
}

/** From config.json alone: what the model needs in each type, and whether this machine has it. */
async function fitLines(model: string): Promise<string[]> {
  const architecture = architectureFromConfig(await readJson(nodeSource(model), 'config.json'));
  const device = { bytes: totalmem(), isLeast: false, isWasm: true };
  const needs = needsOf(architecture, device.bytes);
  const fits = widestThatFits(needs, device);
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`.padStart(10);
  return [
    'estimated           labelling   training',
    ...needs.map(
      ({ weights, labelling, training }) =>
        `${weights.padEnd(16)} ${mebibytes(labelling)} ${mebibytes(training)}`,
    ),
    `this machine: ${mebibytes(totalmem()).trim()}`,
    fits === null ? 'It does not fit in any type.' : `It fits${fits === 'float32' ? '' : ` in ${fits}`}.`,
  ];
}

/** The runtimes are loaded only where they run: bad input is told at once. */
async function run({ backend, request, inBrowser }: Command): Promise<CheckReport> {
  if (inBrowser || backend === 'webgpu') {
    const { checkInBrowser } = await import('./check-model/browser.ts');
    return checkInBrowser(request, backend);
  }
  const { runChecks } = await import('../src/check/run.ts');
  const { nodeEnvironment } = await import('./check-model/node.ts');
  return runChecks(await nodeEnvironment(backend), request);
}

const isJson = process.argv.includes('--json');
const tellJson = ({ code, message }: LabError): void => {
  process.stdout.write(`${JSON.stringify({ ok: false, error: { code, message } })}\n`);
};
await runCommand(
  async () => {
    if (process.argv.includes('--help')) {
      process.stdout.write(`${USAGE}\n`);
      return 0;
    }
    if (process.argv.includes('--fit')) {
      process.stdout.write(
        `${(await fitLines(parseCommand(process.argv.slice(2)).request.model)).join('\n')}\n`,
      );
      return 0;
    }
    const report = await run(parseCommand(process.argv.slice(2)));
    process.stdout.write(isJson ? `${JSON.stringify(report)}\n` : `${reportLines(report).join('\n')}\n`);
    return report.ok ? 0 : 1;
  },
  isJson ? tellJson : undefined,
);
