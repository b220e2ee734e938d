/** @file From a table's rows to items of the task; every row that is not taken is kept with its reason. */
import type { Origin, RejectReason, RejectedRow } from '../../words/importing.ts';
import type { TaskKind, TaskRow } from '../../words/task.ts';
import { numberingOf, readChoices } from './choices.ts';
import { cellText, cellTexts } from './columns.ts';
import { oneLine } from './decode.ts';
import { plainLabel, type MappedTable } from './kind.ts';
import { DEFAULT_MAX_ANSWER_CHARS, DEFAULT_MAX_INPUT_CHARS, type ImportOptions } from './options.ts';
import { excerpt, type SourceRow } from './table.ts';

export interface Item {
  readonly file: string;
  readonly line: number;
  readonly origin: Origin | null;
  readonly row: Omit<TaskRow, 'id'>;
  /** Splits are drawn alike over strata: the label, else the group column. */
  readonly stratum: string;
}

export interface Items {
  readonly items: readonly Item[];
  readonly rejected: readonly RejectedRow[];
  /** Texts that had line breaks. */
  readonly broken: number;
}

export interface ItemSource extends MappedTable {
  readonly origin: Origin | null;
}

interface Fault {
  readonly reason: RejectReason;
  readonly detail: string;
}
const fault = (reason: RejectReason, detail: string): Fault => ({ reason, detail });

interface Wanted {
  readonly kind: TaskKind;
  readonly labels: readonly string[];
  readonly options: ImportOptions;
}

class RowReader {
  readonly #source: ItemSource;
  readonly #wanted: Wanted;
  readonly #numbering: 0 | 1;
  broken = 0;

  constructor(source: ItemSource, wanted: Wanted) {
    this.#source = source;
    this.#wanted = wanted;
    this.#numbering = numberingOf(source.table, source.mapping);
  }

  #line(text: string): string {
    const { text: line, hadBreak } = oneLine(text);
    this.broken += hadBreak ? 1 : 0;
    return line;
  }

  #input({ cells }: SourceRow): string | Fault {
    const { maxInputChars = DEFAULT_MAX_INPUT_CHARS } = this.#wanted.options;
    const parts = this.#source.mapping.input.map((column) => this.#line(cellText(cells.get(column))));
    const input = parts.filter((part) => part !== '').join(' ');
    if (input === '') return fault('empty', 'no input');
    if (input.length <= maxInputChars) return input;
    return fault('too-long', `${input.length} characters, at most ${maxInputChars}: ${excerpt(input)}`);
  }

  #answer(row: SourceRow): Omit<TaskRow, 'id' | 'input'> | Fault {
    const { mapping, origin } = this.#source;
    const { kind, labels, options } = this.#wanted;
    const cell = mapping.output === null ? undefined : row.cells.get(mapping.output);
    const mayLack = origin === null || origin === 'train' || origin === 'prompts';
    const isLacking = kind === 'multiple-choice' ? this.#lacksChoices(row) : cellText(cell) === '';
    if (isLacking) return mayLack ? { output: '' } : fault('no-answer', `${origin} rows need an answer`);
    if (kind === 'classification') {
      const raw = plainLabel(cellText(cell));
      const label = options.labelNames?.get(raw) ?? raw;
      return labels.includes(label)
        ? { output: label }
        : fault('label-unknown', `"${excerpt(raw)}" is none of ${labels.join(', ')}`);
    }
    const longest = options.maxAnswerChars ?? DEFAULT_MAX_ANSWER_CHARS;
    const tooLong = (text: string) =>
      fault('too-long', `an answer of ${text.length} characters, at most ${longest}: ${excerpt(text)}`);
    if (kind === 'multiple-choice') {
      const read = readChoices(row, mapping, this.#numbering);
      if ('fault' in read) return fault('choices', read.fault);
      const { choices } = read;
      const long = choices.find(({ text }) => text.length > longest);
      if (long !== undefined) return tooLong(long.text);
      const best = choices.find((choice) => choice.best === true) ?? choices.find(({ correct }) => correct);
      return { output: best?.text ?? '', choices };
    }
    const given = typeof cell === 'string' ? [cell] : cellTexts(cell, /$^/);
    const more = mapping.references === null ? [] : cellTexts(row.cells.get(mapping.references), /$^/);
    const [output = '', ...others] = [...new Set([...given, ...more].map((text) => this.#line(text)))];
    if (output.length > longest) return tooLong(output);
    return { output, ...(others.length === 0 ? {} : { references: [output, ...others] }) };
  }

  #lacksChoices({ cells }: SourceRow): boolean {
    const { choices, correct, output } = this.#source.mapping;
    return [choices, correct, output].every((column) => {
      const cell = column === null ? undefined : cells.get(column);
      return cell === undefined || cell.length === 0 || (typeof cell === 'string' && cell.trim() === '');
    });
  }

  read(row: SourceRow): Item | Fault {
    const input = this.#input(row);
    if (typeof input !== 'string') return input;
    const answer = this.#answer(row);
    if ('reason' in answer) return answer;
    const { table, mapping, origin } = this.#source;
    const group = mapping.group === null ? '' : cellText(row.cells.get(mapping.group));
    return {
      file: table.file,
      line: row.line,
      origin,
      row: { input, ...answer },
      stratum: this.#wanted.kind === 'classification' ? answer.output : group,
    };
  }
}

export function readItems(sources: readonly ItemSource[], wanted: Wanted): Items {
  const items: Item[] = [];
  const rejected: RejectedRow[] = [];
  let broken = 0;
  for (const source of sources) {
    // One by one: a large table has more rows than a call may have arguments.
    for (const row of source.table.rejected) rejected.push(row);
    const reader = new RowReader(source, wanted);
    for (const row of source.table.rows) {
      const read = reader.read(row);
      if ('reason' in read) rejected.push({ file: source.table.file, line: row.line, ...read });
      else items.push(read);
    }
    broken += reader.broken;
  }
  return { items, rejected, broken };
}

/** An input as duplicates are found: without case, Unicode variants, and spaces that tokenizers of datasets add. */
export function normalisedInput(input: string): string {
  return input
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ (?=[?.!,;:])/g, '')
    .trim();
}

/** Held-out rows stay where they were published: of two rows with one input the later kind here is rejected. */
const KEEP_FIRST: readonly (Origin | null)[] = [
  ...(['test', 'validation', 'probe', 'pool', 'train', null, 'prompts'] as const),
];

/** Items without doubles, in the order of the files. */
export function deduplicate(items: readonly Item[]): Pick<Items, 'items' | 'rejected'> {
  const first = new Map<string, Item>();
  const rejected: RejectedRow[] = [];
  for (const origin of KEEP_FIRST) {
    for (const item of items) {
      if (item.origin !== origin) continue;
      const key = normalisedInput(item.row.input);
      const before = first.get(key);
      if (before === undefined) {
        first.set(key, item);
        continue;
      }
      const other = before.row.output === item.row.output ? '' : ', with another answer';
      const detail = `the input of ${before.file} line ${before.line}${other}: ${excerpt(item.row.input)}`;
      rejected.push({ file: item.file, line: item.line, reason: 'duplicate', detail });
    }
  }
  const kept = new Set(first.values());
  return { items: items.filter((item) => kept.has(item)), rejected };
}
