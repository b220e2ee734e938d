/** @file The labels of a classification: spellings merged, rows without one and rows with several told apart. */
import { plural } from '../../core/plural.ts';
import type { ImportSummary } from '../../words/importing.ts';
import { isJsonObject } from '../json.ts';
import { LabError } from '../../core/errors.ts';
import { MOST_LABELS } from '../../core/bounds.ts';
import { cellLabels } from './cells.ts';
import type { ImportOptions } from './options.ts';
import type { MappedTable } from './roles.ts';
import { answerOf } from './answers.ts';
import { excerpt, type SourceRow } from './table.ts';

/** A label as it is compared: on one line, single spaces. */
const plainLabel = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** What stands where nobody has answered. */
const isMissing = (text: string): boolean => /^(|-|nan|null|<na>|n\/a|\?)$/i.test(text);

/** Labels that are one: without case, with spaces for hyphens and underscores between letters, 1.0 as 1. */
function foldedLabel(raw: string): string {
  const plain = plainLabel(raw.normalize('NFKC'));
  if (/^-?\d+\.0+$/.test(plain)) return plain.replace(/\.0+$/, '');
  return plain
    .toLowerCase()
    .replace(/(?<=\p{L})[\s._-]+(?=\p{L})/gu, ' ')
    .replace(/(?<=\p{L})\.$/u, '');
}

