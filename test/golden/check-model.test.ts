/** @file check-model's own promise: every quantity of the golden folders within tolerance, and wrong ones noticed. */
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { CheckEnvironment, CheckReport, CheckRequest } from '../../src/check/run.ts';
import { runChecks } from '../../src/check/run.ts';
import type { FileSource } from '../../src/formats/file-source.ts';
import { nodeEnvironment } from '../../tools/check-model/node.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { adaptersOf, FAMILIES, folderOf } from './folders.ts';

const request = (family: string, adapters: readonly string[] = adaptersOf(family)): CheckRequest => ({
  model: folderOf(family),
  golden: { folder: folderOf(family), adapters },
  skipSpeed: true,
});

const failures = ({ checks }: CheckReport) =>
  checks.filter(({ ok }) => !ok).map(({ runtime, name, value }) => `${runtime} ${name}: ${value}`);

/** The environment with one file of every folder changed on the way. */
function tampered(
  environment: CheckEnvironment,
  file: string,
  change: (text: string) => string,
): CheckEnvironment {
  return {
    ...environment,
    source: (path): FileSource => {
      const source = nodeSource(path);
      const bytes = () => new TextEncoder().encode(change(readFileSync(`${path}/${file}`, 'utf8')));
      return {
        ...source,
        size: async (name) => (name === file ? bytes().length : source.size(name)),
        read: async (name, begin, end) =>
          name === file ? bytes().slice(begin, end) : source.read(name, begin, end),
      };
    },
  };
}

describe.each(['wasm', 'cpu'] as const)('on %s', (backend) => {
  test.each(FAMILIES)('%s: every quantity in both runtimes', async (family) => {
    const report = await runChecks(await nodeEnvironment(backend), request(family));
    expect(failures(report)).toEqual([]);
    // Both runtimes, base and all adapters, every gradient: no quantity may quietly be left out.
    const gradients = report.checks.filter(({ name }) => name.includes('gradient of')).length;
    expect(gradients).toBe(
      report.checks.filter(({ name }) => /after the steps: .*lora_[AB]$/.test(name)).length,
    );
    expect(gradients).toBeGreaterThan(0);
    for (const runtime of ['ort', 'tfjs']) {
      const adapters = adaptersOf(family).map((adapter) => `${adapter}: logits`);
      for (const name of ['logits', 'lora_all: token log-probs', ...adapters]) {
        expect(report.checks.some((row) => row.runtime === runtime && row.name === name)).toBe(true);
      }
    }
    expect(report.ok).toBe(true);
  });
});

describe('what is wrong is noticed', () => {
  test('a golden that says something else fails the rows that depend on it, and only those', async () => {
    const environment = await nodeEnvironment('wasm');
    const wrong = tampered(environment, 'golden.json', (text) =>
      text.replace(/"token_logprobs": \[\s*\[\s*-\d\./, (start) => start.replace(/\d\.$/, '9.')),
    );
    const report = await runChecks(wrong, request('qwen2', ['lora_qv']));
    expect(report.ok).toBe(false);
    expect(failures(report).length).toBeGreaterThan(0);
    for (const failure of failures(report)) expect(failure).toMatch(/token log-probs/);
  });

  test('goldens that hold nothing to compare are bad input, not a pass', async () => {
    const environment = await nodeEnvironment('wasm');
    const run = (pattern: RegExp, text: string) =>
      runChecks(
        tampered(environment, 'golden.json', (json) => json.replace(pattern, text)),
        request('qwen2', ['lora_qv']),
      );
    const sequences = /"sequences": \[[^"]*\]/;
    await expect(run(sequences, '"sequences": []')).rejects.toThrow(
      /batch.sequences must be a list that is not/,
    );
    await expect(run(sequences, '"sequences": [[]]')).rejects.toThrow(
      /sequences\[0\] must be a list that is not/,
    );
    await expect(run(/"new_tokens": \[[^"]*\]/, '"new_tokens": [[1]]')).rejects.toThrow(
      /new_tokens must be a list of/,
    );
    await expect(run(/"mean_nll": \[[^"]*\]/, '"mean_nll": []')).rejects.toThrow(
      /mean_nll must be a list that/,
    );
    await expect(runChecks(environment, request('qwen2', []))).rejects.toThrow(/no adapter with goldens/);
  });
});

describe('the command', () => {
  const command = (...args: string[]) => {
    const tool = fileURLToPath(new URL('../../tools/check-model.ts', import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', tool, ...args], {
      encoding: 'utf8',
    });
    const answer: unknown = JSON.parse(stdout);
    return { status, answer };
  };

  test.each([
    [['/nowhere', '--json'], 'source-unreadable', '/nowhere'],
    [['--json'], 'invalid-request', 'One folder is expected'],
    [[folderOf('llama'), '--adapter', `${folderOf('gpt2')}/lora_qv`, '--json'], 'adapter-mismatch', 'c_attn'],
    [[folderOf('llama'), '--prompt', 'hello', '--json'], 'tokenizer-integrity', 'tokenizer.json'],
  ] as const)('bad input %j: exit 2 and %s', (args, code, words) => {
    const { status, answer } = command(...args);
    expect(answer).toMatchObject({ ok: false, error: { code } });
    expect(JSON.stringify(answer)).toContain(words);
    expect(status).toBe(2);
  });

  test('a folder with tokenizer: the greedy continuation, new tokens only', () => {
    const tiny = fileURLToPath(new URL('../fixtures/models/tiny', import.meta.url));
    const { status, answer } = command(tiny, '--prompt', 'The', '--max-new-tokens', '5', '--json');
    expect(status).toBe(0);
    expect(answer).toMatchObject({ ok: true, continuation: { text: expect.any(String) as string } });
    const { continuation } = JSON.parse(JSON.stringify(answer)) as CheckReport;
    expect(continuation?.ids).toHaveLength(5);
  });

  test('a folder without tokenizer: exit 0 and one object', () => {
    const { status, answer } = command(folderOf('smollm2'), '--json');
    expect(answer).toMatchObject({ ok: true, architecture: 'llama', parameters: 53600 });
    expect(status).toBe(0);
  });
});
