/**
 * @file fetch whose refusal by the page's policy says so. Browsers report a forbidden host, and a redirect to one, as if
 * the network were down; that it was the policy comes as an event beside it.
 */
import { LabError } from '../core/errors.ts';

/** How long the event may take after the failure: it is a task of its own. */
const EVENT_MS = 50;

const originOf = (address: string): string => (URL.canParse(address) ? new URL(address).origin : address);

/** The event by the parts that are read; workers and pages fire it on different objects, and it reaches both globals. */
const isAbout = (event: Event, address: string): boolean =>
  'effectiveDirective' in event &&
  event.effectiveDirective === 'connect-src' &&
  'blockedURI' in event &&
  typeof event.blockedURI === 'string' &&
  originOf(event.blockedURI) === originOf(address);

/** @throws LabError `source-unreadable` where the page's policy forbids it; whatever fetch throws otherwise */
export async function policyFetch(address: string, init?: RequestInit): Promise<Response> {
  const refusals: Event[] = [];
  const note = (event: Event): void => {
    if (isAbout(event, address)) refusals.push(event);
  };
  // Node has no events of its global.
  const events = 'addEventListener' in globalThis ? globalThis : null;
  events?.addEventListener('securitypolicyviolation', note);
  try {
    return await fetch(address, init);
  } catch (cause) {
    if (init?.signal?.aborted === true) throw cause;
    if (events !== null) await new Promise((resolve) => setTimeout(resolve, EVENT_MS));
    if (refusals.length === 0) throw cause;
    throw new LabError(
      'source-unreadable',
      `${address} was not asked, or leads to a host that was not: this page’s content security policy allows connections to its own site and to the Hub (huggingface.co, hf.co) alone.`,
      { cause, remedy: 'Download the files and choose their folder, or put them beside the page.' },
    );
  } finally {
    events?.removeEventListener('securitypolicyviolation', note);
  }
}
