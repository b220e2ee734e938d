/** @file What a person may say about an import; all of it is guessed otherwise, and told. */
import { LabError } from '../../core/errors.ts';
import type { ColumnRoles, ImportWishes } from '../../words/importing.ts';
import { COLUMN_ROLES, LIST_ROLES } from '../../words/importing.ts';
import { SPLITS } from '../../words/task.ts';
import type { OpenedFile } from './open.ts';
import type { Sizes } from './sizes.ts';

/** All that may be said of an import; all of it is guessed otherwise, and told. */
export interface ImportOptions extends Omit<ImportWishes, 'columns' | 'pool'> {
  readonly licence?: string;
  /** Only the roles that are given replace the guess. */
  readonly columns?: Partial<ColumnRoles>;
  /** Answered rows for the pool, where the files have no answers or too few. */
  readonly pool?: readonly OpenedFile[];
  /** Rounds and prompts per round that must be possible; by default only a very small run must. */
  readonly rounds?: number;
  readonly promptsPerRound?: number;
  /** Rows of each split, instead of shares of what there is. */
  readonly sizes?: Partial<Sizes>;
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
export function parseColumns(text: string): Partial<ColumnRoles> {
  let mapping: Partial<ColumnRoles> = {};
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
    const isList = LIST_ROLES.some((list) => list === role);
    const names = value === '' ? [] : value.split('+').map((name) => name.trim());
    mapping = { ...mapping, [role]: isList ? names : value === '' ? null : value };
  }
  return mapping;
}

/** "prompts=384,validation=96,test=328" as sizes; a split that is not named keeps what its files have.
 * @throws LabError `import-refused`. */
export function parseSizes(text: string): Partial<Sizes> {
  const sizes: Partial<Record<keyof Sizes, number>> = {};
  for (const pair of text.split(',')) {
    const [, given, rows] = /^\s*(\w+)\s*=\s*(\d{1,7})\s*$/.exec(pair) ?? [];
    const split = SPLITS.find((known) => known === given);
    if (split === undefined || sizes[split] !== undefined) {
      throw notPairs('Sizes', text, `prompts=384,test=328 with the splits ${SPLITS.join(', ')}, each once`);
    }
    sizes[split] = Number(rows);
  }
  return sizes;
}

/** A template as it is asked: a space at its end is taken off, since answers begin with one; \\n is a line's end.
 * @throws LabError `import-refused` for a template without its input. */
export function mendTemplate(said: string): { readonly template: string; readonly notes: readonly string[] } {
  const whole = said.replaceAll('\\n', '\n');
  const template = whole.replace(/[ \t]+$/, '');
  if (template.split('{input}').length !== 2) {
    throw new LabError('import-refused', `The template must hold {input} once, got "${said}".`, {
      remedy: "As in: --template 'Review: {input}\\nSentiment:'",
    });
  }
  if (template.endsWith('{input}')) {
    throw new LabError(
      'import-refused',
      'The template ends with {input}, so nothing tells where the answer begins.',
      {
        remedy: "As in: --template '{input}\\nAnswer:'",
      },
    );
  }
  const note = 'The template ended with a space, which is taken off: an answer begins with one.';
  return { template, notes: template === whole ? [] : [note] };
}
