/**
 * @file `npm run world`: writes the development tasks to public/icl-pool (`--confirmation` the confirmation tasks), or
 * prints sentences of the world to be read (`--print N`). The same seed gives the same bytes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { corpusDocument } from './corpus.ts';
import { sealOf } from './freeze.ts';
import { CONFIRMATION_TASKS, DEVELOPMENT_TASKS, SEEDS } from './tasks.ts';
import { drawTask, writeTask } from './write-task.ts';

const HELP = `Makes the tasks of public/icl-pool from the generated English world.

  npm run world                      the development tasks
  npm run world -- --confirmation    the confirmation tasks (after world and model are frozen)
  npm run world -- --print 100       documents of the corpus and items of every task, to be read

  --seed N   (default 1; of the confirmation tasks 2)
    --out DIR   (default public/icl-pool)    --model DIR   (default public/models/nano)`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    confirmation: { type: 'boolean', default: false },
    print: { type: 'string' },
    seed: { type: 'string' },
    out: { type: 'string', default: 'public/icl-pool' },
    model: { type: 'string', default: 'public/models/nano' },
  },
});

const seed = Number(values.seed ?? SEEDS[values.confirmation ? 'confirmation' : 'development']);
const tasks = values.confirmation ? CONFIRMATION_TASKS : DEVELOPMENT_TASKS;

if (values.help) {
  console.log(HELP);
} else if (values.print !== undefined) {
  for (let index = 0; index < Number(values.print); index++) {
    console.log(
      corpusDocument(seed, index)
        .pieces.map((piece) => piece.text)
        .join(''),
    );
  }
  for (const task of tasks) {
    console.log(`--- ${task.id}`);
    for (const row of drawTask(task, seed).pool.slice(0, 20))
      console.log(`${row.difficulty ?? ''}\t${row.input} -> ${row.output}`);
  }
} else {
  await mkdir(values.out, { recursive: true });
  if (values.confirmation) {
    await writeFile(
      join(values.out, 'frozen.json'),
      `${JSON.stringify(await sealOf(values.model), null, 2)}\n`,
    );
  }
  for (const task of tasks) {
    await writeTask(task, seed, values.out);
    console.log(`${task.id}: written`);
  }
}
