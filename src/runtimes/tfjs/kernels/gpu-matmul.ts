/**
 * @file A tiled matrix product in WGSL, c = a b, from which the linear layers and the attention are made: operands in
 * either layout, batches over attention heads, and an epilogue with bias, low-rank update and residual, so that
 * nothing is written twice. Each thread holds a 4 x 4 block of the output in registers.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { GpuProgram, GpuRunner } from './gpu-runner.ts';
import { MIX32_WGSL } from './dropout-wgsl.ts';

export interface MatMulShape {
  /** a is stored (m, k), or (k, m). */
  readonly aLayout: 'mk' | 'km';
  /** b is stored (k, n), or (n, k). */
  readonly bLayout: 'kn' | 'nk';
  /** Adds bias[n]. */
  readonly bias?: boolean;
  /** Adds loraScale * sum over r of narrow[m, r] * lora[loraOffset + n * loraColumn + r * loraRank]; with dropout, times
   * the mask of element (m, n). */
  readonly lora?: boolean;
  /** Drops elements of a by the mask of element (m, k) ('a'), or of the low-rank update ('update'). */
  readonly dropout?: 'a' | 'update';
  /** Adds residual[m, n]. */
  readonly residual?: boolean;
  /** Adds to what c holds. */
  readonly accumulate?: boolean;
  /** One product per workgroup z: see `BATCH_UNIFORMS`. */
  readonly batched?: boolean;
  /** Causal products over (query, key) matrices: leave out output tiles above the diagonal, or the part of the sum
   * where the probabilities are zero ('k-below': k <= m; 'k-above': k >= m). */
  readonly causal?: 'tiles' | 'k-below' | 'k-above';
}

/** Side of the square output tile of a workgroup, by the output's size: large tiles reuse more of what they load, small
 * ones keep more of the GPU busy. */
const tileOf = (m: number, n: number, batch: number): 32 | 64 =>
  Math.ceil(m / 64) * Math.ceil(n / 64) * batch >= 128 && n > 32 ? 64 : 32;

/** Largest tile; causal matrices are zero above the diagonal up to a multiple of it. */
export const MAX_TILE = 64;
const K_STEP = 16;

/** Strides of batched products: z = (batch index) * heads + head, where operands may have fewer heads (head / share),
 * and the sum may run over several heads of a and b (sumHeads, for gradients of shared key/value heads). */
const BATCH_UNIFORMS = [
  ['heads', 'u32'],
  ['aBatch', 'u32'],
  ['aHead', 'u32'],
  ['aShare', 'u32'],
  ['bBatch', 'u32'],
  ['bHead', 'u32'],
  ['bShare', 'u32'],
  ['cBatch', 'u32'],
  ['cHead', 'u32'],
  ['sumHeads', 'u32'],
] as const;

const made = new Map<string, GpuProgram>();

