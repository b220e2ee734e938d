/** @file The hundred files of all layouts: each comes out as was written down before the importer was looked at. */
import { describe, expect, it } from 'vitest';
import type { ImportOptions } from '../../src/formats/import/options.ts';
import { parseColumns } from '../../src/formats/import/options.ts';
import { previewImport } from '../../src/formats/import/import-task.ts';
import type { Task, TaskRow } from '../../src/words/task.ts';
import { SPLITS } from '../../src/words/task.ts';
import type { HundredCase, Want } from '../fixtures/import-hundred/hundred.ts';
import { hundred } from '../fixtures/import-hundred/hundred.ts';

function optionsOf(args: readonly string[] = []): ImportOptions {
  const options: Record<string, (value: string) => ImportOptions> = {
    '--columns': (value) => ({ columns: parseColumns(value) }),
    '--answer-after': (answerAfter) => ({ answerAfter }),
    '--keep-together': (keepTogether) => ({ keepTogether }),
  };
  let found: ImportOptions = {};
  for (let i = 0; i < args.length; i += 2) {
    const make = options[args[i] ?? ''];
    if (make === undefined) throw new Error(`${args[i] ?? ''} is no option of this test`);
    found = { ...found, ...make(args[i + 1] ?? '') };
  }
  return found;
}

const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
const inOrder = (labels: readonly string[], fold: boolean) =>
  labels.map((label) => (fold ? label.toLowerCase() : label)).sort();
const rightOf = ({ output, choices }: TaskRow) => [output, choices?.find(({ correct }) => correct)?.text];

function isWanted(row: TaskRow, want: NonNullable<Want['row']>): boolean {
  const { input, inputHas = '', output, outputHas = '', choices = [] } = want;
  const texts = row.choices?.map(({ text }) => text) ?? [];
  return (
    (input === undefined || row.input === input) &&
    row.input.includes(inputHas) &&
    (output === undefined || rightOf(row).includes(output)) &&
    row.output.includes(outputHas) &&
    choices.every((choice) => texts.includes(choice))
  );
}

function expectTask(task: Task, rejected: number, want: Want): void {
  const { definition, splits } = task;
  const rows = SPLITS.flatMap((split) => splits[split].map((row) => ({ split, row })));
  if (want.kind !== undefined) expect(definition.kind).toBe(want.kind);
  const fold = want.labelsFold === true;
  if (want.labels !== undefined)
    expect(inOrder(definition.labels, fold)).toEqual(inOrder(want.labels, false));
  if (want.rows !== undefined) expect(rows.length + rejected).toBe(want.rows + (want.rejected ?? 0));
  if (want.rowHas !== undefined) expect(JSON.stringify(rows)).toContain(want.rowHas);
  const { row: wanted } = want;
  if (wanted !== undefined) expect(rows.filter(({ row }) => isWanted(row, wanted))).not.toHaveLength(0);
  if (want.noNearDoubles !== true) return;
  const homes = new Map<string, string>();
  for (const { split, row } of rows) {
    expect(homes.get(plain(row.input)) ?? split).toBe(split);
    homes.set(plain(row.input), split);
  }
}

function expectCase({ files, args, want }: HundredCase): void {
  const { imported, problem } = previewImport(files, optionsOf(args));
  if (want.refuse !== undefined) {
    expect(imported).toBeNull();
    expect(problem?.message).toMatch(new RegExp(want.refuse, 'i'));
    return;
  }
  expect(problem?.message).toBeUndefined();
  if (imported !== null) expectTask(imported.task, imported.report.rejected.length, want);
}

describe('a file of the hundred', () => {
  it.each(hundred.filter(({ of }) => of === 'layout'))('$name: $why', (one) => {
    expectCase(one);
  });
});
