/**
 * @file Builds the site once for all browser tests, and beside it the pages that only tests open (harness, gallery):
 * what is tested is what ships, chunks, hashed assets and workers included.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const SITE = fileURLToPath(new URL('../../.cache/browser', import.meta.url));

export default async function setup(): Promise<void> {
  // Vitest's own "test" would build React's development version, which nobody is given.
  process.env.NODE_ENV = 'production';
  const shared = { root, configFile: `${root}vite.config.ts`, logLevel: 'warn' } as const;
  // A build of their own: as further entries they would change which modules the page's chunks hold.
  await build({
    ...shared,
    build: {
      outDir: SITE,
      emptyOutDir: true,
      assetsDir: 'test/assets',
      copyPublicDir: false,
      rolldownOptions: {
        input: [`${root}test/browser/harness.html`, `${root}test/browser/gallery.html`],
        output: { codeSplitting: true },
      },
    },
  });
  // Second, because a build's service worker lists what lies there by then (less test/): the site whole.
  await build({ ...shared, build: { outDir: SITE, emptyOutDir: false } });
  process.env.NODE_ENV = 'test';
}
