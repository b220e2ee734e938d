/**
 * @file Vite's part of the third parties' licences: collects the packages whose modules, fonts and wasm files are in the
 * site, its workers and its service worker, and writes their licences into it. Vite's own build.license knows neither
 * workers nor files that are no modules, and says nothing where a text is missing.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin, Rolldown } from 'vite';
import { build } from 'vite';
import { noticesFor, noticesText } from './licences/packages.ts';

export const LICENCES = 'THIRD_PARTY_LICENSES.txt';
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SERVICE_WORKER = fileURLToPath(new URL('../workers/service.worker.ts', import.meta.url));

/** Files that a bundle is made of: modules of its chunks, sources of its other files. */
function sourcesOf(bundle: Rolldown.OutputBundle): readonly string[] {
  const ids = Object.values(bundle).flatMap((part) =>
    part.type === 'chunk' ? part.moduleIds : part.originalFileNames.map((name) => resolve(ROOT, name)),
  );
  return ids.filter((id) => !id.startsWith('\0')).map((id) => id.replace(/\?.*$/, ''));
}

export interface Licences {
  /** Writes the file; of the page's own build. */
  readonly inPage: Plugin;
  /** Of every worker's build, which ends before the page's. */
  readonly inWorker: () => Plugin;
}

export function licences(): Licences {
  const sources = new Set<string>();
  const collect = (bundle: Rolldown.OutputBundle) => {
    for (const id of sourcesOf(bundle)) sources.add(id);
  };
  const inWorker = (): Plugin => ({
    name: 'licences-of-worker',
    generateBundle: (_options, bundle) => {
      collect(bundle);
    },
  });
  const inPage: Plugin = {
    name: 'licences',
    apply: 'build',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        collect(bundle);
        // It is built for good when the site's files are known, this one among them (offline-plugin.ts).
        await build({
          ...{ configFile: false, publicDir: false, logLevel: 'warn' },
          plugins: [inWorker()],
          build: { write: false, rolldownOptions: { input: SERVICE_WORKER } },
        });
        this.emitFile({ type: 'asset', fileName: LICENCES, source: noticesText(noticesFor(sources)) });
      },
    },
  };
  return { inPage, inWorker };
}
