/**
 * @file A tiled matrix product in WGSL, c = a b, from which the linear layers and the attention are made: operands in
 * either layout, batches over attention heads, and an epilogue with bias, low-rank update and residual, so that
 * nothing is written twice. Each thread holds a 4 x 4 block of the output in registers.
 */
import type { GpuProgram } from './gpu-runner.ts';
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

/** Output tile side; 16 x 16 threads. */
const TILE = 64;
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

export const matMulGroups = (m: number, n: number, batch = 1): readonly [number, number, number] => [
  Math.ceil(n / TILE),
  Math.ceil(m / TILE),
  batch,
];

const made = new Map<string, GpuProgram>();

/** The program of a shape. Uniforms: m, n, k; aRow, bRow and cRow (elements from one stored row to the next), bStart;
 * alpha (factor on the sum); those of the options. */
export function matMulProgram(shape: MatMulShape): GpuProgram {
  const name = `matmul ${JSON.stringify(shape)}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const program = build(shape, name);
  made.set(name, program);
  return program;
}

function build(shape: MatMulShape, name: string): GpuProgram {
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
      : `let other = i % ${TILE}u; let kIn = i / ${TILE}u;`;
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
    workgroup: [16, 16],
    declarations: `
var<workgroup> tileA: array<f32, ${TILE * (K_STEP + 1)}>;
var<workgroup> tileB: array<f32, ${TILE * (K_STEP + 1)}>;
${dropout === undefined ? '' : MIX32_WGSL}`,
    body: `
  let row0 = wg.y * ${TILE}u;
  let column0 = wg.x * ${TILE}u;
  ${causal === 'tiles' ? `if (column0 > row0 + ${TILE - 1}u) { return; }` : ''}
  ${
    batched === true
      ? `let batch = wg.z / u.heads;
  let head = wg.z % u.heads;
  let cStart = batch * u.cBatch + head * u.cHead;`
      : 'let cStart = 0u;'
  }
  ${causal === 'k-above' ? `let kFrom = row0 / ${K_STEP}u * ${K_STEP}u;` : 'let kFrom = 0u;'}
  ${causal === 'k-below' ? `let kEnd = min(u.k, row0 + ${TILE}u);` : 'let kEnd = u.k;'}
  var sums: array<vec4f, 4>;
  for (var part = 0u; part < ${batched === true ? 'u.sumHeads' : '1u'}; part++) {
    ${
      batched === true
        ? `let aStart = batch * u.aBatch + (head * u.sumHeads + part) / u.aShare * u.aHead;
    let bStart = u.bStart + batch * u.bBatch + (head * u.sumHeads + part) / u.bShare * u.bHead;`
        : 'let aStart = 0u; let bStart = u.bStart;'
    }
    for (var k0 = kFrom; k0 < kEnd; k0 += ${K_STEP}u) {
      for (var i = lane; i < ${TILE * K_STEP}u; i += 256u) {
        ${along(aLayout === 'mk' ? 'k' : 'other')}
        let row = row0 + other;
        let kk = k0 + kIn;
        var value = 0.0;
        if (row < u.m && kk < u.k) {
          value = a[aStart + ${aIndex}];
          ${dropA}
        }
        tileA[kIn * ${TILE + 1}u + other] = value;
      }
      for (var i = lane; i < ${TILE * K_STEP}u; i += 256u) {
        ${along(bLayout === 'nk' ? 'k' : 'other')}
        let column = column0 + other;
        let kk = k0 + kIn;
        var value = 0.0;
        if (column < u.n && kk < u.k) { value = b[bStart + ${bIndex}]; }
        tileB[kIn * ${TILE + 1}u + other] = value;
      }
      workgroupBarrier();
      for (var kIn = 0u; kIn < ${K_STEP}u; kIn++) {
        let atA = kIn * ${TILE + 1}u + local.y;
        let atB = kIn * ${TILE + 1}u + local.x;
        // Rows and columns 16 apart: neighbouring threads read neighbouring words.
        let right = vec4f(tileB[atB], tileB[atB + 16u], tileB[atB + 32u], tileB[atB + 48u]);
        sums[0] += tileA[atA] * right;
        sums[1] += tileA[atA + 16u] * right;
        sums[2] += tileA[atA + 32u] * right;
        sums[3] += tileA[atA + 48u] * right;
      }
      workgroupBarrier();
    }
  }
  for (var i = 0u; i < 4u; i++) {
    let row = row0 + local.y + 16u * i;
    if (row >= u.m) { break; }
    for (var j = 0u; j < 4u; j++) {
      let column = column0 + local.x + 16u * j;
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
