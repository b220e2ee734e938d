/**
 * @file The page without a network: every file of the site is kept at the first visit and answered from there. It also
 * adds the headers of core/policy.ts, so that hosts that send none have the policy for workers too, and wasm threads.
 * Nothing else is fetched, cached or changed: requests to other hosts go their way.
 */
import type { PrecacheEntry } from 'workbox-precaching';
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { headersFor } from '../src/core/policy.ts';

/** Every file of the site, put in by the build (tools/offline-plugin.ts). */
declare const __SITE_FILES__: PrecacheEntry[];

function guarded(response: Response, { url }: Request): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(headersFor(new URL(url).pathname))) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

addPlugins([{ handlerWillRespond: ({ request, response }) => Promise.resolve(guarded(response, request)) }]);
precacheAndRoute(__SITE_FILES__);
// The whole site is kept, so what is not kept is not there: a model's folder is asked for files that it may lack.
registerRoute(
  ({ sameOrigin }) => sameOrigin,
  async ({ request }) => {
    try {
      return guarded(await fetch(request), request);
    } catch {
      return new Response('not here', { status: 404 });
    }
  },
);
cleanupOutdatedCaches();
