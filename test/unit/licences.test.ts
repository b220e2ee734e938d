import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { noticesFor, noticesText } from '../../tools/licences/packages.ts';

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));
let modules: string;

beforeEach(() => {
  modules = join(mkdtempSync(join(tmpdir(), 'licences-')), 'node_modules');
});

/** A package in node_modules; the path of a module inside. */
function install(name: string, manifest: object, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(modules, name);
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
  // Only sets the kind of modules: no package.
  writeFileSync(join(folder, 'dist', 'package.json'), '{"type":"module"}');
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return join(folder, 'dist', 'main.js');
}

describe('the licences of what the site contains', () => {
  it('gives each package once, with its version, licence and whole text', () => {
    const a = install('@scope/a', { license: 'ISC' }, { 'license.md': 'ISC of a', NOTICE: 'by whom' });
    const b = install('b', { license: 'OFL-1.1' }, { COPYING: 'OFL of b' });
    const notices = noticesFor([b, a, a.replace('main', 'other'), '/project/src/own.ts']);
    expect(notices).toEqual([
      { name: '@scope/a', version: '1.0.0', licence: 'ISC', text: 'by whom\n\nISC of a' },
      { name: 'b', version: '1.0.0', licence: 'OFL-1.1', text: 'OFL of b' },
    ]);
    expect(noticesText(notices)).toContain('b 1.0.0 (OFL-1.1)\n\nOFL of b\n');
  });

  it.each([
    ['GPL-3.0-only', { license: 'GPL-3.0-only' }],
    ['an expression', { license: '(MIT OR GPL-2.0)' }],
    ['no licence', {}],
    ['an object of before SPDX', { license: { type: 'MIT' } }],
  ])('refuses %s', (_what, manifest) => {
    const file = install('c', manifest, { LICENSE: 'text' });
    expect(() => noticesFor([file])).toThrow(/^c 1\.0\.0: its licence ".*" is none of/);
  });

  it('refuses a licence without a text that nobody has looked into', () => {
    const file = install('d', { license: 'MIT' });
    expect(() => noticesFor([file])).toThrow(/^d \(MIT\) brings no text of its licence/);
  });

  it('gives the text and the copyright of those that are known to lack it', () => {
    const [ort] = noticesFor([`${MODULES}onnxruntime-web/dist/ort.webgpu.min.mjs`]);
    expect(ort?.text).toMatch(/Copyright \(c\) Microsoft[^]*Permission is hereby granted/);
    const [tfjs] = noticesFor([`${MODULES}@tensorflow/tfjs-core/dist/index.js`]);
    expect(tfjs?.text).toMatch(/Copyright 2018 Google LLC[^]*Apache License[^]*END OF TERMS/);
  });

  it('names every package that is packed into transformers.js’ one file', () => {
    const file = `${MODULES}@huggingface/transformers/dist/transformers.web.js`;
    const packed = readFileSync(file, 'utf8').matchAll(
      /^\/\/ .*\/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//gm,
    );
    const names = noticesFor([file]).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(1);
    expect(names).toEqual(expect.arrayContaining([...packed].map(([, name]) => name)));
  });
});
