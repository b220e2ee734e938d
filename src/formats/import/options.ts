/** @file What a person may say about an import; all of it is guessed otherwise, and told. */
import { LabError } from '../../core/errors.ts';
import type { TaskKind } from '../../words/task.ts';
import type { ImportFile } from './table.ts';

/** Which columns mean what, by name. */
export interface ColumnMapping {
  /** Joined by a space where there are several; empty values are left out. */
  readonly input: readonly string[];
  readonly output: string | null;
  /** All choices of a multiple choice; `output` then names the right one by text, letter or number. */
  readonly choices: string | null;
  readonly correct: string | null;
  readonly incorrect: string | null;
  /** Further right answers of a generation task. */
  readonly references: string | null;
  /** Keeps the splits alike, e.g. a category; not part of the task. */
  readonly group: string | null;
}

export const COLUMN_ROLES = [
  ...(['input', 'output', 'choices', 'correct', 'incorrect', 'references', 'group'] as const),
] as const;

export interface ImportOptions {
  /** The task's id; by default from the files' names. */
  readonly name?: string;
  readonly description?: string;
  readonly licence?: string;
  readonly kind?: TaskKind;
  /** Only the roles that are given replace the guess. */
  readonly columns?: Partial<ColumnMapping>;
  /** Raw label to its name; a label that is neither is unknown. */
  readonly labelNames?: ReadonlyMap<string, string>;
  /** Whether the first line of CSV and TSV names the columns. */
  readonly hasHeader?: boolean;
  /** Keys every draw; 1 by default. */
  readonly seed?: number;
  /** Answered rows for the pool, where the files have no answers or too few. */
  readonly pool?: readonly ImportFile[];
  /** Rounds and prompts per round that must be possible; by default only a very small run must. */
  readonly rounds?: number;
  readonly promptsPerRound?: number;
  /** Longest input and answer, in characters. */
  readonly maxInputChars?: number;
  readonly maxAnswerChars?: number;
}

export const DEFAULT_MAX_INPUT_CHARS = 2000;
export const DEFAULT_MAX_ANSWER_CHARS = 1000;

const notPairs = (option: string, text: string, example: string): LabError =>
  new LabError('import-refused', `${option} must be pairs like ${example}, got "${text}".`);

/** "0=negative,1=positive" as a map. @throws LabError `import-refused`. */
export function parseLabelNames(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, raw, name] = /^\s*([^=]+?)\s*=\s*(.+?)\s*$/.exec(pair) ?? [];
    if (raw === undefined || name === undefined) {
      throw notPairs('Label names', text, '0=negative,1=positive');
    }
    names.set(raw, name);
  }
  return names;
}

/** "input=title+text,output=label" as a mapping; "output=" says that there is none.
 * @throws LabError `import-refused`. */
export function parseColumns(text: string): Partial<ColumnMapping> {
  let mapping: Partial<ColumnMapping> = {};
  for (const pair of text.split(',')) {
    const [, given, value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    const role = COLUMN_ROLES.find((known) => known === given);
    if (role === undefined || (role === 'input' && value === '')) {
      throw notPairs(
        'Columns',
        text,
        `input=question,output=answer with the roles ${COLUMN_ROLES.join(', ')}`,
      );
    }
    if (role === 'input') mapping = { ...mapping, input: value.split('+').map((name) => name.trim()) };
    else mapping = { ...mapping, [role]: value === '' ? null : value };
  }
  return mapping;
}
