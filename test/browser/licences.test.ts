/** @file The built site brings the licences of all that it contains: page, workers, fonts, wasm, service worker. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LICENCES } from '../../tools/licences-plugin.ts';
import { SITE } from './build.ts';

const text = (): string => readFileSync(`${SITE}/${LICENCES}`, 'utf8');

describe('the third parties’ licences', () => {
  it.each([
    ['the page', 'react-dom'],
    ['the page', 'react-aria-components'],
    ['a chunk of the page', '@observablehq/plot'],
    ['the labelling worker', 'onnxruntime-web'],
    ['a file packed into another', '@huggingface/jinja'],
    ['the training worker', '@tensorflow/tfjs-core'],
    ['a wasm file', '@tensorflow/tfjs-backend-wasm'],
    ['the importing worker', 'chardet'],
    ['a chunk of the importing worker', 'hyparquet'],
    ['a chunk of the importing worker', 'read-excel-file'],
    ['the service worker', 'workbox-precaching'],
    ['a font', '@fontsource-variable/atkinson-hyperlegible-mono'],
  ])('of %s: %s', (_where, name) => {
    const manifest = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
    const [, version = 'none'] = /"version": *"([^"]+)"/.exec(readFileSync(manifest, 'utf8')) ?? [];
    expect(text()).toContain(`\n${name} ${version} (`);
  });

  it('with the whole text of each, and no package that only builds', () => {
    const notices = text().split(/^-{78}$/m);
    const named = [...(notices[0] ?? '').matchAll(/^\S+ \S+: \S+$/gm)];
    expect(notices.length - 1).toBe(named.length);
    for (const notice of notices.slice(1)) expect(notice.length, notice.slice(0, 80)).toBeGreaterThan(500);
    expect(text()).not.toMatch(/^(vite|vitest|typescript|playwright-core) \d/m);
  });

  it('kept for use without a network', () => {
    const worker = readFileSync(`${SITE}/service-worker.js`, 'utf8');
    expect(worker).toContain(LICENCES);
    expect(readdirSync(SITE)).toContain(LICENCES);
  });
});
