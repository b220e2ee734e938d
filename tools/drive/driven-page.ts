/**
 * @file One page in a browser whose profile is new, driven from outside: all that a description of a visit needs, so
 * that one description serves Chromium, Firefox and WebKit.
 */
export const BROWSERS = ['chromium', 'chromium-private', 'firefox', 'webkit'] as const;
export type BrowserName = (typeof BROWSERS)[number];

/** Milliseconds; a safety net for what hangs, never a measure of what works. */
export const PATIENCE_MS = 180_000;

export interface DrivenPage {
  /** E.g. "Firefox 153.7.0". */
  readonly browser: string;
  /** Returns when the document is there; what it loads after that is for the waits. */
  open(url: string): Promise<void>;
  /** As a person reloads. Returns when the new document is there. */
  reload(): Promise<void>;
  /** The value of an expression in the page, as JSON has it; a promise is awaited. Fails while the page goes elsewhere. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits for the one element that an XPath names, and presses it with the mouse. */
  press(xpath: string): Promise<void>;
  /** Ends the browser and removes its profile. */
  close(): Promise<void>;
}