const inOrder = (a: string, b: string): number =>
  /^-?\d+$/.test(a) && /^-?\d+$/.test(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0;

/** A row's labels: more than one where its cell lists them. */
export function rowLabels(row: SourceRow, { mapping }: MappedTable): readonly string[] {
  const cell = mapping.output === null ? undefined : row.cells.get(mapping.output);
  if (typeof cell === 'string' || cell === undefined)
    return [plainLabel(answerOf(row, mapping))].filter((label) => !isMissing(label));
  const listed = cellLabels(cell).map(plainLabel);
  return listed.length > 0
    ? listed.filter((label) => !isMissing(label))
    : [plainLabel(answerOf(row, mapping))].filter((label) => !isMissing(label));
}

export interface LabelSet {
  readonly labels: readonly string[];
  /** The label that a raw text stands for; null: none, `missing`: nobody has answered. */
  readonly of: (raw: string) => string | null;
  /** The raw text that says that nobody has answered, as -1 in NLI. */
  readonly missing: string | null;
  readonly spellings: ImportSummary['spellings'];
  readonly notes: readonly string[];
}

interface Counted {
  readonly file: string;
  /** A person said the label of the whole file. */
  readonly isSaid: boolean;
  readonly counts: ReadonlyMap<string, number>;
}

function countsOf(mapped: MappedTable): Counted {
  const counts = new Map<string, number>();
  for (const row of mapped.table.rows) {
    const [label, second] = rowLabels(row, mapped);
    if (label !== undefined && second === undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const { file, label } = mapped.table;
  return { file, isSaid: label !== undefined, counts };
}

/** -1 beside at least three labels from 0, and seldom: the datasets of NLI say so that nobody agreed. Alone in a file it is a
 * published test without its key. */
function missingMark(files: readonly Counted[], all: ReadonlyMap<string, number>): string | null {
  const others = [...all].filter(([label]) => label !== '-1');
  const own = all.get('-1') ?? 0;
  if (own === 0 || others.length < 2 || !others.every(([label]) => /^\d+$/.test(label))) return null;
  const isAlone = files.some(({ counts }) => counts.size === 1 && counts.has('-1'));
  const mean = others.reduce((sum, [, count]) => sum + count, 0) / others.length;
  return isAlone || (others.length >= 3 && own * 2 < mean) ? '-1' : null;
}

/** "cold,windy" where "cold" or "windy" stand in other values too. */
function severalIn(all: ReadonlyMap<string, number>): readonly string[] {
  const partsOf = (label: string) => label.split(/\s*[,;|]\s*/).filter(Boolean);
  const seen = new Map<string, number>();
  for (const label of all.keys())
    for (const part of new Set(partsOf(label))) seen.set(part, (seen.get(part) ?? 0) + 1);
  const several = [...all.keys()].filter((label) => partsOf(label).length > 1);
  const shared = several.filter(
    (label) => partsOf(label).filter((part) => (seen.get(part) ?? 0) > 1).length * 2 >= partsOf(label).length,
  );
  return several.length > 1 && shared.length * 2 > several.length ? shared : [];
}

/** @throws LabError `import-refused` for [[0, 5, "PERSON"]] and {start, end, label}, which mark parts of a text. */
export function refuseSpans(tables: readonly MappedTable[]): void {
  for (const { table, mapping } of tables) {
    const found = table.rows.find(({ cells }) => {
      const cell = cells.get(mapping.output ?? '');
      return (
        Array.isArray(cell) &&
        cell.some((each) => Array.isArray(each) || (isJsonObject(each) && 'start' in each && 'end' in each))
      );
    });
    if (found === undefined) continue;
    const what = `The labels in ${mapping.output ?? ''} mark parts of a text (${table.file} line ${found.line}: ${excerpt(JSON.stringify(found.cells.get(mapping.output ?? '')))}); a classification has one label for the whole of it.`;
    throw new LabError('import-refused', what, {
      remedy: 'Give a column with one label a row, as in --columns output=COLUMN',
    });
  }
}

function refuseSeveral(tables: readonly MappedTable[], joined: ReadonlySet<string>): void {
  let rows = 0;
  let all = 0;
  let first = '';
  for (const mapped of tables) {
    for (const row of mapped.table.rows) {
      const labels = rowLabels(row, mapped);
      all += labels.length > 0 ? 1 : 0;
      if (labels.length < 2 && !joined.has(labels[0] ?? '')) continue;
      rows++;
      if (first === '') first = `${mapped.table.file} line ${row.line}: ${labels.join(', ')}`;
    }
  }
  throw new LabError(
    'import-refused',
    `${rows} of ${plural(all, 'row')} have several labels (${excerpt(first, 120)}).`,
    {
      remedy: 'A row of a classification has one. Leave these rows out with: --several-labels reject',
    },
  );
}

/** The labels: those named, else every answer that stands in the files, in the order of numbers or letters.
 * @throws LabError `import-refused` for several labels a row, one label alone or too many, or files whose labels have nothing in common. */
export function labelsOf(
  tables: readonly MappedTable[],
  { labelNames: names, severalLabels }: ImportOptions,
): LabelSet {
  const files = tables.map(countsOf);
  const all = new Map<string, number>();
  for (const { counts } of files)
    for (const [label, count] of counts) all.set(label, (all.get(label) ?? 0) + count);
  const joined = new Set(severalIn(all));
  const isSeveral =
    joined.size > 0 ||
    tables.some((mapped) => mapped.table.rows.some((row) => rowLabels(row, mapped).length > 1));
  if (isSeveral && severalLabels === undefined) refuseSeveral(tables, joined);
  for (const label of joined) all.delete(label);
  const missing = names?.has('-1') === true ? null : missingMark(files, all);
  if (missing !== null) all.delete(missing);
  const notes = missing === null ? [] : [`The label ${missing} is taken for rows that nobody has labelled.`];

  const bySpelling = new Map<string, { text: string; rows: number }[]>();
  for (const [text, rows] of all) {
    const key = foldedLabel(text);
    const known = bySpelling.get(key);
    if (known === undefined) bySpelling.set(key, [{ text, rows }]);
    else known.push({ text, rows });
  }
  // The commonest spelling is the label; 1.0 is 1.
  const canonical = new Map(
    [...bySpelling].map(([key, variants]) => {
      const sorted = [...variants].sort((a, b) => b.rows - a.rows || inOrder(b.text, a.text));
      return [key, /^-?\d+$/.test(key) ? key : (sorted[0]?.text ?? key)] as const;
    }),
  );
  if (names !== undefined) {
    const labels = [...new Set(names.values())];
    if (labels.length < 2) {
      throw new LabError('import-refused', `Only one label is named: ${labels.join('')}.`, {
        remedy: 'Name at least two, as in 0=negative,1=positive.',
      });
    }
    const folded = new Map([...names].map(([raw, name]) => [foldedLabel(raw), name]));
    const of = (raw: string) => {
      const name = names.get(raw) ?? folded.get(foldedLabel(raw)) ?? raw;
      return labels.includes(name) ? name : null;
    };
    return { labels, of, missing, spellings: [], notes };
  }
  checkCommon(files, missing);
  const labels = [...new Set(canonical.values())].sort(inOrder);
  if (labels.length < 2 || labels.length > MOST_LABELS) {
    const [column] = tables.flatMap(({ mapping }) => mapping.output ?? []);
    const seen = labels
      .slice(0, 5)
      .map((label) => `"${excerpt(label, 30)}"`)
      .join(', ');
    throw new LabError(
      'import-refused',
      labels.length === 1
        ? `Only one label is left: ${seen}, in the column ${column ?? ''}.`
        : `A classification needs 2 to ${MOST_LABELS} labels, found ${labels.length}${seen === '' ? '' : `: ${seen}, …`}.`,
      {
        remedy:
          'Choose another column for the answer, as in --columns output=COLUMN, or another kind: --kind generation',
      },
    );
  }
  const spellings = [...bySpelling].flatMap(([key, variants]) =>
    variants.length < 2 ? [] : [{ label: canonical.get(key) ?? key, variants }],
  );
  return { labels, of: (raw) => canonical.get(foldedLabel(raw)) ?? null, missing, spellings, notes };
}

/** @throws LabError `import-refused` where two files share no label: one names them, the other counts them. */
function checkCommon(files: readonly Counted[], missing: string | null): void {
  const sets = files
    .filter(({ isSaid }) => !isSaid)
    .map(({ file, counts }) => ({ file, labels: [...counts.keys()].filter((label) => label !== missing) }))
    .filter(({ labels }) => labels.length > 0);
  const [first, ...rest] = sets;
  if (first === undefined) return;
  const known = new Set(first.labels.map(foldedLabel));
  for (const other of rest) {
    if (other.labels.some((label) => known.has(foldedLabel(label)))) continue;
    const shown = (labels: readonly string[]) => [...labels].sort(inOrder).slice(0, 8).join(', ');
    throw new LabError(
      'import-refused',
      `${first.file} and ${other.file} have no label in common: ${shown(first.labels)} and ${shown(other.labels)}.`,
      {
        remedy:
          'Say which are the same with label names, as in --label-names 0=negative,1=positive, or import them apart.',
      },
    );
  }
}

/** Label names matter to a language model; numbers say nothing. */
export function labelNotes(labels: readonly string[]): readonly string[] {
  if (labels.length === 0 || !labels.every((label) => /^-?\d+$/.test(label))) return [];
  const pairs = labels.map((label) => `${label}=...`).join(',');
  return [
    `The labels are numbers (${labels.join(', ')}), which tell a language model nothing: name them, as in --label-names ${pairs}.`,
  ];
}
