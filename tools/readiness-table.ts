/**
 * @file npm run readiness-table -- --model NAME=DIR... FOLDER...: asks for readiness's word on every labelling arm of
 * finished runs, joins it with what their results say, and writes docs/results/readiness.jsonl and docs/READINESS.md.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { askSample } from '../src/analysis/readiness/sample.ts';
import { readinessOf } from '../src/analysis/readiness/word.ts';
import { LabError } from '../src/core/errors.ts';
import { checked } from '../src/core/shape.ts';
import { pathOfTask } from '../src/store/runs/run-folder.ts';
import { withRate } from '../src/words/plan.ts';
import { taskShape } from '../src/words/task.ts';
import { EXIT_HELP, parseCommandLine, runCommand, wholeNumber } from './command-line.ts';
import { writeWhole } from './experiment/durable.ts';
import { withModel } from './node-model.ts';
import { parseJson, parseJsonLines, readResultRows, readRunJson, readText } from './read-json.ts';
import { readinessPage } from './results/readiness-page.ts';
import type { ReadinessRow } from './results/readiness-row.ts';
import { labelArms, outcomeOf, readinessRow, runKey, setOf } from './results/readiness-row.ts';

const HELP = `Readiness's word before, against what happened.

  npm run readiness-table -- --model NAME=DIR FOLDER...

  FOLDER...         finished folders of npm run experiment, or of the twin
  --model NAME=DIR  where the model is that run.json calls so (may be given several times)
  --items N         rows asked of each (default 16)
  --fresh           begins the table anew; else what is there stays, and runs that are there already are asked again

Without a folder the page is written anew from docs/results/readiness.jsonl.

${EXIT_HELP}`;
const SEE_HELP = 'See npm run readiness-table -- --help.';
const STANDING = process.env.INIT_CWD ?? process.cwd();
const ROWS = 'docs/results/readiness.jsonl';
const PAGE = 'docs/READINESS.md';
const MOST_BYTES = 64 * 1024 ** 2;

const OPTIONS = {
  help: { type: 'boolean', default: false },
  model: { type: 'string', multiple: true, default: [] as string[] },
  items: { type: 'string', default: '16' },
  fresh: { type: 'boolean', default: false },
} as const;

function modelFolders(said: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    said.map((text) => {
      const at = text.indexOf('=');
      if (at < 1)
        throw new LabError('invalid-request', `--model must be NAME=DIR, got "${text}".`, {
          remedy: SEE_HELP,
        });
      return [text.slice(0, at), resolve(STANDING, text.slice(at + 1))];
    }),
  );
}

async function standing(isFresh: boolean): Promise<readonly ReadinessRow[]> {
  if (isFresh || !existsSync(ROWS)) return [];
  const lines = parseJsonLines(await readText(ROWS, MOST_BYTES), ROWS, 'source-unreadable');
  return lines.map((line, i) => checked(readinessRow, line, `${ROWS}, row ${i + 1}`, 'source-unreadable'));
}

/** The rows of a folder's labelling arms that scored enough to say. */
async function rowsOf(
  folder: string,
  models: ReadonlyMap<string, string>,
  items: number,
): Promise<readonly ReadinessRow[]> {
  const run = await readRunJson(folder);
  const results = await readResultRows(folder);
  const { model, tasks, seeds } = run.config;
  const directory = models.get(model);
  if (directory === undefined)
    throw new LabError('invalid-request', `${folder} was run on ${model}, and nobody said where that is.`, {
      remedy: `Add --model ${model}=DIR.`,
    });
  return withModel(directory, async ({ ports, info }) => {
    if (info.sha256 !== run.config.modelSha256)
      throw new LabError('model-integrity', `${directory} is another model than that of ${folder}.`);
    const rows: ReadinessRow[] = [];
    for (const id of Object.keys(tasks)) {
      const path = join(folder, pathOfTask(id));
      const json = parseJson(await readText(path, MOST_BYTES), path, 'task-integrity');
      const task = checked(taskShape, json, path, 'task-integrity');
      for (const arm of withRate(labelArms(run), ports.model.learningRate)) {
        for (const seed of seeds) {
          const outcome = outcomeOf(results, { task: id, arm: arm.name, seed }, run);
          if (outcome === null) continue;
          const plan = { task, arm, seed };
          const { word, shares, reasons } = readinessOf(
            plan,
            await askSample(plan, ports, { rows: items, seconds: null }),
          );
          const few = shares['few-shot'];
          const codes = reasons.filter(({ weight }) => weight !== 'tells').map(({ code }) => code);
          const which = { model, task: id, arm: arm.name, seed, set: setOf(arm) };
          const said = { word, reasons: codes, rows: few.items, fewShot: few.right, labels: few.labels };
          rows.push({ ...which, ...said, zeroShot: shares['zero-shot'].right, ...outcome });
          console.log(`${model}, ${id}, ${arm.name}, seed ${seed}: ${word}; ${outcome.happened}`);
        }
      }
    }
    return rows;
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(argv, OPTIONS, SEE_HELP);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const models = modelFolders(values.model);
  const items = wholeNumber('items', values.items);
  let rows = await standing(values.fresh);
  for (const folder of positionals) {
    const more = await rowsOf(resolve(STANDING, folder), models, items);
    const keys = new Set(more.map(runKey));
    rows = [...rows.filter((row) => !keys.has(runKey(row))), ...more];
    // What was asked is not lost where a later folder fails.
    await writeWhole(ROWS, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  await writeWhole(PAGE, readinessPage(rows));
  console.log(`${PAGE}: ${rows.length} runs.`);
  return 0;
}

await runCommand(() => main(process.argv.slice(2)));
