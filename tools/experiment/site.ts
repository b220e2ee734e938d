/**
 * @file Builds the experiment's page, once for each state of the sources: in .cache/experiment, under their digest. A
 * build is renamed into its place, so that several commands may build at a time.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(ROOT, '.cache', 'experiment');
export const PAGE = 'tools/experiment/page.html';

/** All that the page is made of. */
const SOURCES = ['src', 'workers', 'tools/experiment'];
const FILES = ['vite.config.ts', 'package-lock.json', 'tools/policy-plugin.ts'];
/** Builds that nobody used for so long are removed. */
const STALE_MS = 24 * 3600 * 1000;

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const paths = [...FILES];
  for (const folder of SOURCES) {
    const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) paths.push(join(entry.parentPath, entry.name));
  }
  for (const path of paths.sort()) {
    hash.update(path).update('\0');
    hash.update(await readFile(join(path.startsWith(ROOT) ? '' : ROOT, path)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function removeStale(keep: string): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const folder = join(CACHE, name);
    const { mtimeMs } = await stat(folder);
    if (name !== keep && Date.now() - mtimeMs > STALE_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** The folder of the built site, in which PAGE lies. */
export async function builtSite(): Promise<string> {
  const name = await digestOfSources();
  const site = join(CACHE, name);
  if (!existsSync(site)) {
    const beside = `${site}.${process.pid}`;
    await build({
      root: ROOT,
      configFile: join(ROOT, 'vite.config.ts'),
      logLevel: 'error',
      publicDir: false,
      build: { outDir: beside, emptyOutDir: true, rolldownOptions: { input: [join(ROOT, PAGE)] } },
    });
    await rename(beside, site).catch(async (cause: unknown) => {
      // Another command was faster.
      if (!existsSync(site)) throw cause;
      await rm(beside, { recursive: true, force: true });
    });
    // Another command may be at it too.
    await removeStale(name).catch(() => undefined);
  }
  const now = new Date();
  // A disk that can only be read from serves a site that is built.
  await utimes(site, now, now).catch(() => undefined);
  return site;
}
