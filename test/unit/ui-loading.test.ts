/** @file What the page says while a model loads, step by step. */
import { describe, expect, it } from 'vitest';
import type { LoadProgress, LoadStep } from '../../src/protocol/words.ts';
import type { LoadActivity } from '../../src/store/model/model-state.ts';
import { loadShare, loadWords } from '../../src/ui/words/loading.ts';

const at = (
  step: LoadStep,
  done = 0,
  total = 0,
  backend: LoadProgress['backend'] = 'wasm',
): LoadProgress => ({
  ...{ step, backend, done, total },
});
const start = (inference: LoadProgress | null, training: LoadProgress | null): LoadActivity => ({
  ...{ step: 'start', inference, training },
});

describe('a load in words', () => {
  it.each<[string, LoadActivity | null]>([
    ['about to begin', null],
    ['1.0 MB fetched', { step: 'fetch', done: 1e6, total: null }],
    ['1.0 MB of 4.2 MB fetched', { step: 'fetch', done: 1e6, total: 4.2e6 }],
    ['starting its two workers', start(null, at('weights', 1, 2))],
    ['starting wasm on the processor', start(at('session', 0, 10), at('device'))],
    ['asking for a WebGPU device', start(at('device', 0, 0, 'webgpu'), at('weights', 1, 2))],
    ['fetching the runtime’s own code, 1.0 MB of 27 MB', start(at('runtime', 1e6, 27e6), at('device'))],
    ['25% of the weights read', start(at('weights', 1, 4), at('weights', 3, 4))],
    ['comparing what the two runtimes compute', { step: 'compare' }],
  ])('%s', (words, activity) => {
    expect(loadWords(activity)).toBe(words);
  });

  it('never goes back from one step to the next', () => {
    const course: (LoadActivity | null)[] = [
      null,
      { step: 'fetch', done: 1, total: null },
      { step: 'fetch', done: 1, total: 2 },
      { step: 'fetch', done: 2, total: 2 },
      start(null, null),
      start(at('weights', 1, 2), at('device')),
      start(at('session', 0, 10), at('weights', 1, 2)),
      { step: 'compare' },
    ];
    const shares = course.map(loadShare);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
});
