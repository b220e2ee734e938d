/**
 * @file npm run import-task -- FILE... --out DIR: data files (CSV, JSON lines, Parquet, .xlsx and more) to a task folder, by
 * the importer that the page uses. Exit 0: written (or previewed); else the fault's kind (command-line.ts).
 */
import type { ImportFile } from '../src/words/importing.ts';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LabError } from '../src/core/errors.ts';
import { countFitting } from '../src/analysis/readiness/ask-rows.ts';
import { promptMaker } from '../src/method/prompt-maker.ts';
import { armOf } from '../src/words/plan.ts';
import type { Task, TaskKind } from '../src/words/task.ts';
import { SPLITS } from '../src/words/task.ts';
import { previewImport } from '../src/formats/import/import-task.ts';
import { openFiles } from '../src/formats/import/open.ts';
import {
  parseColumns,
  parseLabelNames,
  parseSizes,
  type ImportOptions,
} from '../src/formats/import/options.ts';
import { fileReportLines, reportLines } from '../src/formats/import/report.ts';
import { writeTaskFiles } from '../src/formats/task-folder.ts';
import { EXIT_HELP, parseCommandLine, runCommand, wholeNumber } from './command-line.ts';
import { writeWhole } from './experiment/durable.ts';
import { makeFolder, reading } from './file-faults.ts';

const HELP = `Makes a task folder from data files: CSV, TSV, JSON, JSON lines, Parquet, Excel workbooks (.xlsx), lines of a
label and a text, a file per class, or a file of texts beside one of answers; also packed as .gz or .zip.

  npm run import-task -- FILE... --out DIR     writes the folder, with all that was found in import.json
  npm run import-task -- FILE... --preview     only tells what would be written

Files whose names say train, dev (validation) or test keep that split; all else is drawn by the seed, without
doubles, alike over the labels; which rows are the test no seed changes. Files without answers become prompts and
need --pool.

  --label-names 0=negative,1=positive   names of raw labels; a label that is neither is rejected
  --columns input=a+b,output=c          which columns mean what, where the guess is wrong; also choices, correct,
                                        incorrect, references, group; "output=" says there is none, and
                                        choices=A+B+C+D that every choice has a column
  --kind classification|generation|multiple-choice
  --template 'Review: {input}\\nSentiment:'   the prompt (default: made of the columns' names)
  --answer-after '####'    score an answer by what stands after the mark, as GSM8K's; the rest is its working
  --keep-together COLUMN   rows with one value there stay in one split: of one passage, one conversation
  --several-labels reject  leave rows with several labels out (default: such a file is refused)
  --label CLASS FILE...  all lines (or rows) of the files after it have this label, up to the next --label
  --encoding NAME      as gbk, windows-1251, utf-16le; a byte order mark goes before it (default: found out)
  --delimiter NAME     what separates the columns of CSV: comma, semicolon, tab, pipe, space, or the sign itself
                       (default: found out)
  --pool FILE          answered rows for the pool (may be given several times)
  --name ID            the task's id (default: from the files' names)
  --description TEXT   --licence TEXT
  --seed N             keys every draw (default 1)
  --rounds N --prompts N    refuse unless a run of N rounds x N prompts is possible
  --sizes prompts=384,validation=96,test=328   rows of each split; what a file of one split has beyond its size is
                       drawn for the others (default: shares of what there is)
  --header yes|no      whether the first line of CSV, TSV and sheets names the columns (default: guessed)
  --model FOLDER       also tells how many rows fit this model's context
  --max-input-chars N (default 2000)   --max-answer-chars N (default 1000)

${EXIT_HELP}`;

/** npm runs scripts in the project's folder; paths are meant from where the person stands. */
const STANDING = process.env.INIT_CWD ?? process.cwd();
const KINDS: readonly TaskKind[] = ['classification', 'generation', 'multiple-choice'];

const OPTIONS = {
  help: { type: 'boolean', default: false },
  preview: { type: 'boolean', default: false },
  out: { type: 'string' },
  'label-names': { type: 'string' },
  columns: { type: 'string' },
  kind: { type: 'string' },
  pool: { type: 'string', multiple: true },
  name: { type: 'string' },
  description: { type: 'string' },
  licence: { type: 'string' },
  template: { type: 'string' },
  'answer-after': { type: 'string' },
  'keep-together': { type: 'string' },
  'several-labels': { type: 'string' },
  seed: { type: 'string' },
  rounds: { type: 'string' },
  prompts: { type: 'string' },
  sizes: { type: 'string' },
  header: { type: 'string' },
  label: { type: 'string', multiple: true },
  model: { type: 'string' },
  encoding: { type: 'string' },
  delimiter: { type: 'string' },
  'max-input-chars': { type: 'string' },
  'max-answer-chars': { type: 'string' },
} as const;
const SEE_HELP = 'See npm run import-task -- --help.';

function oneOf<const T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((word) => word === text);
  if (found !== undefined) return found;
  throw new LabError('invalid-request', `--${option} must be ${known.join(' or ')}, got "${text}".`);
}

interface GivenFile {
  readonly path: string;
  /** The answer to all its rows. */
  readonly label?: string;
}

