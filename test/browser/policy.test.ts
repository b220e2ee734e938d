/**
 * @file The built page under its policy: every view and a whole run ask for nothing that is forbidden, and what is
 * planted is refused. With headers, with the page's own meta element alone, and with the service worker's headers.
 */
import type { Page, Worker } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { OpenOptions, OpenedPage } from './pages.ts';
import { openHarness, openPage } from './pages.ts';

declare global {
  /** What the policy refused here, by directive and address; a worker has its own. */
  var refused: string[];
  /** Set by what was planted, if it ever runs. */
  var planted: string | undefined;
}

const RUN =
  '#/run?arms=soft&rounds=1&promptsPerRound=8&testItems=16&fewShotItems=8&validationItems=8&probeItems=8&constrained=false';
const VIEWS = ['Samples', 'Follow', 'Playground', 'Compare', 'Data & models', 'Experiments'];
const PATIENCE = 100_000;

/** The lab's own workers. The runtimes' threads sleep in wasm and answer nobody. */
const isOwn = (worker: Worker): boolean => /\/(inference|training|import)\.worker/.test(worker.url());

function note(): void {
  globalThis.refused = [];
  globalThis.addEventListener('securitypolicyviolation', (event) => {
    globalThis.refused.push(`${event.effectiveDirective} ${event.blockedURI}`);
  });
}

interface Watched extends OpenedPage {
  readonly workers: Worker[];
}

let opened: OpenedPage | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function watch(options: OpenOptions, open = openPage): Promise<Watched> {
  const workers: Worker[] = [];
  const prepare = async (page: Page): Promise<void> => {
    await page.addInitScript(note);
    page.on('worker', (worker) => {
      if (!isOwn(worker)) return;
      workers.push(worker);
      worker.evaluate(note).catch(() => undefined); // It may have ended already.
    });
  };
  const started = await open({ ...options, prepare });
  opened = started;
  started.page.setDefaultTimeout(PATIENCE);
  return { ...started, workers };
}

/** Everything refused so far, in the page and in the workers that live. */
async function refusedIn({ page, workers }: Watched): Promise<readonly string[]> {
  const inPage = await page.evaluate(() => globalThis.refused);
  const live = workers.filter((worker) => page.workers().includes(worker));
  const inWorkers = await Promise.all(live.map((worker) => worker.evaluate(() => globalThis.refused)));
  return [inPage, ...inWorkers].flat();
}

/** A run to its end, then every view with what it shows of it, and the chart as each kind of file. */
async function useEverything({ page }: OpenedPage): Promise<void> {
  await page.getByText('nano ready').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('button', { name: 'Run again' }).waitFor();
  await page.getByRole('button', { name: /^label/ }).click();
  await page.locator('.token').first().waitFor();
  // What is said to screen readers is emptied from the second change on.
  for (let i = 0; i < 3; i++) await page.getByRole('button', { name: /Increase Rounds/ }).click();
  expect(await page.getByRole('textbox', { name: 'Rounds' }).inputValue()).toBe('4');
  for (const kind of ['SVG', 'PNG', 'CSV']) {
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: kind, exact: true }).first().click();
    await coming;
  }
  for (const view of VIEWS) {
    await page.getByRole('tab', { name: view }).click();
    await page.getByRole('tabpanel').getByRole('heading').first().waitFor();
    if (view === 'Playground') {
      await page.getByPlaceholder('The day at the zoo was').fill('Note: ');
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      await page.locator('.piece').first().waitFor();
    }
    if (view !== 'Data & models') continue;
    for (const place of [/Import a task/, /nano/, /Load a model/, /Storage/])
      await page.getByRole('option', { name: place }).click();
  }
}

/** As text: the tests' own build would rewrite an import. */
const TRY_WORKER = `(async () => {
  const attempts = [import('data:text/javascript,globalThis.planted="import"'), fetch('data:,x')];
  const outcomes = await Promise.allSettled(attempts);
  const isRefused = outcomes.every(({ status }) => status === 'rejected') && globalThis.planted === undefined;
  return isRefused ? 'refuses' : 'allows';
})()`;

/** What every live worker does with a foreign script and a foreign address. */
const tryWorkers = ({ page }: OpenedPage): Promise<readonly string[]> =>
  Promise.all(
    page
      .workers()
      .filter(isOwn)
      .map((worker) => worker.evaluate<string>(TRY_WORKER)),
  );

