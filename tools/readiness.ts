/**
 * @file npm run readiness -- TASK_FOLDER --model DIR: whether a run of the task can work on the model, before it runs, and
 * with --templates which of several templates is better. Exit 0: it can, or may; 1: it cannot; else the fault's kind.
 */
import { join, resolve } from 'node:path';
import { LabError } from '../src/core/errors.ts';
import { plural } from '../src/core/plural.ts';
import { isJsonObject } from '../src/core/json-object.ts';
import { askSample } from '../src/analysis/readiness/sample.ts';
import {
  choiceWords,
  labelsUsedWords,
  shownTemplate,
  triedWords,
} from '../src/analysis/readiness/choice-words.ts';
import type { TemplateChoice } from '../src/analysis/readiness/templates.ts';
import { chooseTemplate } from '../src/analysis/readiness/templates.ts';
import type { Remedy } from '../src/analysis/readiness/remedies.ts';
import { sharesWords } from '../src/analysis/readiness/shares.ts';
import type { Readiness } from '../src/analysis/readiness/word.ts';
import { readinessOf } from '../src/analysis/readiness/word.ts';
import { readTask } from '../src/formats/task-folder.ts';
import { METHOD_NAMES } from '../src/words/methods.ts';
import { armOf, withRate } from '../src/words/plan.ts';
import { EXIT_HELP, parseCommandLine, runCommand, wholeNumber } from './command-line.ts';
import { writeWhole } from './experiment/durable.ts';
import { nodeSource } from './node-source.ts';
import { withModel } from './node-model.ts';
import { parseJson, readText } from './read-json.ts';

const HELP = `Says whether a run of a task can work on a model: a few rows of validation, probe or pool (never of the test) are
answered few-shot and zero-shot as the run would ask, and rounds and prompts are held against the task's rows.

  npm run readiness -- TASK_FOLDER --model DIR

  --method NAME      the arm's method (default soft)
  --set NAME=VALUE   a knob, as --set rounds=2; may be given several times
  --items N          rows asked (default 16; with --templates 64)
  --seconds N        begins no more rows after N seconds, as the page does after 5: of --items, or of 64, as many are
                     asked as there is time for, at least 4
  --seed N           keys every draw (default 1)
  --templates        asks several templates on rows of validation and pool instead, and says whether one is shown to be
                     better than the task's own
  --write            stores that one in the folder's task.json
  --json             prints all that was found as JSON

${EXIT_HELP} 1: the run cannot work.`;
const SEE_HELP = 'See npm run readiness -- --help.';

const STANDING = process.env.INIT_CWD ?? process.cwd();

const OPTIONS = {
  help: { type: 'boolean', default: false },
  model: { type: 'string' },
  method: { type: 'string', default: 'soft' },
  set: { type: 'string', multiple: true, default: [] as string[] },
  items: { type: 'string' },
  seconds: { type: 'string' },
  templates: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
} as const;

/** "rounds=2" as a knob and its value; words stay words. */
function knobSaid(said: string): readonly [string, unknown] {
  const at = said.indexOf('=');
  if (at < 1)
    throw new LabError('invalid-request', `--set must be NAME=VALUE, got "${said}".`, { remedy: SEE_HELP });
  const text = said.slice(at + 1);
  const isPlain = /^(true|false|-?\d+(\.\d+)?(e-?\d+)?)$/.test(text);
  return [said.slice(0, at), isPlain ? JSON.parse(text) : text];
}

/** What a person does with the remedy at the command line. */
function remedyLine(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'knobs':
      return `${remedy.words} (${Object.entries(remedy.set)
        .map(([name, value]) => `--set ${name}=${String(value)}`)
        .join(' ')})`;
    case 'template':
      return `${remedy.words} ("template" in task.json: ${JSON.stringify(remedy.template)})`;
    case 'labels':
      return `${remedy.words} (import-task --label-names ${Object.entries(remedy.names)
        .map(([label, name]) => `${label}=${name}`)
        .join(',')})`;
    case 'rows':
      return `${remedy.words} (--items ${remedy.rows})`;
    case 'templates':
      return `${remedy.words} (--templates)`;
    case 'model':
      return remedy.words;
  }
}

