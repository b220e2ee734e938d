/**
 * @file Builds the site once for all browser tests, with the harness as a second page: what is tested is what
 * ships, chunks, hashed assets and workers included.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const SITE = fileURLToPath(new URL('../../.cache/browser', import.meta.url));

export default async function setup(): Promise<void> {
  // Vitest's own "test" would build React's development version, which nobody is given.
  process.env.NODE_ENV = 'production';
  await build({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'warn',
    build: {
      outDir: SITE,
      emptyOutDir: true,
      rolldownOptions: {
        input: [`${root}index.html`, `${root}test/browser/harness.html`, `${root}test/browser/gallery.html`],
      },
    },
  });
  process.env.NODE_ENV = 'test';
}
