/** @file From a table's rows to items of the task; every row that is not taken is kept with its reason. */
import type { Origin, RejectReason, RejectedRow } from '../../words/importing.ts';
import type { TaskKind, TaskRow } from '../../words/task.ts';
import { answerOf, inputParts } from './answers.ts';
import { cellText, cellTexts } from './cells.ts';
import { hasChoices, keyFit, readChoices, type KeyForm } from './choices.ts';
import { oneLine } from './decode.ts';
import { rowLabels, type LabelSet } from './labels.ts';
import { DEFAULT_MAX_ANSWER_CHARS, DEFAULT_MAX_INPUT_CHARS, type ImportOptions } from './options.ts';
import type { MappedTable } from './roles.ts';
import { excerpt, type SourceRow } from './table.ts';

export interface Item {
  readonly file: string;
  readonly line: number;
  readonly origin: Origin | null;
  readonly row: Omit<TaskRow, 'id'>;
  /** Splits are drawn alike over strata: the label, else the group column. */
  readonly stratum: string;
  /** What stays in one split; '' where nothing is to be kept together. */
  readonly together: string;
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
  /** Of a classification. */
  readonly labels: LabelSet | null;
  readonly options: ImportOptions;
}

const isBlank = (cell: unknown): boolean =>
  cell === undefined ||
  (typeof cell === 'string' ? cell.trim() === '' : Array.isArray(cell) && cell.length === 0);

class RowReader {
  readonly #source: ItemSource;
  readonly #wanted: Wanted;
  readonly #form: KeyForm;
  broken = 0;

  constructor(source: ItemSource, wanted: Wanted) {
    const { table, mapping } = source;
    this.#source = source;
    this.#wanted = wanted;
    this.#form = mapping.output === null ? 'text' : keyFit(table.rows, mapping.choices, mapping.output).form;
  }

  #line(text: string): string {
    const { text: line, hadBreak } = oneLine(text);
    this.broken += hadBreak ? 1 : 0;
    return line;
  }

  #input(row: SourceRow): string | Fault {
    const { maxInputChars = DEFAULT_MAX_INPUT_CHARS } = this.#wanted.options;
    const input = inputParts(row, this.#source.mapping)
      .map((part) => this.#line(part))
      .join(' ');
    if (input === '') return fault('empty', 'no input');
    if (input.length <= maxInputChars) return input;
    return fault('too-long', `${input.length} characters, at most ${maxInputChars}: ${excerpt(input)}`);
  }

  #answer(row: SourceRow, origin: Origin | null): Omit<TaskRow, 'id' | 'input'> | Fault {
    const { mapping } = this.#source;
    const { kind, labels, options } = this.#wanted;
    const mayLack = origin === null || origin === 'train' || origin === 'prompts';
    const lacking = () => (mayLack ? { output: '' } : fault('no-answer', `${origin} rows need an answer`));
    if (labels !== null) {
      const [raw, second] = rowLabels(row, this.#source);
      if (raw === undefined || raw === labels.missing) return lacking();
      const label = second === undefined ? labels.of(raw) : null;
      if (label !== null) return { output: label };
      const all = rowLabels(row, this.#source).join(', ');
      const isSeveral = second !== undefined || (options.severalLabels === 'reject' && /[,;|]/.test(raw));
      if (isSeveral) return fault('several-labels', excerpt(all));
      return fault('label-unknown', `"${excerpt(raw)}" is none of ${excerpt(labels.labels.join(', '), 200)}`);
    }
    const longest = options.maxAnswerChars ?? DEFAULT_MAX_ANSWER_CHARS;
    const tooLong = (text: string) =>
      fault('too-long', `an answer of ${text.length} characters, at most ${longest}: ${excerpt(text)}`);
    if (hasChoices(mapping)) {
      if (this.#lacksChoices(row)) return lacking();
      const read = readChoices(row, mapping, this.#form);
      if ('fault' in read) return fault('choices', read.fault);
      const { choices } = read;
      const long = choices.find(({ text }) => text.length > longest);
      if (long !== undefined) return tooLong(long.text);
      const best = choices.find((choice) => choice.best === true) ?? choices.find(({ correct }) => correct);
      const output = best?.text ?? '';
      return kind === 'multiple-choice' ? { output, choices } : { output };
    }
    const cell = mapping.output === null ? undefined : row.cells.get(mapping.output);
    const answer = answerOf(row, mapping);
    const given = typeof cell === 'string' || answer === '' ? [answer] : [answer, ...cellTexts(cell, /$^/)];
    const more = mapping.references === null ? [] : cellTexts(row.cells.get(mapping.references), /$^/);
    const isTalk = mapping.output !== null && mapping.input.includes(mapping.output);
    const texts = isTalk ? [answer] : [...given, ...more];
    const [output = '', ...others] = [...new Set(texts.map((text) => this.#line(text)).filter(Boolean))];
    if (output === '') return lacking();
    if (output.length > longest) return tooLong(output);
    const after = options.answerAfter;
    if (after !== undefined && (!output.includes(after) || output.trim().endsWith(after)))
      return fault('no-answer', `nothing after "${after}": ${excerpt(output)}`);
    return { output, ...(others.length === 0 ? {} : { references: [output, ...others] }) };
  }

  /** A published test has its choices, but not which is right. */
  #lacksChoices({ cells }: SourceRow): boolean {
    const { choices, correct, output } = this.#source.mapping;
    const key = output === null ? '' : cellText(cells.get(output));
    if (output !== null && correct.length === 0 && (key === '' || key === '-1')) return true;
    return [...choices, ...correct].every((column) => isBlank(cells.get(column)));
  }

  read(row: SourceRow): Item | Fault {
    const input = this.#input(row);
    if (typeof input !== 'string') return input;
    const { table, mapping } = this.#source;
    const origin = row.origin ?? this.#source.origin;
    const answer = this.#answer(row, origin);
    if ('reason' in answer) return answer;
    const { kind, options } = this.#wanted;
    const textOf = (column: string | null | undefined) => cellText(row.cells.get(column ?? ''));
    return {
      file: table.file,
      line: row.line,
      origin,
      row: { input, ...answer },
      stratum: kind === 'classification' ? answer.output : textOf(mapping.group),
      together: textOf(options.keepTogether),
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
