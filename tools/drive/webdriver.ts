/** @file The few commands of W3C WebDriver (w3.org/TR/webdriver2) that drive a page, over fetch. */

/** The key under which the protocol hands out an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export interface WebDriverSession {
  readonly browser: string;
  /** `path` below the session, e.g. 'url'. @throws Error in the driver's words, or `TimeoutError` where no answer comes */
  command(method: 'POST' | 'DELETE', path: string, body?: object, answerMs?: number): Promise<unknown>;
  /** The identifier of the first element that an XPath names. @throws Error where there is none */
  element(xpath: string, answerMs: number): Promise<string>;
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

async function ask(url: string, method: string, body?: object, answerMs?: number): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(answerMs === undefined ? {} : { signal: AbortSignal.timeout(answerMs) }),
  });
  const value = field(await answer.json(), 'value');
  if (answer.ok) return value;
  throw new Error(`${String(field(value, 'error'))}: ${String(field(value, 'message'))}`);
}

/** Whether a driver at `base` takes sessions already. */
export const isDriverReady = (base: string): Promise<boolean> =>
  ask(`${base}/status`, 'GET').then(
    (value) => field(value, 'ready') === true,
    () => false,
  );

/** @param capabilities as in the standard's `alwaysMatch` */
export async function newSession(base: string, capabilities: object): Promise<WebDriverSession> {
  const opened = await ask(`${base}/session`, 'POST', { capabilities: { alwaysMatch: capabilities } });
  const session = `${base}/session/${String(field(opened, 'sessionId'))}`;
  const granted = field(opened, 'capabilities');
  const command: WebDriverSession['command'] = (method, path, body, answerMs) =>
    ask(
      path === '' ? session : `${session}/${path}`,
      method,
      method === 'POST' ? (body ?? {}) : body,
      answerMs,
    );
  return {
    browser: `${String(field(granted, 'browserName'))} ${String(field(granted, 'browserVersion'))}`,
    command,
    element: async (xpath, answerMs) => {
      const element = await command('POST', 'element', { using: 'xpath', value: xpath }, answerMs);
      return String(field(element, ELEMENT));
    },
  };
}