describe.each([
  { host: 'a host with headers', isolated: true },
  { host: 'a host without headers', isolated: false },
])('the page on $host', ({ isolated }) => {
  it('is refused nothing in any view, nor its workers', async () => {
    const watched = await watch({ isolated, file: RUN });
    await useEverything(watched);
    expect(watched.workers.length).toBeGreaterThanOrEqual(2);
    expect(await refusedIn(watched)).toEqual([]);
    expect(watched.strayRequests).toEqual([]);
    // The same ears hear a refusal.
    await watched.page.evaluate(() => fetch('https://elsewhere.test/').catch(() => null));
    // Header and meta element each tell it.
    await expect
      .poll(async () => [...new Set(await refusedIn(watched))])
      .toEqual([expect.stringMatching(/^connect-src https:\/\/elsewhere\.test/)]);
    expect(watched.strayRequests).toEqual([]);
  }, 300_000);

  it('runs no script that got into its text', async () => {
    const watched = await watch({ isolated });
    const { page } = watched;
    const outcomes = await page.evaluate(async () => {
      const plant = (what: string): string => `globalThis.planted = ${JSON.stringify(what)}`;
      const attempts: Record<string, () => unknown> = {
        'inline script': () => {
          const script = document.createElement('script');
          script.append(plant('inline script'));
          document.body.append(script);
        },
        'script of an address': () => {
          const script = document.createElement('script');
          script.setAttribute('src', `data:text/javascript,${plant('script of an address')}`);
          document.body.append(script);
        },
        'handler in HTML': () => {
          document.body.insertAdjacentHTML('beforeend', `<img src="none" onerror='${plant('handler')}'>`);
        },
        'handler as an attribute': () => {
          const button = document.createElement('button');
          button.setAttribute('onclick', plant('handler as an attribute'));
          document.body.append(button);
          button.click();
        },
        'javascript: link': () => {
          const link = document.createElement('a');
          link.href = `javascript:${plant('javascript: link')}`;
          document.body.append(link);
          link.click();
        },
        'document of another kind': () => {
          const frame = document.createElement('iframe');
          frame.srcdoc = `<script>parent.${plant('frame')}</script>`;
          document.body.append(frame);
        },
        'worker of another site': () => new Worker('https://elsewhere.test/worker.js'),
        'text as code': () => Reflect.apply(setTimeout, window, [plant('text as code')]) as number,
      };
      const thrown: string[] = [];
      for (const [name, attempt] of Object.entries(attempts)) {
        try {
          attempt();
        } catch {
          thrown.push(name);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { thrown, planted: globalThis.planted ?? null, refused: globalThis.refused.length };
    });
    expect(outcomes.planted).toBeNull();
    // HTML from text is refused at once: nothing of it is ever parsed.
    expect(outcomes.thrown).toEqual(expect.arrayContaining(['handler in HTML', 'worker of another site']));
    expect(outcomes.refused).toBeGreaterThanOrEqual(6);
    expect(watched.strayRequests).toEqual([]);
  });
});

describe('the workers’ own policy', () => {
  it('comes with headers', async () => {
    const watched = await watch({}, openHarness);
    expect(await tryWorkers(watched)).toEqual(['refuses', 'refuses']);
  });

  it('comes from the service worker where the host sends none', async () => {
    const watched = await watch({ offline: true, isolated: false });
    // Its own reload; nothing is asked of the page before, for to it playwright's questions are a person's doing.
    await watched.page.waitForEvent('load');
    expect(await watched.page.evaluate(() => window.crossOriginIsolated)).toBe(true);
    await watched.page.getByText('nano ready').waitFor();
    const policies = await watched.page.evaluate(async () => {
      const answer = await fetch('./');
      return ['content-security-policy', 'permissions-policy', 'x-content-type-options'].map((name) =>
        answer.headers.get(name),
      );
    });
    expect(policies).toEqual([
      expect.stringContaining("frame-ancestors 'none'"),
      expect.stringContaining('camera=()'),
      'nosniff',
    ]);
    const outcomes = await tryWorkers(watched);
    expect(outcomes.length).toBeGreaterThanOrEqual(2);
    expect(new Set(outcomes)).toEqual(new Set(['refuses']));
    expect(await watched.page.getByRole('button', { name: /wasm, \d+ threads/ }).count()).toBeGreaterThan(0);
  });
});

describe('an address that the policy does not allow', () => {
  it('is named as such by a worker that is to read a model there', async () => {
    const { page, strayRequests } = await watch({}, openHarness);
    const fault = await page.evaluate(() =>
      window.lab.inference
        .load({ source: { kind: 'url', url: 'https://elsewhere.test/model/' }, backend: 'wasm' })
        .then(
          () => 'loaded',
          (thrown: unknown) => String(thrown),
        ),
    );
    expect(fault).toMatch(/elsewhere\.test.*content security policy.*choose their folder/);
    expect(strayRequests).toEqual([]);
  });

  it('is named as such where the Hub leads to it', async () => {
    const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'range' };
    const { page } = await watch({});
    await page.route('https://huggingface.co/**', (route) => {
      const { pathname } = new URL(route.request().url());
      if (!pathname.startsWith('/api/'))
        return route.fulfill({
          status: 302,
          headers: { ...headers, location: 'https://elsewhere.test/file' },
        });
      const names = ['config.json', 'tokenizer.json', 'model.safetensors'];
      return route.fulfill({ headers, json: names.map((path) => ({ type: 'file', path, size: 9 })) });
    });
    await page.getByText('nano ready').waitFor();
    await page.getByRole('tab', { name: 'Data & models' }).click();
    await page.getByRole('option', { name: 'Load a model' }).click();
    await page.getByRole('textbox', { name: 'Name on the Hub' }).fill('owner/elsewhere');
    await page.getByRole('button', { name: 'Ask for its size' }).click();
    await page.getByRole('button', { name: 'Fetch and load' }).click();
    await page
      .getByText(/content security policy allows/)
      .first()
      .waitFor();
  });
});
