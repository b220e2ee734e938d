import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,golden,protocol}/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/unit/property-seed.ts'],
    // Two cores: each worker loads two wasm runtimes.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
