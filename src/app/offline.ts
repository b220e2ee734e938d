/**
 * @file Registers the service worker of the built site: the page then works without a network, and on hosts that send
 * no headers its next load is cross-origin isolated, which wasm threads need.
 */
import { threadsFor } from '../words/engine.ts';

/** Set before a reload, so that a browser that gives no isolation is not reloaded for ever. */
const RELOADED = 'bootlace reloaded for isolation';

export interface OfflineOptions {
  /** Resolves when the first load has ended: until then the site's files are not fetched a second time, to be kept. */
  readonly hasLoaded: Promise<unknown>;
  /** Nothing that the lab does is lost by a reload now. */
  readonly isIdle: () => boolean;
  readonly notify: (text: string) => void;
}

function mayReload(): boolean {
  try {
    if (sessionStorage.getItem(RELOADED) !== null) return false;
    sessionStorage.setItem(RELOADED, 'yes');
    return true;
  } catch {
    return false; // No storage: it could not be known that it was done.
  }
}

/** Whoever has clicked or typed here would lose what came of it; a browser that does not say is taken at its word. */
function isUntouched(): boolean {
  return 'userActivation' in navigator && !navigator.userActivation.hasBeenActive;
}

/** Does nothing in development and where the browser has no service workers (insecure origins). */
export async function workOffline({ hasLoaded, isIdle, notify }: OfflineOptions): Promise<void> {
  if (import.meta.hot !== undefined || !('serviceWorker' in navigator)) return;
  await hasLoaded;
  const { serviceWorker } = navigator;
  const isFirst = serviceWorker.controller === null;
  try {
    await serviceWorker.register(new URL('service-worker.js', document.baseURI));
  } catch {
    // Refused by the browser's settings, say: the page works as it is.
    return;
  }
  const registration = await serviceWorker.ready;
  registration.addEventListener('updatefound', () => {
    const fresh = registration.installing;
    fresh?.addEventListener('statechange', () => {
      if (fresh.state === 'installed' && serviceWorker.controller !== null)
        notify('A newer version of this page is here. It comes when all windows of it have been closed.');
    });
  });
  if (!isFirst || window.crossOriginIsolated) return;
  const threads = threadsFor(navigator.hardwareConcurrency);
  if (threads === 1) return;
  if (isIdle() && isUntouched() && mayReload()) window.location.reload();
  else {
    // Whether this browser gives an isolated page threads is not known before.
    notify(
      `Reload the page when it suits you: where the browser allows it, ${threads} processor threads then compute in place of one.`,
    );
  }
}
