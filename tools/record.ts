/**
 * @file `npm run record -- FOLDER...`: the runs that the page plays to whoever waits (public/recorded), from finished folders
 * of experiments/recorded, the runner's or the twin's. Of each folder the seed is taken whose difference between SOFT and its
 * frozen teacher is the middle one; samples and predictions are in it, adapters are named only.
 */
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LabError } from '../src/core/errors.ts';
import { openSource } from '../src/formats/open-source.ts';
import { readTask } from '../src/formats/task-folder.ts';
import type { RunFile } from '../src/store/runs/run-file.ts';
import { writeRunFile } from '../src/store/runs/run-file.ts';
import type { Folder } from '../src/store/runs/read-folder.ts';
import { readFolder } from '../src/store/runs/read-folder.ts';
import { RECORDED, isRecorded, recordedPath } from '../src/words/recorded.ts';
import { runCommand } from './command-line.ts';
import { reading, writing } from './file-faults.ts';
import { folderInMemory } from './node-services.ts';
import { readResultRows } from './read-json.ts';
import { lastScore } from './results/last-score.ts';
import { middleSeed } from './results/middle-seed.ts';

const MOST_BYTES = 1_000_000;

/** All but the adapters, which it is then without. */
async function diskFolder(path: string): Promise<Folder> {
  const names = await reading(path, () => readdir(path, { recursive: true }));
  const paths = names.filter((name) => !name.startsWith('adapters'));
  return {
    ...{ label: path, paths },
    read: async (name, most) => {
      const { size } = await stat(join(path, name));
      if (size <= most) return readFile(join(path, name));
      throw new LabError(
        'import-refused',
        `${join(path, name)} has ${size} bytes, at most ${most} are read.`,
      );
    },
  };
}

async function recordedRun(path: string): Promise<RunFile> {
  const bundledTask = async (id: string) =>
    readTask(openSource(await folderInMemory(join('public/icl-pool', id))));
  const { runs } = await readFolder(await diskFolder(path), '', {
    factors: () => Promise.resolve(new Map()),
    bundledTask,
  });
  const [run] = runs;
  const [soft, frozen] = ['soft', 'frozen-teacher'].map((method) =>
    run?.setup.arms.find((arm) => arm.method === method),
  );
  if (
    run === undefined ||
    runs.length > 1 ||
    run.status !== 'done' ||
    soft === undefined ||
    frozen === undefined
  )
    throw new LabError(
      'invalid-request',
      `${path} is no finished run of SOFT and its frozen teacher on one task.`,
      {
        remedy: 'Name the folder of a file of experiments/recorded, finished.',
      },
    );
  const scoreOf = lastScore(await readResultRows(path), () => run.task.definition.metric);
  const differences = new Map(
    run.setup.seeds.flatMap((seed) => {
      const [a, b] = [soft, frozen].map(({ name }) => scoreOf(run.task.definition.id, name, seed));
      return a === undefined || b === undefined ? [] : [[seed, a - b] as const];
    }),
  );
  const seed = middleSeed(differences);
  if (seed === undefined)
    throw new LabError('invalid-request', `${path} has no seed that both arms were scored with.`);
  console.log(
    `${path}: ${[...differences].map(([own, value]) => `seed ${own} ${value.toFixed(3)}`).join(', ')}: seed ${seed}`,
  );
  return {
    ...run,
    name: `Recorded: SOFT on ${run.task.definition.id}, ${run.model.name}`,
    setup: { ...run.setup, seeds: [seed] },
    events: new Map([...run.events].filter(([key]) => key.endsWith(`/${seed}`))),
  };
}

async function main(folders: readonly string[]): Promise<number> {
  if (folders.length === 0)
    throw new LabError('invalid-request', 'No folder is named.', {
      remedy: 'Run experiments/recorded/nano.json, then npm run record -- FOLDER.',
    });
  for (const folder of folders) {
    const run = await recordedRun(resolve(process.env.INIT_CWD ?? '.', folder));
    const { name } = run.model;
    if (!isRecorded(name))
      throw new LabError('invalid-request', `The page plays no run of ${name}.`, {
        remedy: `It plays those of ${Object.keys(RECORDED).join(', ')} (src/words/recorded.ts).`,
      });
    const out = join('public', recordedPath(name));
    const bytes = writeRunFile(run);
    if (bytes.length > MOST_BYTES)
      throw new LabError(
        'invalid-request',
        `${basename(out)} would have ${bytes.length} bytes, at most ${MOST_BYTES} are shipped.`,
      );
    await mkdir('public/recorded', { recursive: true });
    await writing(out, () => writeFile(out, bytes));
    console.log(`${out}: ${bytes.length} bytes.`);
  }
  return 0;
}

await runCommand(() => main(process.argv.slice(2)));
