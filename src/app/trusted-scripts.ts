/**
 * @file What the page says of the addresses that it starts workers from. Its policy (core/policy.ts) has browsers refuse
 * every text that is about to become HTML or script; allowed are the addresses of workers, where they are of this site,
 * and no HTML at all: React Aria empties what it tells screen readers by setting it to ''. Browsers without Trusted Types
 * do as they always did.
 */

interface Rules {
  /** null refuses. */
  createScriptURL(address: string): string | null;
  createHTML(text: string): string | null;
}

declare global {
  interface Window {
    readonly trustedTypes?: {
      readonly defaultPolicy: unknown;
      createPolicy(name: string, rules: Rules): unknown;
    };
  }
}

/** Before the first worker; once is enough. */
export function trustOwnScripts(): void {
  const { trustedTypes } = window;
  if (trustedTypes?.defaultPolicy !== null) return;
  trustedTypes.createPolicy('default', {
    createScriptURL: (address) =>
      new URL(address, document.baseURI).origin === window.location.origin ? address : null,
    createHTML: (text) => (text === '' ? '' : null),
  });
}
