/**
 * @file `npm run record -- [--arms A,B] [--without-texts] FOLDER...`: the runs that the page plays to whoever waits (public/recorded),
 * from folders of the runner's or the twin's, one of each task. Of the seeds that are whole the one is taken whose difference between
 * SOFT and its frozen teacher is the middle one; samples and predictions are in it, adapters are named only, texts that are
 * not ours to hand on are left out.
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
import { withoutTexts } from '../src/store/runs/without-texts.ts';
import type { RecordedName } from '../src/words/recorded.ts';
import { RECORDED, RECORDED_NAMES, recordedPath } from '../src/words/recorded.ts';
import { parseCommandLine, runCommand } from './command-line.ts';
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

interface Wish {
  /** Names of arms, SOFT and its frozen teacher first; undefined: these two. */
  readonly arms: readonly string[] | undefined;
  readonly isWithoutTexts: boolean;
}

const keyOf = (arm: string, seed: number): string => `${arm}/${seed}`;
const hasEnded = (run: RunFile, arm: string, seed: number): boolean =>
  run.events.get(keyOf(arm, seed))?.at(-1)?.type === 'ended';

/** The wanted arms of the run, SOFT and its frozen teacher first. */
function armsIn(run: RunFile, wish: Wish, path: string): readonly string[] {
  const { arms } = run.setup;
  const own = ['soft', 'frozen-teacher'].map((method) => arms.find((arm) => arm.method === method)?.name);
  const wanted = wish.arms ?? own;
  const found = wanted.flatMap((name) => arms.find((arm) => arm.name === name)?.name ?? []);
  const methods = found.slice(0, 2).map((name) => arms.find((arm) => arm.name === name)?.method);
  if (found.length < wanted.length || methods.join() !== 'soft,frozen-teacher')
    throw new LabError(
      'invalid-request',
      `${path} has not the arms that are wanted; it has ${arms.map(({ name }) => name).join(', ')}.`,
      { remedy: 'Name SOFT and its frozen teacher, then others: --arms soft,frozen-teacher' },
    );
  return found;
}

async function recordedRun(run: RunFile, path: string, wish: Wish): Promise<RunFile> {
  const { id, metric } = run.task.definition;
  const names = armsIn(run, wish, path);
  const scoreOf = lastScore(await readResultRows(path), () => metric);
  const differences = new Map(
    run.setup.seeds.flatMap((seed) => {
      const [a, b] = names.map((name) => scoreOf(id, name, seed));
      const isWhole = names.every((name) => hasEnded(run, name, seed));
      return !isWhole || a === undefined || b === undefined ? [] : [[seed, a - b] as const];
    }),
  );
  const seed = middleSeed(differences);
  if (seed === undefined)
    throw new LabError(
      'invalid-request',
      `${path} has no seed of ${id} that all of ${names.join(', ')} ended.`,
    );
  const told = [...differences].map(([own, value]) => `seed ${own} ${value.toFixed(3)}`).join(', ');
  console.log(`${path}, ${id}: ${told}: seed ${seed}`);
  const kept = new Set(names.map((name) => keyOf(name, seed)));
  const recorded: RunFile = {
    ...run,
    name: `Recorded: SOFT on ${id}, ${run.model.name}`,
    status: 'done',
    setup: { ...run.setup, seeds: [seed], arms: run.setup.arms.filter(({ name }) => names.includes(name)) },
    events: new Map([...run.events].filter(([key]) => kept.has(key))),
  };
  return wish.isWithoutTexts ? withoutTexts(recorded) : recorded;
}

function nameOf({ model, task }: RunFile): RecordedName {
  const { id } = task.definition;
  const found = RECORDED_NAMES.find(
    (name) => RECORDED[name].model === model.name && RECORDED[name].task === id,
  );
  if (found !== undefined) return found;
  const known = RECORDED_NAMES.map((name) => `${RECORDED[name].task} on ${RECORDED[name].model}`).join(', ');
  throw new LabError('invalid-request', `The page plays no run of ${id} on ${model.name}.`, {
    remedy: `It plays those of ${known} (src/words/recorded.ts).`,
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const remedy = 'Run experiments/recorded/nano.json, then npm run record -- FOLDER.';
  const { values, positionals: folders } = parseCommandLine(
    argv,
    { arms: { type: 'string' }, 'without-texts': { type: 'boolean' } },
    remedy,
  );
  if (folders.length === 0) throw new LabError('invalid-request', 'No folder is named.', { remedy });
  const wish = { arms: values.arms?.split(','), isWithoutTexts: values['without-texts'] === true };
  const bundledTask = async (id: string) =>
    readTask(openSource(await folderInMemory(join('public/icl-pool', id))));
  for (const folder of folders) {
    const path = resolve(process.env.INIT_CWD ?? '.', folder);
    const { runs } = await readFolder(await diskFolder(path), '', {
      factors: () => Promise.resolve(new Map()),
      bundledTask,
    });
    for (const run of runs) {
      const out = join('public', recordedPath(nameOf(run)));
      const bytes = writeRunFile(await recordedRun(run, path, wish));
      if (bytes.length > MOST_BYTES)
        throw new LabError(
          'invalid-request',
          `${basename(out)} would have ${bytes.length} bytes, at most ${MOST_BYTES} are shipped.`,
        );
      await mkdir('public/recorded', { recursive: true });
      await writing(out, () => writeFile(out, bytes));
      console.log(`${out}: ${bytes.length} bytes.`);
    }
  }
  return 0;
}

await runCommand(() => main(process.argv.slice(2)));