/** The files with the label that was said before them. */
function givenFiles(tokens: ReturnType<typeof parseCommandLine>['tokens']): readonly GivenFile[] {
  const files: GivenFile[] = [];
  let label: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option' && token.name === 'label') label = token.value;
    if (token.kind === 'positional')
      files.push({ path: token.value, ...(label === undefined ? {} : { label }) });
  }
  return files;
}

async function readFileAt({ path, label }: GivenFile): Promise<ImportFile> {
  const whole = resolve(STANDING, path);
  const bytes = await reading(path, () => readFile(whole));
  // With its folder: train.tsv says nothing about the task.
  const name = `${basename(dirname(whole))}/${basename(whole)}`;
  return { name, bytes, ...(label === undefined ? {} : { label }) };
}

/** @throws LabError `invalid-request` for a folder that holds something already. */
function freeFolder(path: string | undefined): string {
  if (path === undefined) {
    throw new LabError('invalid-request', 'No folder to write to.', {
      remedy: 'Give --out DIR, or --preview.',
    });
  }
  const folder = resolve(STANDING, path);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new LabError('invalid-request', `${path} is not empty.`, {
      remedy: 'Give a new folder, or empty this one.',
    });
  }
  return folder;
}

/** Rows of each split that fit the model alone, with room for an answer. Loaded only where it is asked for. */
async function fittingLines(task: Task, folder: string): Promise<readonly string[]> {
  const { withModel } = await import('./node-model.ts');
  return withModel(resolve(STANDING, folder), async ({ ports }) => {
    const plan = { task, arm: armOf('soft', 'soft'), seed: 1 };
    const maker = await promptMaker(plan, ports);
    const lines: string[] = [];
    for (const split of SPLITS) {
      const { seen, fit } = await countFitting(maker, ports, task.splits[split]);
      lines.push(`fit ${ports.model.maxPositions} tokens: ${fit} of ${seen} ${split} rows`);
    }
    return lines;
  });
}

async function main(argv: readonly string[]): Promise<void> {
  const { values, tokens } = parseCommandLine(argv, OPTIONS, SEE_HELP);
  if (values.help) {
    console.log(HELP);
    return;
  }
  const out = values.preview ? null : freeFolder(values.out);
  const { name, description, licence, header, kind, template, encoding, delimiter } = values;
  const pool = values.pool && (await Promise.all(values.pool.map((path) => readFileAt({ path }))));
  const options: ImportOptions = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(licence === undefined ? {} : { licence }),
    ...(kind === undefined ? {} : { kind: oneOf('kind', kind, KINDS) }),
    ...(header === undefined ? {} : { hasHeader: oneOf('header', header, ['yes', 'no']) === 'yes' }),
    ...(values.columns === undefined ? {} : { columns: parseColumns(values.columns) }),
    ...(values['label-names'] === undefined ? {} : { labelNames: parseLabelNames(values['label-names']) }),
    ...(template === undefined ? {} : { template }),
    ...(values['answer-after'] === undefined ? {} : { answerAfter: values['answer-after'] }),
    ...(values['keep-together'] === undefined ? {} : { keepTogether: values['keep-together'] }),
    ...(values['several-labels'] === undefined
      ? {}
      : { severalLabels: oneOf('several-labels', values['several-labels'], ['reject']) }),
    ...(values.seed === undefined ? {} : { seed: wholeNumber('seed', values.seed, 0) }),
    ...(values.rounds === undefined ? {} : { rounds: wholeNumber('rounds', values.rounds) }),
    ...(values.prompts === undefined ? {} : { promptsPerRound: wholeNumber('prompts', values.prompts) }),
    ...(values.sizes === undefined ? {} : { sizes: parseSizes(values.sizes) }),
    ...(values['max-input-chars'] === undefined
      ? {}
      : { maxInputChars: wholeNumber('max-input-chars', values['max-input-chars']) }),
    ...(values['max-answer-chars'] === undefined
      ? {}
      : { maxAnswerChars: wholeNumber('max-answer-chars', values['max-answer-chars']) }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(pool === undefined ? {} : { pool: await openFiles(pool) }),
  };
  const given = await Promise.all(givenFiles(tokens).map(readFileAt));
  const { files, imported, problem } = previewImport(await openFiles(given), options);
  for (const line of fileReportLines(files)) console.log(line);
  if (problem !== null) throw problem;
  if (imported === null) return;
  for (const line of reportLines(imported)) console.log(line);
  if (values.model !== undefined)
    for (const line of await fittingLines(imported.task, values.model)) console.log(line);
  if (out === null) return;
  await makeFolder(out);
  const { task, extra, report } = imported;
  const made = [
    ...writeTaskFiles(task, extra),
    ['import.json', `${JSON.stringify(report, null, 2)}\n`] as const,
  ];
  try {
    for (const [path, text] of made) await writeWhole(join(out, path), text);
  } catch (thrown) {
    // A part of a task would stand in the way of the next try.
    for (const [path] of made) await rm(join(out, path), { force: true }).catch(() => undefined);
    throw thrown;
  }
  console.log(`written to ${out}`);
}

await runCommand(async () => {
  await main(process.argv.slice(2));
  return 0;
});
