/**
 * @file The values on the way: every family's agree with transformers' hidden states, and a weight that is wrong in one
 * runtime alone is found in its layer, in every layer and beside every kind of weight.
 */
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareLayers, hiddenStates } from '../../src/check/layers.ts';
import { probeRows } from '../../src/metrics/agreement.ts';
import type { WeightSource } from '../../src/models/architecture.ts';
import type { OrtEngine } from '../../src/runtimes/ort/engine.ts';
import { createEngine } from '../../src/runtimes/ort/engine.ts';
import { TrainableModel } from '../../src/runtimes/tfjs/model.ts';
import { initNodeBackend } from '../../tools/bench/training.ts';
import { FAMILIES, openGolden } from './folders.ts';

let engine: OrtEngine;
beforeAll(async () => {
  engine = await createEngine(ort, { backend: 'wasm', numThreads: 1 });
  await initNodeBackend('wasm');
});
afterAll(() => {
  engine.close();
});

/** The same weights but one, of which a third is a little larger: a norm behind it would take back what all share. */
const withFault = (source: WeightSource, faulty: string): WeightSource => ({
  architecture: source.architecture,
  readFloat32: async (name) => {
    const values = await source.readFloat32(name);
    return name === faulty ? values.map((value, i) => (i % 3 === 0 ? 1.2 * value : value)) : values;
  },
});

test.each(FAMILIES)('%s', async (family) => {
  const { checkpoint, golden } = await openGolden(family);
  const { architecture } = checkpoint;
  const { numLayers, layerPrefix, tensors } = architecture;
  const labels = await engine.loadModel(checkpoint, { isTapped: true });
  const right = await TrainableModel.load(checkpoint);
  const [ids = []] = probeRows([20], architecture);
  const theirs = await labels.activations(ids);
  const same = compareLayers('', 'wasm', await right.activations(null, ids), theirs);
  expect(same).toMatchObject({ parting: null, points: theirs.length });
  expect(theirs.length).toBeGreaterThan(5 * numLayers);

  for (const [row, sequence] of golden.batch.sequences.entries()) {
    for (const side of [await labels.activations(sequence), await right.activations(null, sequence)]) {
      const own = hiddenStates(side, numLayers);
      expect(own).toHaveLength(golden.hidden.length);
      const states = golden.hidden.map((rows, i) => ({ name: own[i]?.name ?? '', values: rows[row] ?? [] }));
      const floats = states.map(({ name, values }) => ({ name, values: Float32Array.from(values) }));
      expect(compareLayers('', 'wasm', own, floats).parting).toBeNull();
    }
  }
  right.dispose();

  // Also layers before it agree: what is named is where the fault is, not where it ends.
  const layer = numLayers - 1;
  const faults = tensors.map(({ name }) => name).filter((name) => name.startsWith(`${layerPrefix}${layer}.`));
  expect(faults.length).toBeGreaterThan(4);
  for (const name of [...faults.filter((fault) => fault.endsWith('.weight')), tensors[0]?.name ?? '']) {
    const wrong = await TrainableModel.load(withFault(checkpoint, name));
    const { parting } = compareLayers('', 'wasm', await wrong.activations(null, ids), theirs);
    wrong.dispose();
    const module = name.replace(/\.weight$/, '');
    expect(parting?.name, name).toMatch(faults.includes(name) ? `layer ${layer}, ` : /embedding/);
    expect(
      parting?.through.map((used) => used.replace(/\.weight$/, '')),
      name,
    ).toContain(module);
  }
  await labels.release();
});
