/**
 * @file A tiled matrix product in WGSL, c = a b, from which the linear layers and the attention are made: operands in
 * either layout, batches over attention heads, and an epilogue with bias, low-rank update and residual, so that
 * nothing is written twice. Each thread holds a block of 4 x 4 or 8 x 8 outputs in registers, in fragments of four, so that
 * the shared tiles are read four numbers at a time.
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

/** A sum of more terms is taken in parts: one after the other in float32, the 49,152 of a vocabulary are wrong by 1e-5. */
const LONGEST_SUM = 4096;
const PART_OF_SUM = 512;

/** A workgroup's square output tile, the part of the sum it loads at once, and a thread's square block. */
interface Tiling {
  readonly tile: number;
  readonly kStep: number;
  readonly block: 4 | 8;
}

const SMALL: Tiling = { tile: 32, kStep: 16, block: 4 };
const MIDDLE: Tiling = { tile: 64, kStep: 16, block: 4 };
/** 8 KiB of shared memory, half of what every device has. */
const LARGE: Tiling = { tile: 128, kStep: 8, block: 8 };

/** Large tiles reuse more of what they load; small ones keep more of the GPU busy. */
function tilingOf({ m, n, k, batch = 1 }: MatMulSizes, isBatched: boolean): Tiling {
  const tiles = (side: number) => Math.ceil(m / side) * Math.ceil(n / side) * batch;
  // Batched operands are zero above the diagonal up to a multiple of MAX_CAUSAL_TILE only.
  if (!isBatched && n > 64 && k <= LONGEST_SUM && tiles(LARGE.tile) >= 96) return LARGE;
  return n > 32 && tiles(MIDDLE.tile) >= 64 ? MIDDLE : SMALL;
}

/** Causal matrices are zero above the diagonal up to a multiple of this. */
export const MAX_CAUSAL_TILE = 64;

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

