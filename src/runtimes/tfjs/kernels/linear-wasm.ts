/**
 * @file The linear layer with LoRA on wasm. XNNPACK multiplies a (m, k) left by a (k, n) right operand and keeps the packed
 * right one as long as its tensor lives: once for a frozen weight, which the model therefore keeps in both layouts, and
 * for the length of a call for LoRA's factors.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCall, Values, WasmTools } from './kernel.ts';
import { addBiasAndResidual, dropped } from './linear-reference.ts';

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
  return factor(tools, matrix, 0, [matrix.shape[0], matrix.shape[1]], { transposed: true });
}

/** drop(x) as a new tensor, or x itself where nothing is dropped. */
function droppedInfo(call: KernelCall, tools: WasmTools, x: TensorInfo): TensorInfo {
  if (call.attr('dropThreshold') === 0) return x;
  const info = tools.allocate(x.shape);
  tools.values(info).set(dropped(call, tools.values(x)));
  return info;
}

/** x W^T with W (out, in) as the left operand, so that the small matrix is the one that is packed. */
function timesTransposed(tools: WasmTools, x: TensorInfo, w: TensorInfo): TensorInfo {
  const right = transposedInfo(tools, x);
  const product = tools.matMul(w, right);
  const y = transposedInfo(tools, product);
  tools.free(right);
  tools.free(product);
  return y;
}

/** Rows of a large right operand that are copied and packed at a time. */
const ROWS_AT_ONCE = 16384;

/** x (m, k) times w (k, n), some rows of w at a time: packed whole, it would be held twice for good. */
function timesInParts(tools: WasmTools, x: TensorInfo, w: TensorInfo): TensorInfo {
  const [m, k] = x.shape;
  const n = w.shape[1];
  const sum = tools.allocate([m, n]);
  tools.values(sum).fill(0);
  for (let from = 0; from < k; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, k - from);
    const left = tools.allocate([m, count]);
    const right = tools.allocate([count, n]);
    const columns = tools.values(left);
    const all = tools.values(x);
    for (let i = 0; i < m; i++) columns.set(all.subarray(i * k + from, i * k + from + count), i * count);
    tools.values(right).set(tools.values(w).subarray(from * n, (from + count) * n));
    const part = tools.matMul(left, right);
    add(tools.values(sum), tools.values(part));
    for (const info of [left, right, part]) tools.free(info);
  }
  return sum;
}

function add(out: Values, values: Values, offset = 0, scale = 1): void {
  for (let i = 0; i < values.length; i++) out[offset + i] += scale * values[i];
}

export function linearWasm(call: KernelCall, tools: WasmTools): TensorInfo[] {
  const x = call.input('x');
  const [, inFeatures] = call.matrix('x');
  const n = call.attr('outFeatures');
  const r = call.attr('rank');
  const lora = call.optional('lora');
  const w = call.input('w');
  const y = call.attr('outIn') === 1 ? timesTransposed(tools, x, w) : tools.matMul(x, w);
  const out = [y];
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
    add(tools.values(y), tools.values(update));
    out.push(narrow);
    temporary.push(a, b, update, ...(input === x ? [] : [input]));
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
  return out;
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
    const left = transposedInfo(tools, dNarrow);
    const dA = tools.matMul(left, input);
    const narrowT = transposedInfo(tools, call.input('narrow'));
    const dBT = tools.matMul(narrowT, dy);
    const grads = tools.values(call.input('grads'));
    add(grads, tools.values(dA), call.attr('aOffset'));
    const values = tools.values(dBT);
    const scaling = call.attr('scaling');
    const bOffset = call.attr('bOffset');
    for (let i = 0; i < r; i++) {
      for (let j = 0; j < n; j++) grads[bOffset + j * r + i] += scaling * values[i * n + j];
    }
    temporary.push(b, dNarrow, left, dA, narrowT, dBT, ...(input === x ? [] : [input]));
  }
  const out: TensorInfo[] = [];
  if (call.attr('needDx') === 1) {
    // Where the forward pass had the stored layout alone, the weight is too large to be packed.
    const isLarge = call.attr('outIn') === call.attr('backOutIn');
    const w = call.input('w');
    const dx = isLarge ? timesInParts(tools, dy, w) : tools.matMul(dy, w);
    if (dNarrow !== undefined && lora !== undefined) {
      const a = factor(tools, lora, call.attr('aOffset'), [r, inFeatures]);
      const update = tools.matMul(dNarrow, a);
      add(tools.values(dx), dropped(call, tools.values(update)));
      temporary.push(a, update);
    }
    const into = call.optional('into');
    if (into === undefined) out.push(dx);
    else {
      add(tools.values(into), tools.values(dx));
      temporary.push(dx);
    }
  }
  for (const info of temporary) tools.free(info);
  return out;
}
