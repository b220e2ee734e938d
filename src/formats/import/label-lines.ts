/**
 * @file Lines of a label, a space and a text, as TREC ("LOC:city Where is ..."), SST ("1 a good film") and fastText
 * ("__label__x ...") are published. Recognised by content, so that prose is not taken for data.
 */
import type { RejectedRow } from '../../words/importing.ts';
import type { DecodedText } from './decode.ts';
import { excerpt, type Cell, type SourceRow, type Table } from './table.ts';

const LINE = /^([A-Za-z0-9_.-]{1,40}(?::[A-Za-z0-9_.-]{1,40})?)\s+(\S.*)$/;
/** Texts that each label must have on average: in prose, first words are too many for that. */
const TEXTS_PER_LABEL = 5;
const MOST_LABELS = 100;
/** Share of lines that may be something else. */
const TOLERANCE = 0.05;

const coarse = (label: string): string => (label.includes(':') ? label.slice(0, label.indexOf(':')) : label);

const MARK = /__label__(\S+)/g;
/** Labels before the text or after it, and what parts them from it. */
const MARKED = /^\s*((?:__label__\S+[\s,]*)*)(.*?)((?:[\s,]*__label__\S+)*)\s*$/;
const isMarked = (line: string): boolean => /^\s*__label__\S|\s__label__\S+\s*$/.test(line);

/** Lines of fastText: one or several labels, each with its mark. */
function readMarked({ notes }: DecodedText, lines: readonly string[], file: string): Table {
  const rows: SourceRow[] = [];
  const rejected: RejectedRow[] = [];
  for (const [i, whole] of lines.entries()) {
    const [, before = '', sentence = '', after = ''] = MARKED.exec(whole) ?? [];
    const labels = [...`${before} ${after}`.matchAll(MARK)].map(([, label = '']) => label.replace(/,+$/, ''));
    const detail = `no label and text: ${excerpt(whole)}`;
    if (whole.trim() === '') rejected.push({ file, line: i + 1, reason: 'empty', detail: 'no text' });
    else if (labels.length === 0 || sentence === '')
      rejected.push({ file, line: i + 1, reason: 'malformed', detail });
    else {
      const [only = '', second] = labels;
      const cells = new Map<string, Cell>([
        ['label', second === undefined ? only : labels],
        ['text', sentence],
      ]);
      rows.push({ line: i + 1, cells });
    }
  }
  return {
    file,
    format: 'label-lines',
    columns: ['label', 'text'],
    rows,
    rejected,
    notes: [...notes, 'Lines of fastText: __label__ marks the labels.'],
  };
}

/** The table, or null where the lines are something else. */
export function readLabelLines(decoded: DecodedText, file: string): Table | null {
  const { text, notes } = decoded;
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines.filter(isMarked).length * 2 > lines.length) return readMarked(decoded, lines, file);
  const rows: SourceRow[] = [];
  const rejected: RejectedRow[] = [];
  const labels = new Set<string>();
  let hasFine = true;
  for (const [i, whole] of lines.entries()) {
    const line = i + 1;
    const [, label, sentence] = LINE.exec(whole.trim()) ?? [];
    if (whole.trim() === '') {
      rejected.push({ file, line, reason: 'empty', detail: 'no text' });
    } else if (label === undefined || sentence === undefined) {
      rejected.push({ file, line, reason: 'malformed', detail: `no label and text: ${excerpt(whole)}` });
    } else {
      labels.add(coarse(label));
      hasFine &&= label.includes(':');
      const cells = new Map<string, Cell>([
        ['label', coarse(label)],
        ['fine label', label],
        ['text', sentence],
      ]);
      rows.push({ line, cells });
    }
  }
  const broken = rejected.filter(({ reason }) => reason === 'malformed').length;
  if (rows.length < 10 || broken > TOLERANCE * lines.length) return null;
  if (labels.size < 2 || labels.size > MOST_LABELS || labels.size * TEXTS_PER_LABEL > rows.length)
    return null;
  if (hasFine) {
    const note = 'Lines of label and text; of labels like LOC:city the part before the colon is taken.';
    return {
      file,
      format: 'label-lines',
      columns: ['label', 'fine label', 'text'],
      rows,
      rejected,
      notes: [...notes, note],
    };
  }
  const plain = rows.map(({ line, cells }) => {
    const label = cells.get('fine label') ?? '';
    return {
      line,
      cells: new Map([
        ['label', label],
        ['text', cells.get('text') ?? ''],
      ]),
    };
  });
  return {
    file,
    format: 'label-lines',
    columns: ['label', 'text'],
    rows: plain,
    rejected,
    notes: [...notes, 'Lines of a label and a text.'],
  };
}