const linesOf = ({ word, shares, reasons }: Readiness): readonly string[] => [
  `readiness: ${word}`,
  sharesWords('few-shot', shares['few-shot']),
  sharesWords('zero-shot', shares['zero-shot']),
  ...reasons.flatMap(({ weight, code, text, remedies }) => [
    `${weight} (${code}): ${text}`,
    ...remedies.map((remedy) => `  remedy: ${remedyLine(remedy)}`),
  ]),
];

const templateLines = (choice: TemplateChoice): readonly string[] => [
  ...choice.tried.map((tried) => `${triedWords(tried)}  ${tried.name}: ${shownTemplate(tried.template)}`),
  choiceWords(choice),
  `labels used: ${labelsUsedWords(choice)}; none of the test`,
];

const MOST_BYTES = 2 ** 20;

/** The template alone is changed. */
async function storeTemplate(folder: string, template: string): Promise<void> {
  const path = join(folder, 'task.json');
  const json = parseJson(await readText(path, MOST_BYTES), path, 'task-integrity');
  if (!isJsonObject(json)) throw new LabError('task-integrity', `${path} is no object.`);
  await writeWhole(path, `${JSON.stringify({ ...json, template }, null, 2)}\n`);
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(argv, OPTIONS, SEE_HELP);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1 || values.model === undefined)
    throw new LabError('invalid-request', 'One task folder and --model DIR are expected.', {
      remedy: SEE_HELP,
    });
  const method = METHOD_NAMES.find((name) => name === values.method);
  if (method === undefined)
    throw new LabError(
      'invalid-request',
      `--method must be one of ${METHOD_NAMES.join(', ')}, got "${values.method}".`,
    );
  const said = armOf(method, method, Object.fromEntries(values.set.map(knobSaid)));
  const seed = wholeNumber('seed', values.seed, 0);
  const seconds = values.seconds === undefined ? null : wholeNumber('seconds', values.seconds);
  const isMany = values.templates || seconds !== null;
  const items = wholeNumber('items', values.items ?? (isMany ? '64' : '16'));
  if (values.write && !values.templates)
    throw new LabError('invalid-request', '--write goes with --templates.', { remedy: SEE_HELP });
  const task = await readTask(nodeSource(resolve(STANDING, folder)));
  return withModel(resolve(STANDING, values.model), async ({ ports, info }) => {
    const [arm = said] = withRate([said], ports.model.learningRate);
    const plan = { task, arm, seed };
    if (values.templates) {
      const hasChat = info.hasChatTemplate;
      const choice = await chooseTemplate(plan, ports, {
        ...{ rows: items, hasChat },
        onProgress: ({ asked, most, left }) => {
          console.error(`${asked} of at most ${most} answers, ${left} templates in the race`);
        },
      });
      console.log(values.json ? JSON.stringify(choice) : templateLines(choice).join('\n'));
      if (!values.write || choice.winner === null) return 0;
      if (choice.winner.chat === arm.knobs.chat)
        await storeTemplate(resolve(STANDING, folder), choice.winner.template);
      else
        console.error(
          `Chat is a knob of the run, which no task holds: nothing is written. In an experiment's arm: "chat": "${choice.winner.chat}".`,
        );
      return 0;
    }
    let told = 0;
    const sample = await askSample(plan, ports, {
      ...{ rows: items, seconds },
      onSeen: (seen) => {
        const { word, shares } = readinessOf(plan, seen);
        const { items: rows } = shares['few-shot'];
        if (rows > told) console.error(`so far, on ${plural(rows, 'row')}: ${word}`);
        told = rows;
      },
    });
    const found = readinessOf(plan, sample);
    console.log(values.json ? JSON.stringify({ ...found, sample }) : linesOf(found).join('\n'));
    return found.word === 'not ready' ? 1 : 0;
  });
}

await runCommand(() => main(process.argv.slice(2)));