function programOf(shape: MatMulShape, tiling: Tiling, inParts: boolean): GpuProgram {
  const options = Object.entries({ ...shape, inParts }).filter(([, value]) => value !== false);
  const name = `matmul ${tiling.tile} ${options.map(([key, value]) => `${key}:${String(value)}`).join(' ')}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const program = build(shape, tiling, inParts, name);
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
  const { m, n, k, batch = 1 } = sizes;
  const isBatched = shape.batched === true;
  const tiling = tilingOf(sizes, isBatched);
  runner.run(
    programOf(shape, tiling, !isBatched && k > LONGEST_SUM),
    buffers,
    { bStart: 0, alpha: 1, ...sizes, ...uniforms },
    [Math.ceil(n / tiling.tile), Math.ceil(m / tiling.tile), batch],
  );
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const XYZW = ['x', 'y', 'z', 'w'];

/** Loads one operand's tile: each thread whole fragments of four rows (or columns) at one k, along whichever index is
 * contiguous in memory, so that neighbouring threads read neighbouring words. */
function loadTile(
  operand: 'a' | 'b',
  isKContiguous: boolean,
  index: string,
  { tile, kStep, block }: Tiling,
  adjust: string,
): string {
  const isA = operand === 'a';
  const threads = (tile / block) ** 2;
  const fragments = tile / 4;
  const [name, start, limit, base] = isA
    ? ['tileA', 'aStart', 'u.m', 'row0']
    : ['tileB', 'bStart', 'u.n', 'column0'];
  return `
      for (var i = lane; i < ${fragments * kStep}u; i += ${threads}u) {
        ${
          isKContiguous
            ? `let kIn = i % ${kStep}u; let fragment = i / ${kStep}u;`
            : `let fragment = i % ${fragments}u; let kIn = i / ${fragments}u;`
        }
        let kk = k0 + kIn;
        var four = vec4f(0.0);
        if (kk < u.k) {
          ${XYZW.map(
            (component, c) => `{
            let other = ${base} + 4u * fragment + ${c}u;
            if (other < ${limit}) {
              var value = ${operand}[${start} + ${index}];
              ${adjust}
              four.${component} = value;
            }
          }`,
          ).join('\n          ')}
        }
        ${name}[kIn * ${fragments + 1}u + fragment] = four;
      }`;
}

function build(shape: MatMulShape, tiling: Tiling, inParts: boolean, name: string): GpuProgram {
  const { aLayout, bLayout, bias, lora, dropout, residual, accumulate, batched, causal } = shape;
  const { tile, kStep, block } = tiling;
  const side = tile / block;
  const fragments = tile / 4;
  /** A thread's fragments lie `side` apart: neighbouring threads read neighbouring fragments. */
  const parts = range(block / 4);
  const dropA = dropout === 'a' ? 'value = select(value * u.keptScale, 0.0, dropped(other * u.k + kk));' : '';
  const rows = parts.flatMap((p) => XYZW.map((component, c) => ({ p, c, component })));
  const multiply = rows
    .flatMap(({ p, c, component }) =>
      parts.map((q) => `sum${p}${c}${q} += left${p}.${component} * right${q};`),
    )
    .join('\n        ');
  const sums = rows.flatMap(({ p, c }) => parts.map((q) => `${p}${c}${q}`));
  const declared = (prefix: string) => sums.map((one) => `var ${prefix}${one} = vec4f(0.0);`).join(' ');
  const result = inParts ? 'total' : 'sum';
  const stores = rows
    .flatMap(({ p, c }) =>
      parts.flatMap((q) =>
        XYZW.map(
          (component, d) =>
            `put(cStart, row0 + ${p * side * 4 + c}u + 4u * local.y, column0 + ${q * side * 4 + d}u + 4u * local.x, ${result}${p}${c}${q}.${component});`,
        ),
      ),
    )
    .join('\n  ');
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
// One fragment more a row, against bank conflicts where threads write down a column.
var<workgroup> tileA: array<vec4f, ${(fragments + 1) * kStep}>;
var<workgroup> tileB: array<vec4f, ${(fragments + 1) * kStep}>;
${dropout === undefined ? '' : MIX32_WGSL}
fn put(cStart: u32, row: u32, column: u32, sum: f32) {
  if (row >= u.m || column >= u.n) { return; }
  let at = cStart + row * u.cRow + column;
  var value = u.alpha * sum;
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
}`,
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
  ${causal === 'k-above' ? `let kFrom = row0 / ${kStep}u * ${kStep}u;` : 'let kFrom = 0u;'}
  ${causal === 'k-below' ? `let kEnd = min(u.k, row0 + ${tile}u);` : 'let kEnd = u.k;'}
  ${declared(result)}
  for (var part = 0u; part < ${batched === true ? 'u.sumHeads' : '1u'}; part++) {
    ${
      batched === true
        ? `let aStart = batch * u.aBatch + (head * u.sumHeads + part) / u.aShare * u.aHead;
    let bStart = u.bStart + batch * u.bBatch + (head * u.sumHeads + part) / u.bShare * u.bHead;`
        : 'let aStart = 0u; let bStart = u.bStart;'
    }
    ${
      inParts
        ? `for (var begin = kFrom; begin < kEnd; begin += ${PART_OF_SUM}u) {
    ${declared('sum')}
    for (var k0 = begin; k0 < min(kEnd, begin + ${PART_OF_SUM}u); k0 += ${kStep}u) {`
        : `for (var k0 = kFrom; k0 < kEnd; k0 += ${kStep}u) {`
    }
      ${loadTile('a', aLayout === 'mk', aLayout === 'mk' ? 'other * u.aRow + kk' : 'kk * u.aRow + other', tiling, dropA)}
      ${loadTile('b', bLayout === 'nk', bLayout === 'nk' ? 'other * u.bRow + kk' : 'kk * u.bRow + other', tiling, '')}
      workgroupBarrier();
      for (var kIn = 0u; kIn < ${kStep}u; kIn++) {
        ${parts
          .map(
            (p) => `let left${p} = tileA[kIn * ${fragments + 1}u + local.y + ${p * side}u];
        let right${p} = tileB[kIn * ${fragments + 1}u + local.x + ${p * side}u];`,
          )
          .join('\n        ')}
        ${multiply}
      }
      workgroupBarrier();
    }
    ${inParts ? `${sums.map((one) => `total${one} += sum${one};`).join(' ')} }` : ''}
  }
  ${stores}`,
  };
}
