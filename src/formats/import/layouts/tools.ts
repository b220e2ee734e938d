/** @file What programs for labelling save: Label Studio, Prodigy, and tables with a column of 0 and 1 for every label. */
import { isJsonObject } from '../../json.ts';
import { cellLabels, cellText, field } from '../cells.ts';
import { isBookkeeping } from '../column-names.ts';
import type { TableFacts } from '../facts.ts';
import type { Cell, SourceRow } from '../table.ts';
import { NO_ROLES, type Layout } from './layout.ts';
import { withColumn, type Made } from './made-column.ts';
import { labelColumns, textColumn } from './texts.ts';

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** The labels of one annotation of Label Studio: choices, a rating, or a text. */
function annotated(annotation: unknown): readonly string[] {
  if (!isJsonObject(annotation) || annotation.was_cancelled === true || !isList(annotation.result)) return [];
  return annotation.result.flatMap((result) => {
    const value = isJsonObject(result) ? result.value : null;
    if (!isJsonObject(value)) return [];
    const list = value.choices ?? value.text ?? value.taxonomy;
    if (isList(list)) return list.flat().map(String);
    return [field(value, 'rating', 'text', 'choices')].filter(Boolean);
  });
}

function studioLabel(row: SourceRow, column: string): Made {
  const cell = row.cells.get(column);
  const annotations = (isList(cell) ? cell : []).map(annotated).filter((labels) => labels.length > 0);
  const [first, ...others] = annotations;
  if (first === undefined) return { reject: 'nobody has labelled it' };
  const differs = others.find((labels) => labels.join() !== first.join());
  return differs === undefined
    ? first
    : { reject: `its annotators disagree: ${first.join(', ')} and ${differs.join(', ')}` };
}

const labelStudio: Layout = {
  name: 'Label Studio, the whole export',
  example:
    '{"data": {"text": "The sea is flat."}, "annotations": [{"result": [{"value": {"choices": ["calm"]}}]}]}',
  isNot: 'its short export, which is a table of named columns',
  recognise: (facts) => {
    const column = facts.named(['annotations', 'completions']);
    if (column === null || column.lists < 0.5) return null;
    const data = facts.columns.filter(({ name }) => !name.startsWith('data.')).map(({ name }) => name);
    const text = textColumn(facts, data);
    if (text === null) return null;
    return {
      score: 10,
      because: `"${column.name}" holds what people chose for "${text.name}"`,
      kind: 'classification',
      roles: { ...NO_ROLES, input: [text.name], output: 'chosen label' },
      prepare: (table) => withColumn(table, 'chosen label', (row) => studioLabel(row, column.name)),
    };
  },
};

const DECISIONS = new Set(['accept', 'reject', 'ignore']);

function prodigyLabel({ cells }: SourceRow, label: string | null): Made {
  const decision = cellText(cells.get('answer'));
  if (decision !== 'accept') return { reject: `its answer is "${decision}"` };
  const accepted = cells.get('accept');
  if (accepted === undefined) {
    const text = label === null ? '' : cellText(cells.get(label));
    return text === '' ? { reject: 'accepted without a label' } : text;
  }
  const options = cells.get('options');
  const names = cellLabels(accepted).map((id) => {
    const option = (isList(options) ? options : []).find((each) => field(each, 'id') === id);
    return field(option, 'text', 'id') || id;
  });
  return names.length === 0 ? { reject: 'no option is accepted' } : names;
}

const prodigy: Layout = {
  name: 'Prodigy',
  example: '{"text": "The sea is flat.", "label": "calm", "answer": "accept"}',
  isNot: 'questions whose answers happen to be a word',
  recognise: (facts) => {
    const decision = facts.column('answer');
    const label = facts.column('label');
    if (decision === null || (label === null && facts.column('accept') === null)) return null;
    if (!facts.cells('answer').every((cell) => DECISIONS.has(cellText(cell)))) return null;
    const text = textColumn(facts, ['answer', 'label', 'accept', 'options']);
    if (text === null) return null;
    return {
      score: 10,
      because: '"answer" accepts or rejects; only what was accepted is taken',
      kind: 'classification',
      roles: { ...NO_ROLES, input: [text.name], output: 'accepted label' },
      prepare: (table) =>
        withColumn(table, 'accepted label', (row) => prodigyLabel(row, label?.name ?? null)),
    };
  },
};

const FLAG = /^(0|1|0\.0|1\.0|true|false)$/i;
const isSet = (cell: Cell | undefined): boolean => /^(1|1\.0|true)$/i.test(cellText(cell));

function flagsOf(facts: TableFacts): readonly string[] {
  const flags = facts.columns.filter(
    ({ name, filled }) =>
      filled > 0.5 &&
      !isBookkeeping(name) &&
      facts.cells(name).every((cell) => FLAG.test(cellText(cell)) || cellText(cell) === ''),
  );
  return flags.map(({ name }) => name);
}

const flagColumns: Layout = {
  name: 'a column of 0 and 1 for every label',
  example: 'text,calm,wild / The sea is flat.,1,0',
  isNot: 'one column of 0 and 1, which is the label itself',
  recognise: (facts) => {
    const flags = flagsOf(facts);
    const text = textColumn(facts, flags);
    const label = labelColumns(facts, flags)[0];
    if (flags.length < 2 || text === null || label !== undefined) return null;
    return {
      score: flags.length > 2 ? 7 : 5,
      because: `${flags.join(', ')} hold 0 and 1`,
      kind: 'classification',
      roles: { ...NO_ROLES, input: [text.name], output: 'flagged label' },
      prepare: (table) =>
        withColumn(table, 'flagged label', ({ cells }) => {
          const set = flags.filter((name) => isSet(cells.get(name)));
          return set.length === 0 ? { reject: 'no label is 1' } : set;
        }),
    };
  },
};

export const TOOL_LAYOUTS: readonly Layout[] = [labelStudio, prodigy, flagColumns];
