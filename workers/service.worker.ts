/**
 * @file The page without a network: every file of the site is kept at the first visit and answered from there. It also
 * adds the headers of cross-origin isolation, so that wasm threads work on hosts that send none. Nothing else is
 * fetched, cached or changed: requests to other hosts go their way.
 */
import type { PrecacheEntry } from 'workbox-precaching';
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';

/** Every file of the site, put in by the build (tools/offline-plugin.ts). */
declare const __SITE_FILES__: PrecacheEntry[];

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

function isolated(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

addPlugins([{ handlerWillRespond: ({ response }) => Promise.resolve(isolated(response)) }]);
precacheAndRoute(__SITE_FILES__);
// The whole site is kept, so what is not kept is not there: a model's folder is asked for files that it may lack.
registerRoute(
  ({ sameOrigin }) => sameOrigin,
  async ({ request }) => {
    try {
      return isolated(await fetch(request));
    } catch {
      return new Response('not here', { status: 404 });
    }
  },
);
cleanupOutdatedCaches();
