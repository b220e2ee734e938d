/**
 * @file The linear layer with LoRA on wasm. XNNPACK multiplies a (m, k) left by a (k, n) right operand and keeps the packed
 * right one as long as its tensor lives. A small model's weights are kept so, in both layouts; a larger one's are held
 * once, and brought into a form that XNNPACK takes for the length of a call, like LoRA's factors.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { LabError } from '../../../core/errors.ts';
import { BLOCK } from '../../../models/held.ts';
import { unpack } from './held.ts';
import type { KernelCall, Values, WasmTools } from './kernel.ts';
import { addBiasAndResidual, dropped } from './linear-reference.ts';
import { copyColumns, transposeInto } from './transpose.ts';

/** A factor of the flat vector as a tensor of its own, scaled: (rows, columns) as it stands, or transposed. */
function factor(
  tools: WasmTools,
  lora: TensorInfo,
  offset: number,
  [rows, columns]: readonly [number, number],
  { transposed = false, scale = 1 } = {},
): TensorInfo {
  const info = tools.allocate(transposed ? [columns, rows] : [rows, columns]);
  const out = tools.values(info);
  const flat = tools.values(lora);
  if (transposed) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) out[j * rows + i] = scale * flat[offset + i * columns + j];
    }
  } else {
    for (let i = 0; i < out.length; i++) out[i] = scale * flat[offset + i];
  }
  return info;
}

function transposedInfo(tools: WasmTools, matrix: TensorInfo): TensorInfo {
  const [rows, columns] = matrix.shape;
  const info = tools.allocate([columns, rows]);
  transposeInto(tools.values(info), { at: 0, stride: rows }, tools.values(matrix), rows, columns);
  return info;
}

function floats(tools: WasmTools, info: TensorInfo): Float32Array {
  const values = tools.values(info);
  if (values instanceof Float32Array) return values;
  throw new LabError('internal', 'A panel of a weight is not float32.');
}

/** drop(x) as a new tensor, or x itself where nothing is dropped. */
function droppedInfo(call: KernelCall, tools: WasmTools, x: TensorInfo): TensorInfo {
  if (call.attr('dropThreshold') === 0) return x;
  const info = tools.allocate(x.shape);
  tools.values(info).set(dropped(call, tools.values(x)));
  return info;
}

/** Bytes of a weight that are unpacked at a time. */
const PANEL_BYTES = 8 * 2 ** 20;
/** Columns of a panel at least: of a head with many rows more bytes are taken, or its rows would be read in crumbs. */
const LEAST_COLUMNS = BLOCK;

/** Rows or columns of a panel, in whole blocks. */
const panelSize = (across: number, least: number): number =>
  Math.max(least, Math.floor(PANEL_BYTES / (4 * across * BLOCK)) * BLOCK);

/** A weight that is held once: (out, in), of any type. */
interface Once {
  readonly w: TensorInfo;
  readonly code: number;
  readonly outFeatures: number;
  readonly inFeatures: number;
}

/** Some rows of it as float32: where they lie, or unpacked. */
function panelOf(tools: WasmTools, { w, code, inFeatures }: Once, row: number, rows: number): TensorInfo {
  if (code === 0) return tools.rowsOf(w, row, rows);
  const panel = tools.allocate([rows, inFeatures]);
  unpack(
    code,
    tools.values(w),
    inFeatures,
    { row, rows, column: 0, columns: inFeatures },
    floats(tools, panel),
  );
  return panel;
}

/**
 * x W^T, some rows of W at a time; each output is summed as it would be at once. What is small is transposed: x and y around
 * W as the left operand, which is then not packed, or W.
 */
function timesTransposed(tools: WasmTools, x: TensorInfo, once: Once): TensorInfo {
  const { inFeatures, outFeatures } = once;
  const [m] = x.shape;
  const y = tools.allocate([m, outFeatures]);
  // An element that is packed costs four times one that is transposed.
  const isLeft = m * (5 * inFeatures + outFeatures) < 5 * inFeatures * outFeatures;
  const xT = isLeft ? transposedInfo(tools, x) : undefined;
  const most = panelSize(inFeatures, 1);
  for (let row = 0; row < outFeatures; row += most) {
    const rows = Math.min(most, outFeatures - row);
    const place = { at: row, stride: outFeatures };
    const panel = panelOf(tools, once, row, rows);
    if (xT !== undefined) {
      const part = tools.matMul(panel, xT);
      transposeInto(tools.values(y), place, tools.values(part), rows, m);
      tools.free(part);
    } else {
      const right = transposedInfo(tools, panel);
      const part = tools.matMul(x, right);
      copyColumns(tools.values(y), place, tools.values(part), m, rows);
      tools.free(right);
      tools.free(part);
    }
    tools.free(panel);
  }
  if (xT !== undefined) tools.free(xT);
  return y;
}

/** XNNPACK adds a sum's terms in float32 one after the other: over the 49,152 of a vocabulary the gradient is wrong by 3e-5,
 * in parts of so many by 3e-7. */
const PART_OF_SUM = 512;
const LONGEST_SUM = 4096;

/** dy W where W has very many rows, some of them at a time. */
function timesInParts(tools: WasmTools, dy: TensorInfo, once: Once): TensorInfo {
  const { inFeatures, outFeatures } = once;
  const [m] = dy.shape;
  const dx = tools.allocate([m, inFeatures]);
  tools.values(dx).fill(0);
  for (let row = 0; row < outFeatures; row += PART_OF_SUM) {
    const rows = Math.min(PART_OF_SUM, outFeatures - row);
    const left = tools.allocate([m, rows]);
    const columns = tools.values(left);
    const all = tools.values(dy);
    for (let i = 0; i < m; i++) {
      const from = i * outFeatures + row;
      columns.set(all.subarray(from, from + rows), i * rows);
    }
    const panel = panelOf(tools, once, row, rows);
    const part = tools.matMul(left, panel);
    add(tools.values(dx), tools.values(part));
    for (const info of [left, panel, part]) tools.free(info);
  }
  return dx;
}

