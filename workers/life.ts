/**
 * @file A worker that the browser ends (for want of memory, say) tells nobody. A Web Lock that it holds while it lives does:
 * the browser frees it, and the page that waits for it gets it.
 */

/** The lock's name, once it is held; null where the browser has no locks (insecure origins, old browsers). */
export function holdLife(): Promise<string | null> {
  if (!('locks' in navigator)) return Promise.resolve(null);
  const name = `worker/${Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join('-')}`;
  return new Promise((resolve) => {
    navigator.locks
      .request(name, () => {
        resolve(name);
        return new Promise<never>(() => undefined);
      })
      .catch(() => {
        resolve(null);
      });
  });
}
