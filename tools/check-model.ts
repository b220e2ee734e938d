/**
 * @file npm run --silent check-model -- DIR [--adapter DIR] [--golden DIR] [--reference FILE]
 * [--backend wasm|cpu|webgpu] [--prompt TEXT --max-new-tokens N] [--layers] [--json]: loads a Hub-layout folder in both runtimes and says whether they agree.
 * Exit 0: all within tolerance; 1: a check failed; else the fault's kind (command-line.ts).
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { CheckReport, CheckRequest } from '../src/check/run.ts';
import type { BackendName } from '../src/words/engine.ts';
import { LabError } from '../src/core/errors.ts';
import { parseCommandLine, runCommand, wholeNumber } from './command-line.ts';
import { reportLines } from './check-model/report.ts';

const USAGE =
  'Usage: npm run --silent check-model -- DIR [--adapter DIR] [--golden DIR] [--reference FILE] [--backend wasm|cpu|webgpu] ' +
  '[--prompt TEXT --max-new-tokens N] [--layers] [--json]\n' +
  '--reference compares greedy answers and logits with those that python/greedy.py wrote.\n' +
  '--layers names the first value on the way through the layers where the two runtimes part, or one of them and the golden ' +
  'folder; on wasm and cpu, of random tokens or of --prompt.';

interface Command {
  readonly backend: BackendName;
  readonly request: CheckRequest;
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
  const { backend, golden } = values;
  if (!isBackend(backend)) {
    throw new LabError('invalid-request', `--backend must be wasm, cpu or webgpu, got "${backend}".`);
  }
  if (values.layers && backend === 'webgpu') {
    throw new LabError('invalid-request', '--layers does not go with --backend webgpu.', {
      remedy: 'Take --backend wasm or cpu.',
    });
  }
  const goldenFolder = golden === undefined ? undefined : folder(golden, 'The golden folder');
  const request: CheckRequest = {
    model: folder(model, 'The model'),
    layers: values.layers,
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
  return { backend, request };
}

/** The lora_* folders inside a golden folder; none at all is bad input, not a check that passes. */
function adapterFolders(golden: string): string[] {
  const names = readdirSync(golden)
    .filter((name) => name.startsWith('lora_') && existsSync(join(golden, name, 'golden.json')))
    .sort();
  if (names.length > 0) return names;
  throw new LabError('source-unreadable', `${golden} holds no lora_* folder with a golden.json.`);
}

/** The runtimes are loaded only where they run: bad input is told at once. */
async function run({ backend, request }: Command): Promise<CheckReport> {
  if (backend === 'webgpu') {
    const { checkInBrowser } = await import('./check-model/browser.ts');
    return checkInBrowser(request);
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
    const report = await run(parseCommand(process.argv.slice(2)));
    process.stdout.write(isJson ? `${JSON.stringify(report)}\n` : `${reportLines(report).join('\n')}\n`);
    return report.ok ? 0 : 1;
  },
  isJson ? tellJson : undefined,
);