/** dy W, some columns of W at a time; it is packed as the right operand for the length of the call. */
function timesOnce(tools: WasmTools, dy: TensorInfo, once: Once): TensorInfo {
  const { w, code, inFeatures, outFeatures } = once;
  const [m] = dy.shape;
  const most = panelSize(outFeatures, LEAST_COLUMNS);
  if (most >= inFeatures) {
    const whole = panelOf(tools, once, 0, outFeatures);
    const dx = tools.matMul(dy, whole);
    tools.free(whole);
    return dx;
  }
  const dx = tools.allocate([m, inFeatures]);
  for (let column = 0; column < inFeatures; column += most) {
    const columns = Math.min(most, inFeatures - column);
    const panel = tools.allocate([outFeatures, columns]);
    const part = { row: 0, rows: outFeatures, column, columns };
    unpack(code, tools.values(w), inFeatures, part, floats(tools, panel));
    const product = tools.matMul(dy, panel);
    copyColumns(tools.values(dx), { at: column, stride: inFeatures }, tools.values(product), m, columns);
    for (const info of [panel, product]) tools.free(info);
  }
  return dx;
}

function add(out: Values, values: Values, offset = 0, scale = 1): void {
  for (let i = 0; i < values.length; i++) out[offset + i] += scale * values[i];
}

/** wide^T narrow: the narrow one is the right operand, which is packed; the wide one is transposed, which costs less. */
function outer(tools: WasmTools, wide: TensorInfo, narrow: TensorInfo): TensorInfo {
  const left = transposedInfo(tools, wide);
  const product = tools.matMul(left, narrow);
  tools.free(left);
  return product;
}

export function linearWasm(call: KernelCall, tools: WasmTools): TensorInfo[] {
  const x = call.input('x');
  const [, inFeatures] = call.matrix('x');
  const n = call.attr('outFeatures');
  const r = call.attr('rank');
  const lora = call.optional('lora');
  const w = call.input('w');
  let y =
    call.attr('outIn') === 1
      ? timesTransposed(tools, x, { w, code: call.attr('held'), inFeatures, outFeatures: n })
      : tools.matMul(x, w);
  const more: TensorInfo[] = [];
  const temporary: TensorInfo[] = [];
  if (r > 0 && lora !== undefined) {
    const a = factor(tools, lora, call.attr('aOffset'), [r, inFeatures], { transposed: true });
    const b = factor(tools, lora, call.attr('bOffset'), [n, r], {
      transposed: true,
      scale: call.attr('scaling'),
    });
    const input = droppedInfo(call, tools, x);
    const narrow = tools.matMul(input, a);
    const update = tools.matMul(narrow, b);
    more.push(narrow);
    temporary.push(y, a, b, update, ...(input === x ? [] : [input]));
    y = tools.add(y, update);
  }
  const bias = call.optional('bias');
  const residual = call.optional('residual');
  const values = tools.values(y);
  if (values instanceof Float32Array) {
    addBiasAndResidual(
      values,
      n,
      bias === undefined ? undefined : tools.values(bias),
      residual === undefined ? undefined : tools.values(residual),
    );
  }
  for (const info of temporary) tools.free(info);
  return [y, ...more];
}

export function linearGradWasm(call: KernelCall, tools: WasmTools): TensorInfo[] {
  const dy = call.input('dy');
  const x = call.input('x');
  const [, n] = call.matrix('dy');
  const [, inFeatures] = call.matrix('x');
  const r = call.attr('rank');
  const lora = call.optional('lora');
  const temporary: TensorInfo[] = [];
  let dNarrow: TensorInfo | undefined;
  if (r > 0 && lora !== undefined) {
    const b = factor(tools, lora, call.attr('bOffset'), [n, r], { scale: call.attr('scaling') });
    dNarrow = tools.matMul(dy, b);
    const input = droppedInfo(call, tools, x);
    const dAT = outer(tools, input, dNarrow);
    const dA = transposedInfo(tools, dAT);
    const dB = outer(tools, dy, call.input('narrow'));
    const grads = tools.values(call.input('grads'));
    add(grads, tools.values(dA), call.attr('aOffset'));
    add(grads, tools.values(dB), call.attr('bOffset'), call.attr('scaling'));
    temporary.push(b, dNarrow, dAT, dA, dB, ...(input === x ? [] : [input]));
  }
  const out: TensorInfo[] = [];
  if (call.attr('needDx') === 1) {
    // Where both passes read one layout, the weight is held once and its packed form is not kept.
    const isOnce = call.attr('outIn') === call.attr('backOutIn');
    const w = call.input('w');
    const once = { w, code: call.attr('held'), inFeatures, outFeatures: n };
    let dx =
      n > LONGEST_SUM
        ? timesInParts(tools, dy, once)
        : isOnce
          ? timesOnce(tools, dy, once)
          : tools.matMul(dy, w);
    if (dNarrow !== undefined && lora !== undefined) {
      const a = factor(tools, lora, call.attr('aOffset'), [r, inFeatures]);
      const product = tools.matMul(dNarrow, a);
      const update = droppedInfo(call, tools, product);
      temporary.push(a, product, dx, ...(update === product ? [] : [update]));
      dx = tools.add(dx, update);
    }
    const into = call.optional('into');
    if (into === undefined) out.push(dx);
    else {
      const sum = tools.add(into, dx);
      tools.values(into).set(tools.values(sum));
      temporary.push(dx, sum);
    }
  }
  for (const info of temporary) tools.free(info);
  return out;
}
