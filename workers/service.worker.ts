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

/** The part that `range` asks for, cut at the file's end as RFC 9110 has it (workbox-range-requests refuses such a range,
 * and a file's head is asked for before its size is known); the whole where it asks for none or for several. */
async function part(response: Response, range: string | null): Promise<Response> {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '') return response;
  const whole = await response.blob();
  const begin = Number(first);
  const end = last === '' ? whole.size : Math.min(whole.size, Number(last) + 1);
  const headers = new Headers(response.headers);
  if (begin >= end) {
    headers.set('Content-Range', `bytes */${whole.size}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set('Content-Range', `bytes ${begin}-${end - 1}/${whole.size}`);
  headers.set('Content-Length', String(end - begin));
  return new Response(whole.slice(begin, end), { status: 206, headers });
}

addPlugins([
  {
    // Weights are read by ranges; the cache holds whole files.
    cachedResponseWillBeUsed: ({ request, cachedResponse }) =>
      Promise.resolve(cachedResponse && part(cachedResponse, request.headers.get('range'))),
    handlerWillRespond: ({ request, response }) => Promise.resolve(guarded(response, request)),
  },
]);
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
