/**
 * @file A task as a folder: task.json with pool, prompts, validation, probe and test as JSON lines, the layout of
 * public/icl-pool (its task.schema.json says the same as a JSON Schema). Read strictly, since a wrong row would only
 * show as a wrong score; every fault is a LabError `task-integrity` naming file, line and field.
 */
import { LabError } from '../core/errors.ts';
import type { SplitName, Task, TaskDefinition, TaskRow } from '../words/task.ts';
import { OWN_METRICS, SPLITS } from '../words/task.ts';
import { missingFile, type FileSource } from './file-source.ts';
import { refuseDeepJson } from './json-depth.ts';
import { decodeUtf8, readJson } from './json.ts';
import { TaskFields } from './task-fields.ts';
import { readTaskRow } from './task-row.ts';

/** Larger than any task that a page could hold. */
const MAX_SPLIT_BYTES = 256 * 1024 * 1024;

const TASK_KEYS = [
  ...['$schema', 'id', 'description', 'kind', 'role', 'fields', 'labels', 'template', 'stop', 'k', 'metric'],
  ...['licence', 'generator', 'splits'],
] as const;

/** What stands in task.json beside the definition. */
export interface TaskExtra {
  /** What input and output are called in the template, e.g. Question and Type. */
  readonly fields: { readonly input: string; readonly output: string };
  /** Who made the rows, for generated tasks. */
  readonly generator?: { readonly name: string; readonly version: string; readonly seed: number };
  /** Address of the JSON Schema, absolute or from the folder. */
  readonly $schema?: string;
}

/** Reads and checks a whole task.
 * @throws LabError `task-integrity` for a fault in a file, `source-unreadable` for a missing one. */
export async function readTask(source: FileSource): Promise<Task> {
  const json = await readJson(source, 'task.json', 'task-integrity');
  const fields = new TaskFields(json, `task.json in ${source.label}`, TASK_KEYS);
  const definition = readDefinition(fields);
  const sizes = new TaskFields(fields.get('splits'), `"splits" of ${fields.where}`, SPLITS);
  const split = (name: SplitName) => readSplit(source, name, sizes.count(name), definition);
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

function readDefinition(fields: TaskFields): TaskDefinition {
  const names = new TaskFields(fields.get('fields'), `"fields" of ${fields.where}`, ['input', 'output']);
  names.text('input');
  names.text('output');
  const id = fields.text('id');
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) {
    throw fields.fault('id', 'small letters, digits and single hyphens');
  }
  const kind = fields.oneOf('kind', ['classification', 'generation', 'multiple-choice']);
  const labels = fields.texts('labels');
  if (kind === 'classification' ? labels.length < 2 : labels.length > 0) {
    throw fields.fault('labels', kind === 'classification' ? 'at least two labels' : `empty for ${kind}`);
  }
  const template = fields.text('template');
  if (template.split('{input}').length !== 2) throw fields.fault('template', 'text with {input} once');
  // A line break alone is a stop string too.
  const stop = fields.anyText('stop');
  if (stop === '') throw fields.fault('stop', 'text that ends an answer');
  const metric = fields.oneOf('metric', OWN_METRICS);
  if ((metric === 'mc1') !== (kind === 'multiple-choice')) {
    throw fields.fault('metric', kind === 'multiple-choice' ? 'mc1' : 'another than mc1');
  }
  return {
    id,
    description: fields.text('description'),
    kind,
    role: fields.oneOf('role', ['development', 'confirmation', 'imported']),
    labels,
    template,
    stop,
    k: fields.count('k', 1),
    metric,
    licence: fields.text('licence'),
  };
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
    rows.push(readTaskRow(parseLine(line, `${file} line ${i + 1} in ${source.label}`), split, definition));
  }
  if (rows.length !== count) {
    throw new LabError(
      'task-integrity',
      `${where} has ${rows.length} rows, "splits.${split}" of task.json says ${count}.`,
    );
  }
  return rows;
}

function parseLine(line: string, where: string): { value: unknown; where: string } {
  refuseDeepJson(line, where, 'task-integrity');
  try {
    const value: unknown = JSON.parse(line);
    return { value, where };
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
  const { id, description, kind, role, labels, template, stop, k, metric, licence } = definition;
  const json = {
    ...(extra.$schema === undefined ? {} : { $schema: extra.$schema }),
    ...{ id, description, kind, role, fields: extra.fields, labels, template, stop, k, metric, licence },
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
