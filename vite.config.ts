/**
 * @file The build: a static site of relative URLs, so that it works from any host and sub-path. Workers are ES
 * modules; every wasm file is an asset of the site, so nothing is fetched from elsewhere.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';
import { DEVELOPMENT_HEADERS } from './src/core/policy.ts';
import { licences } from './tools/licences-plugin.ts';
import { offline } from './tools/offline-plugin.ts';
import { policyInPages, policyInPreview } from './tools/policy-plugin.ts';

/** A digest of all that shapes a message: page and worker of different builds then refuse each other. */
function protocolVersion(): string {
  const digest = createHash('sha256');
  for (const room of ['core', 'words', 'lora', 'protocol']) {
    const folder = new URL(`./src/${room}/`, import.meta.url);
    for (const name of readdirSync(folder).sort()) {
      if (name.endsWith('.ts')) digest.update(name).update(readFileSync(new URL(name, folder)));
    }
  }
  return digest.digest('hex').slice(0, 12);
}

/** The task.json of every bundled task, as the text of one list: no index file to forget, nothing to fetch. */
function bundledTasks(): string {
  const folder = new URL('./public/icl-pool/', import.meta.url);
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  return `[${names.map((name) => readFileSync(new URL(`${name}/task.json`, folder), 'utf8')).join(',')}]`;
}

/** tfjs starts its threads from the source text of a function, whose free variable `_scriptDir` must then not exist;
 * the minifier knows that here it does, drops the test for it and renames it, and every thread dies of a
 * ReferenceError. A property of the global object is undefined in both places (it only ever holds a URL that
 * wasm paths given explicitly make unnecessary).
 *
 * It also starts 8 workers at once, however many threads are asked for. Firefox 153 hangs for good in about one of a
 * hundred constructions of a worker inside a worker, so only those that will compute are started (runtimes/tfjs/backend.ts
 * says how many). */
function threadsFromSourceText(): Plugin {
  const pool = 'var pthreadPoolSize=8;';
  const declarations = /var _scriptDir = [^;]*;\s*if \(typeof __filename[^;]*;/;
  return {
    name: 'tfjs-threads-from-source-text',
    transform: {
      filter: { id: /tfjs-backend-wasm-threaded-simd\.js$/ },
      handler(code) {
        if (!declarations.test(code) || !code.includes(pool))
          this.error('tfjs-backend-wasm has changed: look at its thread start again.');
        const free = code
          .replace(declarations, '')
          .replaceAll('_scriptDir', 'globalThis.tfjsScriptDir')
          .replace(pool, 'var pthreadPoolSize=globalThis.tfjsPoolSize??8;');
        return { code: free, map: null };
      },
    },
  };
}

const thirdParties = licences();

export default defineConfig({
  base: './',
  // The page is in English: the component library's other languages stay out of it.
  plugins: [
    react(),
    optimizeLocales.vite({ locales: ['en-US'] }),
    policyInPages(),
    policyInPreview(),
    thirdParties.inPage,
    offline(),
  ],
  define: {
    __PROTOCOL_VERSION__: JSON.stringify(protocolVersion()),
    __BUNDLED_TASKS__: bundledTasks(),
  },
  worker: { format: 'es', plugins: () => [threadsFromSourceText(), thirdParties.inWorker()] },
  build: {
    target: 'es2023',
    // onnxruntime's wasm is 26.9 MB on its own; the warning would say nothing new.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      checks: { bundlerTimings: false },
      // The first script is one file, whatever later ones share with it: each shared part apart costs a request and a
      // compression of its own (two dozen of a few hundred bytes).
      output: { codeSplitting: { groups: [{ name: 'page', tags: ['$initial'] }] } },
    },
  },
  optimizeDeps: {
    // Both find their wasm beside their own file, which pre-bundling would move.
    exclude: ['onnxruntime-web', '@huggingface/transformers'],
    // What only the workers import would otherwise be found in the middle of a run, and reload the page.
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
    ],
  },
  server: { host: '127.0.0.1', headers: DEVELOPMENT_HEADERS },
  // None of the server's, which it would take over: tools/policy-plugin.ts sends them by path.
  preview: { host: '127.0.0.1', headers: {} },
});
