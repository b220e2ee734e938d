/**
 * @file npm run regression [-- --update]: runs test/regression/experiment.json afresh and says where it departs from what
 * is recorded beside it, or records it anew. Exit 0: every byte as recorded, or written; 1: it departs; else the fault's
 * kind (command-line.ts).
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCommandLine, runCommand } from './command-line.ts';
import { streamReporter } from './experiment/report.ts';
import { RECORDED, recordAfresh, recordedWith } from './regression/afresh.ts';
import { compareRecordings, departureLines } from './regression/compare.ts';
import { readRecording, writeRecording } from './regression/recording.ts';

const USAGE = 'Usage: npm run regression [-- --update]';

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { update } = parseCommandLine(argv, { update: { type: 'boolean', default: false } }, USAGE).values;
  // A recording that cannot be read is told before the minute that the run takes.
  const recorded = update ? null : await readRecording(RECORDED);
  const { recording, maker } = await recordAfresh(streamReporter(process.stdout), signal);
  const now = JSON.stringify(maker, null, 2);
  if (recorded === null) {
    await writeRecording(RECORDED, recording);
    await writeFile(join(RECORDED, 'made.json'), `${now}\n`);
    console.log(`\nWritten to ${RECORDED}. Name what changed, with its reason, in CHANGELOG.md.`);
    return 0;
  }
  const departures = compareRecordings(recorded, recording);
  console.log(`\n${departureLines(departures).join('\n')}`);
  if (departures.length === 0) return 0;
  console.log(`Recorded with ${await recordedWith()}, now run with ${now}.`);
  console.log('Where it is meant: npm run regression -- --update, and its reason in CHANGELOG.md.');
  return 1;
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stop.abort();
  });
}
await runCommand(() => main(process.argv.slice(2), stop.signal));
