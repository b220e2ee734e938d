/**
 * @file WebKitGTK's small browser under its own WebDriver, on a virtual screen where Xvfb is installed. Driver, screen
 * and profile serve one page and end with it.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrivenPage } from './driven-page.ts';
import { PATIENCE_MS } from './driven-page.ts';
import { findWebkitDriver, findXvfb } from './installed.ts';
import { poll } from './poll.ts';
import type { WebDriverSession } from './webdriver.ts';
import { isDriverReady, newSession } from './webdriver.ts';

/** A page that comes to isolation goes on in another process, and the answer that it owed is never given: after so many
 * milliseconds it is asked again. */
const ANSWER_MS = 10_000;

const CAPABILITIES = {
  // The document is there; what it loads is waited for in words of the page.
  pageLoadStrategy: 'eager',
  timeouts: { script: PATIENCE_MS, pageLoad: PATIENCE_MS },
};

/** Xvfb takes the first free screen and says its number. */
async function startScreen(): Promise<{ readonly display: string; readonly process: ChildProcess } | null> {
  const path = findXvfb();
  if (path === undefined) return null;
  const process = spawn(path, ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const said = process.stdio[3];
  if (said == null) throw new Error('Xvfb has no way to say its screen.');
  const number = await Promise.race([
    once(said, 'data').then(([data]) => String(data).trim()),
    once(process, 'exit').then(() => null),
  ]);
  if (number === null) throw new Error('Xvfb ended before it had a screen.');
  return { display: `:${number}`, process };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No free port was given.');
  return address.port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

/** Repeats until nothing is thrown; the last error when patience is at its end. */
async function retried(work: () => Promise<unknown>): Promise<void> {
  const failure = await poll(
    () =>
      work().then(
        () => null,
        (thrown: unknown) => ({ thrown }),
      ),
    (failure) => failure === null,
  );
  if (failure !== null) throw failure.thrown;
}

/** Hands the value of a promise, or what it failed with, back over the driver. */
const asyncScript = (expression: string) => `
  const tell = arguments[arguments.length - 1];
  Promise.resolve().then(() => (${expression}))
    .then((value) => tell({ value }), (thrown) => tell({ failed: String(thrown) }));`;

async function evaluate(session: WebDriverSession, expression: string): Promise<unknown> {
  const script = { script: asyncScript(expression), args: [] };
  const told = await session.command('POST', 'execute/async', script, ANSWER_MS);
  if (typeof told !== 'object' || told === null) throw new Error('The page went elsewhere.');
  if ('failed' in told) throw new Error(String(told.failed));
  return 'value' in told ? told.value : null;
}

const isLate = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === 'TimeoutError';

/** Once more where no answer came: what is asked may be asked twice. */
const askedAgain = (ask: () => Promise<unknown>): Promise<unknown> =>
  ask().catch((thrown: unknown) => {
    if (isLate(thrown)) return ask();
    throw thrown;
  });

export async function webkitPage(): Promise<DrivenPage> {
  const profile = await mkdtemp(join(tmpdir(), 'bootlace-webkit-'));
  const screen = await startScreen();
  const port = await freePort();
  const driver = spawn(findWebkitDriver(), [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      ...(screen === null ? {} : { DISPLAY: screen.display, GDK_BACKEND: 'x11' }),
      ...{ XDG_DATA_HOME: profile, XDG_CACHE_HOME: profile, XDG_CONFIG_HOME: profile },
    },
  });
  const end = async () => {
    await stop(driver);
    if (screen !== null) await stop(screen.process);
    await rm(profile, { recursive: true, force: true });
  };
  try {
    const base = `http://127.0.0.1:${port}`;
    await retried(async () => {
      if (!(await isDriverReady(base))) throw new Error('WebKitWebDriver does not answer.');
    });
    const session = await newSession(base, CAPABILITIES);
    return {
      browser: session.browser,
      open: async (url) => {
        await session.command('POST', 'url', { url });
      },
      reload: async () => {
        await session.command('POST', 'refresh');
      },
      evaluate: (expression) => askedAgain(() => evaluate(session, expression)),
      press: (xpath) =>
        // Until it is there, uncovered and stands still.
        retried(async () => {
          await session.command('POST', `element/${await session.element(xpath, ANSWER_MS)}/click`);
        }),
      close: async () => {
        // The browser may be gone already; its driver is ended in any case.
        await session.command('DELETE', '').catch(() => undefined);
        await end();
      },
    };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}
