import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,golden,protocol}/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/unit/property-seed.ts'],
    // Two cores: each worker loads two wasm runtimes.
    maxWorkers: 2,
    // Against what hangs, not against what is slow: a software GPU on a busy machine takes minutes.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
