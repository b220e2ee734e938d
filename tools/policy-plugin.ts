/**
 * @file Vite's part of src/core/policy.ts: the policy inside every built page, for hosts that send no headers, and the
 * headers of the preview server. The development server has headers of its own (vite.config.ts).
 */
import type { Plugin } from 'vite';
import { META_POLICY, REFERRER_POLICY, headersFor } from '../src/core/policy.ts';

/** Before everything that the policy is about, and behind the one line that must stand in a page's first kilobyte. */
const CHARSET = '<meta charset="utf-8" />';
const META = `${CHARSET}
    <meta http-equiv="Content-Security-Policy" content="${META_POLICY}" />
    <meta name="referrer" content="${REFERRER_POLICY}" />`;

export function policyInPages(): Plugin {
  return {
    name: 'policy-in-pages',
    apply: 'build',
    transformIndexHtml: {
      order: 'pre',
      handler(html, { path }) {
        if (!html.includes(CHARSET)) throw new Error(`${path} has no ${CHARSET} to put its policy behind.`);
        return html.replace(CHARSET, META);
      },
    },
  };
}

export function policyInPreview(): Plugin {
  return {
    name: 'policy-in-preview',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        for (const [name, value] of Object.entries(headersFor(pathname))) response.setHeader(name, value);
        next();
      });
    },
  };
}
