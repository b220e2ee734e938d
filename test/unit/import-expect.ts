/** @file What must come of an import, in the words of the cases under test/fixtures. */
import { expect } from 'vitest';
import { previewImport, type ImportPreview } from '../../src/formats/import/import-task.ts';
import { openFiles } from '../../src/formats/import/open.ts';
import type { Task, TaskRow } from '../../src/words/task.ts';
import { SPLITS } from '../../src/words/task.ts';
import { askedOf } from '../fixtures/import-hundred/asked.ts';
import type { HundredCase, Want } from '../fixtures/import-hundred/hundred.ts';

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
  if (want.labelCount !== undefined) expect(definition.labels).toHaveLength(want.labelCount);
  if (want.labelHas !== undefined) expect(definition.labels).toContain(want.labelHas);
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

/** Fails unless the files come out as is wanted; where there are several wants, as one of them. */
export async function expectCase(one: Pick<HundredCase, 'files' | 'args' | 'want'>): Promise<void> {
  const { files, options } = askedOf(one);
  const preview = previewImport(await openFiles(files), options);
  const { anyOf } = one.want;
  if (anyOf === undefined) expectPreview(preview, one.want);
  else expect(anyOf.map((want) => faultOf(preview, want))).toContain(null);
}

function faultOf(preview: ImportPreview, want: Want): string | null {
  try {
    expectPreview(preview, want);
    return null;
  } catch (thrown) {
    return String(thrown);
  }
}

function expectPreview({ imported, problem }: ImportPreview, want: Want): void {
  if (want.refuse !== undefined) {
    expect(imported).toBeNull();
    // As a person sees it: what, and what to do.
    expect(`${problem?.what ?? ''} ${problem?.remedy ?? ''}`).toMatch(new RegExp(want.refuse, 'i'));
    return;
  }
  expect(problem?.message).toBeUndefined();
  expect(imported).not.toBeNull();
  if (imported !== null) expectTask(imported.task, imported.report.rejected.length, want);
}
