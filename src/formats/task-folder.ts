/**
 * @file A task as a folder: task.json with pool, prompts, validation, probe and test as JSON lines, the layout of
 * public/icl-pool (its task.schema.json is made of the shape here). Read strictly, since a wrong row would only
 * show as a wrong score; every fault is a LabError `task-integrity` naming file, line and field.
 */
import { LabError } from '../core/errors.ts';
import type { Infer, Wrong } from '../core/shape.ts';
import {
  array,
  count,
  distinct,
  object,
  optional,
  parse,
  text,
  textLike,
  textWithin,
  wholeWithin,
} from '../core/shape.ts';
import { LONGEST_LABEL, LONGEST_NAME, LONGEST_TEXT, MOST_LABELS } from '../core/bounds.ts';
import { MOST_DEMONSTRATIONS } from '../words/run-limits.ts';
import type { SplitName, Task, TaskDefinition, TaskRow } from '../words/task.ts';
import { SPLITS, taskDefinition, taskRow } from '../words/task.ts';
import { missingFile, type FileSource } from './file-source.ts';
import { refuseDeepJson } from './json-depth.ts';
import { decodeUtf8, readJson } from './json.ts';
import { definitionWrong, rowWrong } from './task-rules.ts';

/** Larger than any task that a page could hold. */
const MAX_SPLIT_BYTES = 256 * 1024 * 1024;

/** What stands in task.json beside the definition. */
const extraFields = object({
  /** What input and output are called in the template, e.g. Question and Type. */
  fields: object({ input: textWithin(LONGEST_NAME, 1), output: textWithin(LONGEST_NAME, 1) }),
  /** Who made the rows, for generated tasks. */
  generator: optional(object({ name: text, version: text, seed: count })),
  /** Address of the JSON Schema, absolute or from the folder. */
  $schema: optional(text),
});
export type TaskExtra = Infer<typeof extraFields>;

const said = (most: number) => textLike(/\S/, `text of at most ${most} characters that is not blank`, most);
/** task.json; what one field says of another is asked in task-rules.ts. */
export const taskFile = object({
  ...taskDefinition.entries,
  // Narrower than in runs that are kept, which are taken as they are.
  id: textLike(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'small letters, digits and single hyphens', LONGEST_NAME),
  ...{ description: said(LONGEST_TEXT), template: said(LONGEST_TEXT), licence: said(LONGEST_TEXT) },
  labels: distinct(array(said(LONGEST_LABEL), MOST_LABELS)),
  /** A line break alone is a stop too. */
  stop: textWithin(LONGEST_TEXT, 1),
  k: wholeWithin(1, MOST_DEMONSTRATIONS),
  ...extraFields.entries,
  /** Rows by split. */
  splits: object({ pool: count, prompts: count, validation: count, probe: count, test: count }),
});

/** @throws LabError `task-integrity` where something is wrong */
function refuse(where: string, wrong: Wrong | null): void {
  if (wrong !== null) throw new LabError('task-integrity', `${where}: ${wrong[0]}: ${wrong[1]}.`);
}

/** Reads and checks a whole task.
 * @throws LabError `task-integrity` for a fault in a file, `source-unreadable` for a missing one. */
export async function readTask(source: FileSource): Promise<Task> {
  const json = await readJson(source, 'task.json', 'task-integrity');
  const where = `task.json in ${source.label}`;
  const file = parse(taskFile, json, where, 'task-integrity');
  const {
    id,
    description,
    kind,
    role,
    labels,
    template,
    stop,
    k,
    metric,
    answerAfter,
    licence,
    splits: sizes,
  } = file;
  const definition: TaskDefinition = {
    ...{ id, description, kind, role, labels, template, stop, k, metric },
    ...(answerAfter === undefined ? {} : { answerAfter }),
    licence,
  };
  refuse(where, definitionWrong(definition));
  const split = (name: SplitName) => readSplit(source, name, sizes[name], definition);
  const splits = {
    pool: await split('pool'),
    prompts: await split('prompts'),
    validation: await split('validation'),
    probe: await split('probe'),
    test: await split('test'),
  };
  checkDisjoint(splits, source.label);
  return { definition, splits };
}

async function readSplit(
  source: FileSource,
  split: SplitName,
  count: number,
  definition: TaskDefinition,
): Promise<readonly TaskRow[]> {
  const file = `${split}.jsonl`;
  const bytes = await source.size(file);
  if (bytes === null) {
    // Nothing can be labelled without prompts, or shown without a pool; the rest may be left out.
    if (count === 0 && split !== 'pool' && split !== 'prompts') return [];
    throw missingFile(file, source.label);
  }
  const where = `${file} in ${source.label}`;
  if (bytes > MAX_SPLIT_BYTES) {
    throw new LabError('task-integrity', `${where} has ${bytes} bytes, more than a page can hold.`);
  }
  let text: string;
  try {
    text = decodeUtf8(await source.read(file, 0, bytes));
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    throw new LabError('task-integrity', `${where} is no UTF-8.`, { cause, remedy: 'Save it as UTF-8.' });
  }
  const rows: TaskRow[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const place = `${file} line ${i + 1} in ${source.label}`;
    const row = parse(taskRow, parseLine(line, place), place, 'task-integrity');
    refuse(place, rowWrong(row, split, definition));
    rows.push(row);
  }
  if (rows.length !== count) {
    throw new LabError(
      'task-integrity',
      `${where} has ${rows.length} rows, "splits.${split}" of task.json says ${count}.`,
    );
  }
  return rows;
}

function parseLine(line: string, where: string): unknown {
  refuseDeepJson(line, where, 'task-integrity');
  try {
    return JSON.parse(line);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError('task-integrity', `${where} is no JSON (${why}).`, { cause });
  }
}

/** No id and no input stands twice, least of all in two splits: the test would be trained on. */
function checkDisjoint(splits: Task['splits'], label: string): void {
  for (const field of ['id', 'input'] as const) {
    const seen = new Map<string, string>();
    for (const split of SPLITS) {
      for (const [i, row] of splits[split].entries()) {
        const here = `${split}.jsonl row ${i + 1}`;
        const before = seen.get(row[field]);
        if (before !== undefined) {
          throw new LabError(
            'task-integrity',
            `${here} in ${label}: "${field}" ${JSON.stringify(row[field].slice(0, 60))} stands in ${before} too.`,
            { remedy: 'Take one of the two rows out, so that the splits are disjoint.' },
          );
        }
        seen.set(row[field], here);
      }
    }
  }
}

/** The files of a task folder, path to text; what readTask reads back to the same task. */
export function writeTaskFiles({ definition, splits }: Task, extra: TaskExtra): ReadonlyMap<string, string> {
  const { id, description, kind, role, labels, template, stop, k, metric, answerAfter, licence } = definition;
  const json = {
    ...(extra.$schema === undefined ? {} : { $schema: extra.$schema }),
    ...{ id, description, kind, role, fields: extra.fields, labels, template, stop, k, metric },
    ...(answerAfter === undefined ? {} : { answerAfter }),
    licence,
    ...(extra.generator === undefined ? {} : { generator: extra.generator }),
    splits: Object.fromEntries(SPLITS.map((split) => [split, splits[split].length])),
  };
  return new Map([
    ['task.json', `${JSON.stringify(json, null, 2)}\n`],
    ...SPLITS.map((split): [string, string] => [
      `${split}.jsonl`,
      splits[split].map((row) => `${JSON.stringify(row)}\n`).join(''),
    ]),
  ]);
}
