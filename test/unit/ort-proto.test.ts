/** @file The protobuf writer: bytes against the encoding guide, and a model that the runtime accepts. */
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { GraphWriter } from '../../src/runtimes/ort/graph-writer.ts';
import { encodeModel } from '../../src/runtimes/ort/onnx-proto.ts';

const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];

test('a model with one node, byte by byte', () => {
  const bytes = encodeModel({
    name: 'a graph',
    nodes: [{ opType: 'Elu', inputs: ['x'], outputs: ['y'], attributes: { k: { int: -1 } } }],
    initializers: [{ name: 'c', type: 'int64', dims: [300], data: { file: 'f', byteLength: 7 } }],
    inputs: [{ name: 'x', type: 'float32', dims: [2, 'n'] }],
    outputs: [],
    opsets: { '': 21 },
  });
  // k = -1 as ten bytes of varint; type INT.
  const attribute = [
    0x0a,
    ...text('k'),
    0x18,
    ...Array.from({ length: 9 }, () => 0xff),
    0x01,
    0xa0,
    0x01,
    0x02,
  ];
  const node = [
    ...[0x0a, ...text('x'), 0x12, ...text('y'), 0x1a, ...text('Elu:y'), 0x22, ...text('Elu')],
    ...[0x2a, attribute.length, ...attribute, 0x3a, 0x00],
  ];
  const entry = (key: string, value: string) => [0x0a, ...text(key), 0x12, ...text(value)];
  const entries = [entry('location', 'f'), entry('offset', '0'), entry('length', '7')];
  const initializer = [
    // 300 as a varint of two bytes; data_type INT64.
    ...[0x08, 0xac, 0x02, 0x10, 0x07, 0x42, ...text('c')],
    ...entries.flatMap((bytesOfEntry) => [0x6a, bytesOfEntry.length, ...bytesOfEntry]),
    ...[0x70, 0x01],
  ];
  const shape = [0x0a, 0x02, 0x08, 0x02, 0x0a, 0x03, 0x12, ...text('n')];
  const tensorType = [0x08, 0x01, 0x12, shape.length, ...shape];
  const type = [0x0a, tensorType.length, ...tensorType];
  const input = [0x0a, ...text('x'), 0x12, type.length, ...type];
  const graph = [
    ...[0x0a, node.length, ...node, 0x12, ...text('a graph'), 0x2a, initializer.length, ...initializer],
    ...[0x5a, input.length, ...input],
  ];
  expect([...bytes]).toEqual([
    ...[0x08, 0x0a, 0x12, ...text('bootlace')],
    ...[0x3a, graph.length, ...graph],
    ...[0x42, 0x04, 0x0a, 0x00, 0x10, 0x15],
  ]);
});

test('onnxruntime runs what the writer wrote, with constants inside and mounted', async () => {
  const graph = new GraphWriter('float32');
  graph.input('x', 'float32', ['rows', 2]);
  const scaled = graph.node('Mul', ['x', graph.mounted('scale', [2])]);
  const shifted = graph.node('Add', [scaled, graph.floats('shift', [1], Float32Array.of(0.5))]);
  graph.nodeTo(['y'], 'LeakyRelu', [shifted], { attributes: { alpha: { float: 0.25 } } });
  graph.nodeTo(['z'], 'Transpose', ['y'], { attributes: { perm: { ints: [1, 0] } } });
  graph.output('z', 'float32', [2, 'rows']);
  const session = await ort.InferenceSession.create(graph.finish('small'), {
    executionProviders: ['wasm'],
    externalData: [{ path: 'scale', data: new Uint8Array(Float32Array.of(2, -2).buffer) }],
  });
  const x = new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
  const { z } = await session.run({ x });
  expect(z?.data).toEqual(Float32Array.of(2.5, 6.5, -0.875, -1.875));
  expect(z?.dims).toEqual([2, 2]);
  await session.release();
});
