import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findFirefox, missing } from '../../tools/drive/installed.ts';
import { parseOptions } from '../../tools/first-visits/options.ts';
import { loadLines, table } from '../../tools/first-visits/report.ts';
import { startHost } from '../../tools/hosts.ts';

/** Longer than a packet, and worth compressing. */
const TEXT = 'the owl hunts at night. '.repeat(4096);

describe('the hosts', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bootlace-hosts-'));
    await writeFile(join(folder, 'index.html'), TEXT);
    await writeFile(join(folder, 'empty.json'), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const part = { headers: { Range: 'bytes=4-7' } };

  it('plain: on a sub-path, with ranges, without compression or isolation', async () => {
    const host = await startHost('plain', folder);
    expect(new URL(host.url).pathname).toBe('/lab/');
    const answer = await fetch(host.url, part);
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes 4-7/${TEXT.length}`);
    expect(answer.headers.get('cross-origin-embedder-policy')).toBeNull();
    expect(await answer.text()).toBe(TEXT.slice(4, 8));
    expect((await fetch(host.url)).headers.get('content-encoding')).toBeNull();
    await host.close();
  });

  it('compressing: packs everything, says no length, and answers a range with the whole', async () => {
    const host = await startHost('compressing', folder);
    const answer = await fetch(host.url, part);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ 'content-encoding': 'gzip' });
    expect(answer.headers.get('content-length')).toBeNull();
    expect(answer.headers.get('accept-ranges')).toBeNull();
    expect(await answer.text()).toBe(TEXT);
    expect(await (await fetch(`${host.url}empty.json`)).text()).toBe('');
    await host.close();
  });

  it('preview: sends the headers of isolation', async () => {
    const host = await startHost('preview', folder);
    const { headers } = await fetch(host.url);
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    await host.close();
  });

  it('note what was asked and what became of it, and are gone when they are closed', async () => {
    const host = await startHost('plain', folder);
    await (await fetch(host.url, part)).arrayBuffer();
    await (await fetch(`${host.url}nothing`)).arrayBuffer();
    await vi.waitFor(() => {
      expect(host.requests).toMatchObject([
        { what: 'GET /lab/ bytes=4-7', answer: expect.stringMatching(/^206, \d+ bytes$/) as unknown },
        { what: 'GET /lab/nothing', answer: expect.stringMatching(/^404, \d+ bytes$/) as unknown },
      ]);
    });
    await host.close();
    await host.close();
    await expect(fetch(host.url)).rejects.toThrow();
  });
});

describe('what npm run first-visits is told', () => {
  it('is all browsers on the preview server, or what is asked for', () => {
    expect(parseOptions([])).toMatchObject({
      browsers: ['chromium', 'chromium-private', 'firefox', 'webkit'],
      hosts: ['preview'],
    });
    const words = ['--browser', 'firefox', '--host', 'all', '--times', '3', '--busy', '2', '--patience', '9'];
    expect(parseOptions(words)).toEqual({
      ...{ browsers: ['firefox'], hosts: ['preview', 'compressing', 'plain'] },
      ...{ times: 3, busy: 2, patienceSeconds: 9 },
    });
    expect(parseOptions(['--help'])).toBe('help');
  });

  it.each([
    [
      ['--browser', 'netscape'],
      /--browser must be chromium, chromium-private, firefox, webkit or all, got "netscape"/,
    ],
    [['--host', ''], /--host must be preview, compressing, plain or all, got ""/],
    [['--times', '0'], /--times must be a whole number from 1, got "0"/],
    [['--busy', 'very'], /--busy must be a whole number from 0, got "very"/],
    [['thrice'], /"thrice" is no option/],
    [['--speed', '3'], /--speed/],
  ])('is refused by name: %j', (words, said) => {
    expect(() => parseOptions(words)).toThrow(said);
  });
});

describe('what npm run first-visits says', () => {
  const good = (seconds: number) => ({
    browser: 'Fox 1',
    seconds,
    said: 'wasm, 2 threads',
    told: [],
    requests: [],
  });
  const mended = { ...good(9), told: ['Threads did not start: starting again.'] };
  const bad = {
    browser: 'Fox 1',
    seconds: null,
    said: 'hangs: Loading',
    told: [],
    requests: ['GET /a: 200, 0 bytes'],
  };

  it('is a line for each load, with the last requests of one that failed', () => {
    expect(loadLines(1, 'plain', good(2))).toEqual(['Fox 1, plain  1: ready after 2.0 s  wasm, 2 threads']);
    expect(loadLines(3, 'plain', mended)[1]).toBe('    Threads did not start: starting again.');
    expect(loadLines(2, 'plain', bad)).toEqual([
      'Fox 1, plain  2: FAILED  hangs: Loading',
      '    GET /a: 200, 0 bytes',
    ]);
  });

  it('is a table whose times are those of the loads that ended', () => {
    const rows = table([
      { host: 'plain', loads: [good(4), bad, good(1), good(2), good(3)] },
      { host: 'preview', loads: [good(3), mended, good(2)] },
      { host: 'preview', loads: [bad] },
    ]).map((line) => line.split(/ {2,}/));
    expect(rows).toEqual([
      ['browser', 'host', 'loads', 'failed', 'with notices', 'median', 'longest'],
      ['Fox 1', 'plain', '5', '1', '0', '2.5 s', '4.0 s'],
      ['Fox 1', 'preview', '3', '0', '1', '3.0 s', '9.0 s'],
      ['Fox 1', 'preview', '1', '1', '0', '-', '-'],
    ]);
  });
});

describe('browsers beside Chromium', () => {
  it('are named with how to get them where they are not there', () => {
    vi.stubEnv('PATH', '');
    vi.stubEnv('DISPLAY', '');
    vi.stubEnv('WAYLAND_DISPLAY', '');
    vi.stubEnv('FIREFOX_PATH', '');
    vi.stubEnv('WEBKIT_DRIVER_PATH', '');
    if (process.platform === 'linux') {
      expect(missing('firefox')).toMatch(/apt-get install firefox-esr/);
      expect(findFirefox).toThrow(/firefox: not installed/);
      expect(missing('webkit')).toMatch(/webkit2gtk-driver/);
      vi.stubEnv('WEBKIT_DRIVER_PATH', process.execPath);
      expect(missing('webkit')).toMatch(/no screen .*xvfb/);
      vi.stubEnv('DISPLAY', ':1');
      expect(missing('webkit')).toBeNull();
    }
    vi.stubEnv('FIREFOX_PATH', process.execPath);
    expect(missing('firefox')).toBeNull();
    vi.stubEnv('FIREFOX_PATH', '/no/such/firefox');
    expect(() => missing('firefox')).toThrow('FIREFOX_PATH names "/no/such/firefox", which does not exist');
    vi.unstubAllEnvs();
  });
});
