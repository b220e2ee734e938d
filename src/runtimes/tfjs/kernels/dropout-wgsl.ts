/**
 * @file core/random.ts' bits in WGSL, for masks that are recomputed instead of stored. An element of a (N, C) matrix
 * is dropped where the 32 bits of (key, row * C + column) are below the threshold.
 */
export const MIX32_WGSL = `
fn mix32(value: u32) -> u32 {
  var x = value;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}
fn dropped(index: u32) -> bool {
  return mix32(mix32(index) ^ u.dropKey) < u.dropThreshold;
}
`;
