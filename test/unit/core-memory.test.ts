/** @file The memory meter: the most is by total, a load's apart from the work's. */
import { expect, test } from 'vitest';
import { MemoryMeter, totalBytes } from '../../src/core/memory.ts';

const held = (heap: number, arrays: number | null = null, gpu = 0) => ({ heap, arrays, gpu });

test('the peak of the work is apart from that of the load, and both are of one moment', () => {
  let now = held(1, 2, 3);
  const meter = new MemoryMeter(() => now);
  meter.begin();
  meter.sample();
  now = held(10, 500, 0);
  meter.sample();
  now = held(20, 5, 0);
  meter.loaded();
  expect(meter.use()).toEqual({ now, peak: now, load: held(10, 500, 0) });
  now = held(30, 40, 2);
  meter.sample();
  now = held(30, 0, 0);
  expect(meter.use()).toEqual({ now, peak: held(30, 40, 2), load: held(10, 500, 0) });
  meter.begin();
  expect(meter.use()).toEqual({ now, peak: now, load: null });
});

test('what is not told adds nothing', () => {
  expect(totalBytes(held(1, null, 4))).toBe(5);
  expect(totalBytes(held(1, 2, 4))).toBe(7);
});
