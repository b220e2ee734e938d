import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HUB, META_POLICY, headersFor } from '../../src/core/policy.ts';
import { policyFetch } from '../../src/formats/policy-fetch.ts';

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const policyOf = (path: string): string => headersFor(path)['Content-Security-Policy'] ?? '';

/** A policy as a map of directives. */
const directives = (policy: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    policy.split('; ').map((part) => {
      const [name = '', ...values] = part.split(' ');
      return [name, values];
    }),
  );

describe('the policy', () => {
  it('is the same in the page and in its header, which alone can forbid frames', () => {
    expect(policyOf('/lab/')).toBe(`${META_POLICY}; frame-ancestors 'none'`);
    expect(META_POLICY).not.toContain('"');
  });

  it('gives no page inline scripts, evaluation or scripts from blobs', () => {
    for (const path of ['/', '/index.html', '/models/nano/README.md', '/icon.svg', '/a.js.html'])
      expect(directives(policyOf(path)).get('script-src')).toEqual(["'self'"]);
    for (const path of ['/a.js', '/assets/ort.mjs'])
      expect(directives(policyOf(path)).get('script-src')).toEqual(["'self'", 'blob:', "'wasm-unsafe-eval'"]);
  });

  it('allows this site and the Hub to be asked, and nothing else on the network', () => {
    for (const path of ['/', '/a.js'])
      expect(directives(policyOf(path)).get('connect-src')).toEqual([
        ...["'self'", 'blob:', HUB, 'https://*.huggingface.co', 'https://*.hf.co'],
      ]);
  });

  it('knows the style sheets that the libraries write today', () => {
    const styleIn = (file: string, pattern: RegExp): string => {
      const text = pattern.exec(readFileSync(`${MODULES}${file}`, 'utf8'))?.[1] ?? '';
      expect(text, file).not.toBe('');
      return text;
    };
    const aria = /style\.textContent = `([^`]*)`\.trim\(\)/;
    const styles = [
      styleIn('react-aria/dist/private/overlays/usePreventScroll.mjs', aria).trim(),
      styleIn('react-aria/dist/private/interactions/usePress.mjs', aria)
        .replace(/\$\{[^}]*\}/, 'data-react-aria-pressable')
        .trim(),
      styleIn('@observablehq/plot/src/plot.js', /append\("style"\)\.text\(\s*`([^`]*)`/).replaceAll(
        '${className}',
        styleIn('@observablehq/plot/src/style.js', /return "(plot-\w+)"/),
      ),
    ];
    for (const style of styles) {
      const digest = createHash('sha256').update(style).digest('base64');
      expect(directives(META_POLICY).get('style-src')).toContain(`'sha256-${digest}'`);
    }
  });
});

describe('a request that fails', () => {
  const target = new EventTarget();
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** A browser whose policy refuses `blockedURI`, told a moment after the failure. */
  function stub(blockedURI: string | null, effectiveDirective = 'connect-src'): void {
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
    vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target));
    vi.stubGlobal('fetch', () => {
      if (blockedURI !== null) {
        const event = Object.assign(new Event('securitypolicyviolation'), { blockedURI, effectiveDirective });
        setTimeout(() => target.dispatchEvent(event));
      }
      return Promise.reject(new TypeError('Failed to fetch'));
    });
  }

  it.each(['https://host.test/models/', 'https://host.test'])(
    'under the policy (%s) says so',
    async (uri) => {
      stub(uri);
      const asked = policyFetch('https://host.test/models/');
      await expect(asked).rejects.toMatchObject({
        code: 'source-unreadable',
        message: expect.stringMatching(/^https:\/\/host\.test\/models\/ .*content security policy/) as string,
      });
    },
  );

  it.each([
    ['is the network’s', null, 'connect-src'],
    ['comes beside another host’s refusal', 'https://other.test/', 'connect-src'],
    ['comes beside another kind’s refusal', 'https://host.test/', 'img-src'],
  ])('and %s is left as it was', async (_what, uri, directive) => {
    stub(uri, directive);
    await expect(policyFetch('https://host.test/')).rejects.toThrow(TypeError);
  });
});
