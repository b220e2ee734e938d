import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['test/browser/build.ts'],
    // Each file drives its own browser, which waits as often as it computes.
    maxWorkers: 2,
    // Safety nets only: nothing here is timed.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Of a busy machine: a second is over before a page has drawn.
    expect: { poll: { timeout: 30_000 } },
  },
});
