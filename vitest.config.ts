import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/** Files of minutes each, which leave a core idle where they come last. */
const LONGEST = ['golden/tfjs', 'unit/run-file-mutations', 'golden/check-model', 'golden/recorded'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/{unit,golden,protocol}/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/unit/property-seed.ts'],
    sequence: { sequencer: LongestFirst },
    // Two cores: each worker loads two wasm runtimes.
    maxWorkers: 2,
    // Against what hangs, not against what is slow: a software GPU on a busy machine takes minutes.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