/** A shape's program for tiles of one size. */
function programOf(shape: MatMulShape, tile: 32 | 64): GpuProgram {
  const name = `matmul ${tile} ${JSON.stringify(shape)}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const program = build(shape, tile, name);
  made.set(name, program);
  return program;
}

export interface MatMulSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Elements from one stored row of a, b and c to the next. */
  readonly aRow: number;
  readonly bRow: number;
  readonly cRow: number;
  /** First element of b. */
  readonly bStart?: number;
  /** Factor on the product. */
  readonly alpha?: number;
  /** Products side by side (batched). */
  readonly batch?: number;
}

/** Runs a product. `buffers`: a, b, c, then those of the options in the order of MatMulShape; `uniforms`: those of the
 * options. */
export function runMatMul(
  runner: GpuRunner,
  shape: MatMulShape,
  sizes: MatMulSizes,
  buffers: readonly TensorInfo[],
  uniforms: Readonly<Record<string, number>> = {},
): void {
  const { m, n, batch = 1 } = sizes;
  const tile = tileOf(m, n, batch);
  runner.run(programOf(shape, tile), buffers, { bStart: 0, alpha: 1, ...sizes, ...uniforms }, [
    Math.ceil(n / tile),
    Math.ceil(m / tile),
    batch,
  ]);
}

function build(shape: MatMulShape, tile: 32 | 64, name: string): GpuProgram {
  const side = tile / 4;
  const { aLayout, bLayout, bias, lora, dropout, residual, accumulate, batched, causal } = shape;
  const aIndex = aLayout === 'mk' ? '(row * u.aRow + kk)' : '(kk * u.aRow + row)';
  const bIndex = bLayout === 'kn' ? '(kk * u.bRow + column)' : '(column * u.bRow + kk)';
  const dropA =
    dropout === 'a'
      ? `if (dropped(row * u.k + kk)) { value = 0.0; } else { value = value * u.keptScale; }`
      : '';
  // Threads run along the index that is contiguous in memory, so that loads coalesce.
  const along = (fast: 'k' | 'other') =>
    fast === 'k'
      ? `let kIn = i % ${K_STEP}u; let other = i / ${K_STEP}u;`
      : `let other = i % ${tile}u; let kIn = i / ${tile}u;`;
  return {
    name,
    buffers: [
      ['a', 'read'],
      ['b', 'read'],
      ['c', 'write'],
      ...(bias === true ? ([['bias', 'read']] as const) : []),
      ...(lora === true
        ? ([
            ['narrow', 'read'],
            ['lora', 'read'],
          ] as const)
        : []),
      ...(residual === true ? ([['residual', 'read']] as const) : []),
    ],
    uniforms: [
      ['m', 'u32'],
      ['n', 'u32'],
      ['k', 'u32'],
      ['aRow', 'u32'],
      ['bRow', 'u32'],
      ['cRow', 'u32'],
      ['bStart', 'u32'],
      ['alpha', 'f32'],
      ...(lora === true
        ? ([
            ['rank', 'u32'],
            ['loraStart', 'u32'],
            ['loraColumn', 'u32'],
            ['loraRank', 'u32'],
            ['loraScale', 'f32'],
          ] as const)
        : []),
      ...(dropout === undefined
        ? []
        : ([
            ['dropKey', 'u32'],
            ['dropThreshold', 'u32'],
            ['keptScale', 'f32'],
          ] as const)),
      ...(batched === true ? BATCH_UNIFORMS : []),
    ],
    workgroup: [side, side],
    declarations: `
var<workgroup> tileA: array<f32, ${(tile + 1) * K_STEP}>;
var<workgroup> tileB: array<f32, ${(tile + 1) * K_STEP}>;
${dropout === undefined ? '' : MIX32_WGSL}`,
    body: `
  let row0 = wg.y * ${tile}u;
  let column0 = wg.x * ${tile}u;
  ${causal === 'tiles' ? `if (column0 > row0 + ${tile - 1}u) { return; }` : ''}
  ${
    batched === true
      ? `let batch = wg.z / u.heads;
  let head = wg.z % u.heads;
  let cStart = batch * u.cBatch + head * u.cHead;`
      : 'let cStart = 0u;'
  }
  ${causal === 'k-above' ? `let kFrom = row0 / ${K_STEP}u * ${K_STEP}u;` : 'let kFrom = 0u;'}
  ${causal === 'k-below' ? `let kEnd = min(u.k, row0 + ${tile}u);` : 'let kEnd = u.k;'}
  var sums: array<vec4f, 4>;
  for (var part = 0u; part < ${batched === true ? 'u.sumHeads' : '1u'}; part++) {
    ${
      batched === true
        ? `let aStart = batch * u.aBatch + (head * u.sumHeads + part) / u.aShare * u.aHead;
    let bStart = u.bStart + batch * u.bBatch + (head * u.sumHeads + part) / u.bShare * u.bHead;`
        : 'let aStart = 0u; let bStart = u.bStart;'
    }
    for (var k0 = kFrom; k0 < kEnd; k0 += ${K_STEP}u) {
      for (var i = lane; i < ${tile * K_STEP}u; i += ${side * side}u) {
        ${along(aLayout === 'mk' ? 'k' : 'other')}
        let row = row0 + other;
        let kk = k0 + kIn;
        var value = 0.0;
        if (row < u.m && kk < u.k) {
          value = a[aStart + ${aIndex}];
          ${dropA}
        }
        tileA[kIn * ${tile + 1}u + other] = value;
      }
      for (var i = lane; i < ${tile * K_STEP}u; i += ${side * side}u) {
        ${along(bLayout === 'nk' ? 'k' : 'other')}
        let column = column0 + other;
        let kk = k0 + kIn;
        var value = 0.0;
        if (column < u.n && kk < u.k) { value = b[bStart + ${bIndex}]; }
        tileB[kIn * ${tile + 1}u + other] = value;
      }
      workgroupBarrier();
      for (var kIn = 0u; kIn < ${K_STEP}u; kIn++) {
        let atA = kIn * ${tile + 1}u + local.y;
        let atB = kIn * ${tile + 1}u + local.x;
        // Rows and columns lie apart: neighbouring threads read neighbouring words.
        let right = vec4f(tileB[atB], tileB[atB + ${side}u], tileB[atB + ${2 * side}u], tileB[atB + ${3 * side}u]);
        sums[0] += tileA[atA] * right;
        sums[1] += tileA[atA + ${side}u] * right;
        sums[2] += tileA[atA + ${2 * side}u] * right;
        sums[3] += tileA[atA + ${3 * side}u] * right;
      }
      workgroupBarrier();
    }
  }
  for (var i = 0u; i < 4u; i++) {
    let row = row0 + local.y + ${side}u * i;
    if (row >= u.m) { break; }
    for (var j = 0u; j < 4u; j++) {
      let column = column0 + local.x + ${side}u * j;
      if (column >= u.n) { break; }
      let at = cStart + row * u.cRow + column;
      var value = u.alpha * sums[i][j];
      ${bias === true ? 'value += bias[column];' : ''}
      ${
        lora === true
          ? `var update = 0.0;
      for (var r = 0u; r < u.rank; r++) {
        update += narrow[row * u.rank + r] * lora[u.loraStart + column * u.loraColumn + r * u.loraRank];
      }
      ${dropout === 'update' ? 'update = select(update * u.keptScale, 0.0, dropped(row * u.n + column));' : ''}
      value += u.loraScale * update;`
          : ''
      }
      ${residual === true ? 'value += residual[row * u.n + column];' : ''}
      ${accumulate === true ? 'value += c[at];' : ''}
      c[at] = value;
    }
  }`,
  };
}
