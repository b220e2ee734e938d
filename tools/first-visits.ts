/**
 * @file npm run first-visits: how often a first visit fails, by browser and host, on a quiet machine or a busy one. A tool
 * and not a test: what fails once in thirty loads is found by loading thirty times.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { toLabError } from '../src/core/errors.ts';
import { missing } from './drive/installed.ts';
import { keepBusy } from './first-visits/busy.ts';
import { firstVisit } from './first-visits/load.ts';
import type { Load } from './first-visits/load.ts';
import type { Options } from './first-visits/options.ts';
import { HELP, parseOptions } from './first-visits/options.ts';
import type { Series } from './first-visits/report.ts';
import { loadLines, table } from './first-visits/report.ts';
import { startHost } from './hosts.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** @returns how many loads failed */
async function visits({ browsers, hosts, times, busy, patienceSeconds }: Options): Promise<number> {
  for (const browser of browsers) {
    const absent = missing(browser);
    if (absent !== null) throw new Error(`${browser}: ${absent}`);
  }
  await build({ root: ROOT, logLevel: 'warn' });
  const all: Series[] = [];
  const stopBusy = keepBusy(busy);
  try {
    for (const name of hosts) {
      const host = await startHost(name, `${ROOT}dist`);
      for (const browser of browsers) {
        const loads: Load[] = [];
        for (let number = 1; number <= times; number++) {
          const load = await firstVisit(browser, host, patienceSeconds);
          loads.push(load);
          for (const line of loadLines(number, name, load)) console.log(line);
        }
        all.push({ host: name, loads });
      }
      await host.close();
    }
  } finally {
    stopBusy();
  }
  console.log(`\n${busy === 0 ? 'No core' : `${busy} processes`} kept busy.`);
  for (const line of table(all)) console.log(line);
  return all.flatMap(({ loads }) => loads).filter(({ seconds }) => seconds === null).length;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else process.exitCode = (await visits(options)) === 0 ? 0 : 1;
} catch (thrown) {
  console.error(toLabError(thrown).message);
  process.exitCode = 2;
}
