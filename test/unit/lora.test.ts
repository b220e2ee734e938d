import { describe, expect, it } from 'vitest';
import type { LinearShape, LoraConfig } from '../../src/lora/config.ts';
import { initAdapter, loraScaling, resolveTargets } from '../../src/lora/config.ts';

const linear = (module: string, inFeatures = 64, outFeatures = 32): LinearShape => ({
  module,
  inFeatures,
  outFeatures,
  isHead: module === 'lm_head',
});
const LINEARS = ['h.0.attn.c_proj', 'h.0.mlp.c_proj', 'h.0.mlp.xc_proj', 'lm_head'].map((name) =>
  linear(name),
);
const CONFIG: LoraConfig = {
  r: 8,
  loraAlpha: 16,
  useRslora: false,
  loraDropout: 0,
  targetModules: 'all-linear',
};

const targeted = (targets: LoraConfig['targetModules']) =>
  resolveTargets(LINEARS, targets).map(({ module }) => module);

describe('LoRA configuration', () => {
  it('scales by alpha / r, and by alpha / sqrt(r) with rsLoRA', () => {
    expect(loraScaling(CONFIG)).toBe(2);
    expect(loraScaling({ ...CONFIG, r: 4, loraAlpha: 8, useRslora: true })).toBe(4);
  });

  it('matches whole names or whole last parts, as PEFT does', () => {
    expect(targeted(['c_proj'])).toEqual(['h.0.attn.c_proj', 'h.0.mlp.c_proj']);
    expect(targeted(['mlp.c_proj'])).toEqual(['h.0.mlp.c_proj']);
    expect(targeted(['lm_head', 'h.0.attn.c_proj'])).toEqual(['h.0.attn.c_proj', 'lm_head']);
  });

  it('all-linear leaves the head out', () => {
    expect(targeted('all-linear')).not.toContain('lm_head');
    expect(targeted('all-linear')).toHaveLength(3);
  });

  it('names a target that matches nothing, and what would', () => {
    expect(() => targeted(['q_proj'])).toThrow(/"q_proj".*c_proj, xc_proj, lm_head/);
  });

  it('initialises A uniformly within 1/sqrt(in) and B at zero', () => {
    const adapter = initAdapter([linear('m', 256, 8)], CONFIG, 3);
    const { a, b } = adapter.pairs.get('m') ?? { a: [], b: [1] };
    expect([...b].every((value) => value === 0)).toBe(true);
    expect(a).toHaveLength(8 * 256);
    const bound = 1 / 16;
    expect(Math.max(...a)).toBeLessThanOrEqual(bound);
    expect(Math.max(...a)).toBeGreaterThan(0.99 * bound);
    expect(Math.min(...a)).toBeLessThan(-0.99 * bound);
    // Variance of U(-b, b) is b^2 / 3.
    const variance = [...a].reduce((sum, value) => sum + value * value, 0) / a.length;
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1);
  });

  it('differs by seed and by module, and repeats for the same seed', () => {
    const init = (seed: number) =>
      [...initAdapter(LINEARS, CONFIG, seed).pairs.values()].map(({ a }) => [...a]);
    expect(init(1)).toEqual(init(1));
    expect(init(1)[0]).not.toEqual(init(2)[0]);
    expect(init(1)[0]).not.toEqual(init(1)[1]);
  });

  it('refuses a rank that is no whole number above 0', () => {
    for (const r of [0, -1, 1.5, NaN]) {
      expect(() => initAdapter(LINEARS, { ...CONFIG, r }, 0)).toThrow(/rank r must be a whole number/);
    }
  });
});
