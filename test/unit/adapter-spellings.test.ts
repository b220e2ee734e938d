/** @file Every spelling of an adapter that the fixtures hold (python/adapters.py): what comes out, and the table of it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { format } from 'prettier';
import { beforeAll, describe, expect, test } from 'vitest';
import { worstRow } from '../../src/check/golden-rows.ts';
import { LabError } from '../../src/core/errors.ts';
import { array, count, flag, object, parse, text } from '../../src/core/shape.ts';
import { healthLine, healthOf } from '../../src/formats/adapter-health.ts';
import { openCheckpoint, type Checkpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { importAdapter, readAdapter } from '../../src/formats/peft.ts';
import { writeAdapter } from '../../src/formats/peft-writer.ts';
import { openSafetensors, type SafetensorsFile } from '../../src/formats/safetensors.ts';
import { adapterHash } from '../../src/lora/hash.ts';
import { createEngine, type OrtModel } from '../../src/runtimes/ort/engine.ts';
import { initBackend } from '../../src/runtimes/tfjs/backend.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { nodeSource } from '../../tools/node-source.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const shape = object({
  ids: array(count),
  cases: array(object({ name: text, what: text, peft: text, loads: flag })),
});
const { ids, cases } = parse(
  shape,
  JSON.parse(readFileSync(`${FIXTURES}adapters/cases.json`, 'utf8')),
  'cases.json',
  'source-unreadable',
);
const folder = (name: string) => nodeSource(`${FIXTURES}adapters/${name}`);

const BY_PEFT: Readonly<Record<string, string>> = {
  same: 'loads it',
  rounded: 'loads it, with the rounded embedding',
  without: 'leaves factors out, with a warning',
  loads: 'loads it',
  refuses: 'refuses it',
};

let base: Checkpoint;
let labels: OrtModel;
let learns: TrainableModel;
let wanted: SafetensorsFile;

beforeAll(async () => {
  base = await openCheckpoint(nodeSource(`${FIXTURES}golden/llama`));
  const engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
  labels = await engine.loadModel(base);
  await initBackend('cpu');
  learns = await TrainableModel.load(base);
  wanted = await openSafetensors(nodeSource(`${FIXTURES}adapters`), 'logits.safetensors');
});

describe('spellings of adapters', () => {
  const loads = cases.filter((one) => one.loads);

  test.each(loads)('$name: $what', async ({ name }) => {
    const { adapter } = await importAdapter(folder(name), base);
    const expected = [await wanted.readFloat32(name)];
    expect(worstRow(await labels.logits([ids], { adapter }), expected)).toBeLessThan(1e-4);
    expect(worstRow(await learns.logits(adapter, [ids]), expected)).toBeLessThan(1e-4);
    // Written again, plainly, it is the same adapter, and nothing is left to tell.
    const written = await importAdapter(memorySource(writeAdapter(adapter, base.architecture)), base);
    expect(adapterHash(written.adapter)).toBe(adapterHash(adapter));
    expect(written.notes).toEqual([]);
  });

  test('some lead to other logits than others, so that none passes for all', async () => {
    const plain = await wanted.readFloat32('plain');
    const apart = ['layers-to-transform', 'alpha-pattern', 'rank-pattern', 'rslora', 'exclude-list', 'head'];
    for (const name of apart) {
      expect(worstRow([await wanted.readFloat32(name)], [plain])).toBeGreaterThan(1e-2);
    }
  });

  test('training goes on with the ranks and scales that a module has', async () => {
    const adapter = await readAdapter(folder('rslora-patterns'), base);
    const examples = [{ promptIds: [3, 17], completionIds: [5, 42] }];
    const { loss, gradients } = await learns.lossAndGradients(adapter, examples);
    const step = 1e-3;
    for (const [module, { b }] of gradients) {
      const pair = adapter.pairs.get(module);
      const at = b.findIndex((value) => Math.abs(value) > 0.01);
      if (pair === undefined || at < 0) throw new Error(`${module} has no gradient`);
      const moved = new Map(adapter.pairs).set(module, {
        ...pair,
        b: pair.b.with(at, (pair.b[at] ?? 0) + step),
      });
      const after = await learns.lossAndGradients({ ...adapter, pairs: moved }, examples);
      expect((after.loss - loss) / step).toBeCloseTo(b[at] ?? NaN, 1);
    }
  });

  test('docs/ADAPTERS.md is the table of what comes out', async () => {
    const rows = await Promise.all(
      cases.map(async ({ name, what, peft, loads: isTaken }) => {
        const told = await outcome(name);
        expect(told.startsWith('loads'), `${name}: ${told}`).toBe(isTaken);
        return `| ${what} | ${BY_PEFT[peft] ?? ''} | ${told.replaceAll(/[|*]/g, '\\$&')} |`;
      }),
    );
    const whole = `# Adapters as people have them

What the lab makes of a PEFT adapter in each spelling, beside what PEFT 0.21 does with the same folder. The factors in the file
say what is adapted, \`adapter_config.json\` by how much; where the two differ, it is told. Made by
\`npx vitest run test/unit/adapter-spellings.test.ts -u\` from the fixtures of \`python/adapters.py\`: two layers, so plain is
4 of 4 modules.

| spelling | PEFT itself | here |
| --- | --- | --- |
${rows.join('\n')}
`;
    const options = { parser: 'markdown', printWidth: 110 } as const;
    await expect(await format(whole, options)).toMatchFileSnapshot('../../docs/ADAPTERS.md');
  });
});

async function outcome(name: string): Promise<string> {
  try {
    const { adapter, notes } = await importAdapter(folder(name), base);
    return ['loads', healthLine(healthOf(adapter, base.architecture.linears)), ...notes].join('. ');
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    const { code, what, remedy } = thrown;
    return `refused, ${code}: ${what} ${remedy}`;
  }
}
