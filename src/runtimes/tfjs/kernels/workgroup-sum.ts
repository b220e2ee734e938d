/** @file WGSL: the sum of one value of each thread of a workgroup, by halving; every thread is given it. */

/** Threads of a workgroup that shares a row; a power of two. */
export const THREADS = 64;

export const WORKGROUP_SUM = `
var<workgroup> partial: array<f32, ${THREADS}>;
fn total(value: f32, lane: u32) -> f32 {
  partial[lane] = value;
  workgroupBarrier();
  for (var width = ${THREADS / 2}u; width > 0u; width = width / 2u) {
    if (lane < width) { partial[lane] += partial[lane + width]; }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}`;
