/**
 * @file Vite's part of the service worker: when the site is written, lists its files with their digests and builds
 * workers/service.worker.ts with that list. workbox-build would do the same with 250 packages more.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { build } from 'vite';

export const SERVICE_WORKER = 'service-worker.js';

/** A file whose name holds its digest: another content has another address. */
const HASHED = /^assets\/.*-[\w-]{8}\.\w+$/;
/** Pages of the tests, built beside the app by test/browser/build.ts. */
const NOT_SITE = /^(test|tools)\//;

export interface SiteFile {
  /** From the site's root. */
  readonly url: string;
  /** Digest; null where the address holds one. */
  readonly revision: string | null;
}

/** The files of a built site in the order of their names. */
export function listSite(folder: string): readonly SiteFile[] {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  return paths
    .filter((path) => path !== SERVICE_WORKER && !NOT_SITE.test(path))
    .sort()
    .map((url) => {
      if (HASHED.test(url)) return { url, revision: null };
      const digest = createHash('sha256').update(readFileSync(join(folder, url)));
      return { url, revision: digest.digest('hex').slice(0, 16) };
    });
}

export function offline(): Plugin {
  let outDir = '';
  let hasFailed = false;
  return {
    name: 'offline',
    apply: 'build',
    configResolved: (config) => {
      outDir = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith('/')) ({ outDir } = config.build);
    },
    buildEnd: (error) => {
      hasFailed = error !== undefined;
    },
    // After everything is on the disk, public/ included.
    closeBundle: {
      order: 'post',
      sequential: true,
      handler: async () => {
        if (hasFailed) return;
        const input = fileURLToPath(new URL('../workers/service.worker.ts', import.meta.url));
        await build({
          configFile: false,
          publicDir: false,
          logLevel: 'warn',
          define: {
            __SITE_FILES__: JSON.stringify(listSite(outDir)),
            'process.env.NODE_ENV': '"production"',
          },
          build: {
            ...{ outDir, emptyOutDir: false, target: 'es2023' },
            rolldownOptions: {
              input,
              output: { format: 'iife', entryFileNames: SERVICE_WORKER },
            },
          },
        });
      },
    },
  };
}
