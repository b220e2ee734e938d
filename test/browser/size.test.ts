import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Rolldown } from 'vite';
import { build } from 'vite';
import { afterEach, describe, expect, it, vi } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Bytes, gzipped. */
const MOST = 350_000;

/** Built alone: other entries (the harness) would keep more of shared modules than the page needs. */
async function pageChunks(): Promise<readonly Rolldown.OutputChunk[]> {
  // Vitest's own "test" would build React's development version.
  vi.stubEnv('NODE_ENV', 'production');
  const built = await build({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'warn',
    build: { outDir: `${root}.cache/size`, emptyOutDir: true },
  });
  if (!('output' in built)) throw new Error('The build gave no single output.');
  return built.output.filter((part) => part.type === 'chunk');
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the page’s script', () => {
  it('is at most 350 KB, with its plots, before the engine’s chunks', async () => {
    const chunks = await pageChunks();
    const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
    const taken = new Set<Rolldown.OutputChunk>();
    const take = (chunk: Rolldown.OutputChunk | undefined) => {
      if (chunk === undefined || taken.has(chunk)) return;
      taken.add(chunk);
      for (const name of chunk.imports) take(byName.get(name));
    };
    // What the first screen draws with comes after it, but comes.
    take(chunks.find(({ isEntry, facadeModuleId }) => isEntry && facadeModuleId?.endsWith('index.html')));
    take(chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith('plot-library.ts')));
    const bytes = [...taken].reduce((sum, { code }) => sum + gzipSync(code).length, 0);
    expect(bytes).toBeLessThanOrEqual(MOST);
    // The page, React and the plots were found at all.
    expect(bytes).toBeGreaterThan(200_000);
  });
});
