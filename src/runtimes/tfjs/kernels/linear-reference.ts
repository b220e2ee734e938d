/**
 * @file The linear layer with LoRA in plain loops: what the shaders (linear-gpu.ts) and the XNNPACK calls (linear-wasm.ts)
 * are tested against, and what runs on cpu. linear.ts says what is computed.
 */
import { bitsAt } from '../../../core/random.ts';
import { addOuter, addProduct, addProductTransposed } from './host-matmul.ts';
import type { HostCall, KernelCall, Values } from './kernel.ts';

/** drop(x): elements scaled by 1 / (1 - p) or zero; x itself where nothing is dropped. */
export function dropped(call: KernelCall, x: Values): Values {
  const threshold = call.attr('dropThreshold');
  if (threshold === 0) return x;
  const key = call.attr('dropKey');
  const kept = call.attr('keptScale');
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = bitsAt(key, i) < threshold ? 0 : x[i] * kept;
  return out;
}

export function linearReference(call: HostCall): void {
  const [rows, inFeatures] = call.matrix('x');
  const n = call.attr('outFeatures');
  const r = call.attr('rank');
  const x = call.values('x');
  const [y, narrow] = call.out;
  const bias = call.optionalValues('bias');
  const residual = call.optionalValues('residual');
  const product = call.attr('outIn') === 1 ? addProductTransposed : addProduct;
  product(y, x, call.values('w'), [rows, inFeatures, n]);
  if (r > 0) {
    const lora = call.values('lora');
    addProductTransposed(narrow, dropped(call, x), lora, [rows, inFeatures, r], call.attr('aOffset'));
    addProductTransposed(y, narrow, lora, [rows, r, n], call.attr('bOffset'), call.attr('scaling'));
  }
  addBiasAndResidual(y, n, bias, residual);
}

export function addBiasAndResidual(y: Float32Array, n: number, bias?: Values, residual?: Values): void {
  if (bias !== undefined) {
    for (let at = 0; at < y.length; at += n) for (let j = 0; j < n; j++) y[at + j] += bias[j];
  }
  if (residual !== undefined) for (let i = 0; i < y.length; i++) y[i] += residual[i];
}

/** Inputs x, w, lora?, narrow?, dy, into?, grads?; attribute needDx. Output dx where it is needed and `into` is absent;
 * adds dA and dB to `grads` in place. */
export function linearGradReference(call: HostCall): void {
  const [rows, n] = call.matrix('dy');
  const [, inFeatures] = call.matrix('x');
  const r = call.attr('rank');
  const dy = call.values('dy');
  const dNarrow = new Float32Array(rows * r);
  const scaling = call.attr('scaling');
  if (r > 0) {
    const grads = call.values('grads');
    addProduct(dNarrow, dy, call.values('lora'), [rows, n, r], call.attr('bOffset'), scaling);
    addOuter(grads, call.attr('aOffset'), dNarrow, dropped(call, call.values('x')), [rows, r, inFeatures]);
    addOuter(grads, call.attr('bOffset'), dy, call.values('narrow'), [rows, n, r], scaling);
  }
  if (call.attr('needDx') === 0) return;
  const dx = call.optionalValues('into') ?? call.out[0];
  const own = new Float32Array(rows * inFeatures);
  if (r > 0) {
    const update = new Float32Array(rows * inFeatures);
    addProduct(update, dNarrow, call.values('lora'), [rows, r, inFeatures], call.attr('aOffset'));
    own.set(dropped(call, update));
  }
  const product = call.attr('backOutIn') === 1 ? addProduct : addProductTransposed;
  product(own, dy, call.values('w'), [rows, n, inFeatures]);
  for (let i = 0; i < own.length; i++) dx[i] += own[i];
}
