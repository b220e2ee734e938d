/** @file What a person may say of an import; what is not said is found out. */
import type { ReactNode } from 'react';
import type { TaskKind } from '../../words/task.ts';
import { Choice } from '../kit/choice.tsx';
import { NumberField } from '../kit/number-field.tsx';
import { TextBox } from '../kit/text-box.tsx';
import type { ImportPreview } from './data-tools.ts';
import type { Importing } from './use-import.ts';

const MOST_SEED = 2 ** 31 - 1;
const KINDS: readonly { readonly id: TaskKind; readonly title: string; readonly note: string }[] = [
  { id: 'classification', title: 'classification', note: 'one of a few labels' },
  { id: 'generation', title: 'generation', note: 'free text' },
  { id: 'multiple-choice', title: 'multiple choice', note: 'choices of its own in every row' },
];
const HEADERS = [
  { id: 'auto', title: 'found out' },
  { id: 'yes', title: 'names the columns' },
  { id: 'no', title: 'is a row' },
] as const;

/** Said, guessed, or not found: nobody has to look at it otherwise. */
const isEncodingDoubtful = ({ choices }: Importing, { files, problem }: ImportPreview): boolean =>
  choices.encoding !== undefined ||
  (problem !== null && files.length === 0) ||
  files.some(({ encoding }) => encoding?.how === 'guess');

const isDelimiterDoubtful = ({ choices }: Importing, { files, problem }: ImportPreview): boolean =>
  choices.delimiter !== undefined ||
  (problem !== null && files.length === 0) ||
  files.some(({ format, columns }) => (format === 'csv' || format === 'tsv') && columns.length === 1);

export function ImportOptions({
  importing,
  preview,
}: {
  readonly importing: Importing;
  readonly preview: ImportPreview;
}): ReactNode {
  const { choices, change } = importing;
  const definition = preview.imported?.task.definition ?? null;
  const hasTable = preview.files.some(({ format }) => ['csv', 'tsv', 'xlsx'].includes(format));
  const { hasHeader } = choices;
  const columns = [...new Set(preview.files.flatMap((file) => file.columns.map(({ name }) => name)))];
  return (
    <div className="import-options">
      <TextBox
        label="Name"
        value={choices.name ?? definition?.id ?? ''}
        onChange={(name) => {
          change({ ...choices, name });
        }}
      />
      <TextBox
        label="Description"
        value={choices.description ?? definition?.description ?? ''}
        onChange={(description) => {
          change({ ...choices, description });
        }}
      />
      <Choice
        label="Kind"
        value={choices.kind ?? definition?.kind ?? null}
        placeholder="not known yet"
        options={KINDS}
        onChange={(kind) => {
          change({ ...choices, kind, labelNames: undefined });
        }}
      />
      {hasTable && (
        <Choice
          label="The first line"
          value={hasHeader === undefined ? 'auto' : hasHeader ? 'yes' : 'no'}
          options={HEADERS}
          onChange={(said) => {
            change({
              ...choices,
              columns: undefined,
              hasHeader: said === 'auto' ? undefined : said === 'yes',
            });
          }}
        />
      )}
      {columns.length > 2 && (
        <Choice
          label="Keep together"
          value={choices.keepTogether ?? ''}
          options={[{ id: '', title: 'nothing' }, ...columns.map((name) => ({ id: name, title: name }))]}
          onChange={(name) => {
            change({ ...choices, keepTogether: name === '' ? undefined : name });
          }}
        />
      )}
      <TextBox
        label="Prompt"
        note="\n is a line’s end."
        value={(choices.template ?? definition?.template ?? '').replaceAll('\n', '\\n')}
        onChange={(template) => {
          change({ ...choices, template });
        }}
      />
      {((preview.problem !== null && preview.files.length > 0) || choices.severalLabels !== undefined) && (
        <Choice
          label="Rows with several labels"
          value={choices.severalLabels ?? 'refuse'}
          options={[
            { id: 'refuse', title: 'refuse the files' },
            { id: 'reject', title: 'leave the rows out' },
          ]}
          onChange={(said) => {
            change({ ...choices, severalLabels: said === 'reject' ? 'reject' : undefined });
          }}
        />
      )}
      {definition?.kind === 'generation' && (
        <TextBox
          label="Score what stands after"
          note="As #### in GSM8K; empty scores the whole answer."
          value={choices.answerAfter ?? ''}
          onChange={(mark) => {
            change({ ...choices, answerAfter: mark === '' ? undefined : mark });
          }}
        />
      )}
      {isEncodingDoubtful(importing, preview) && (
        <TextBox
          label="Encoding"
          note="As windows-1251 or gbk; empty: found out."
          value={choices.encoding ?? ''}
          onChange={(encoding) => {
            change({ ...choices, columns: undefined, encoding: encoding === '' ? undefined : encoding });
          }}
        />
      )}
      {isDelimiterDoubtful(importing, preview) && (
        <TextBox
          label="Delimiter"
          note="tab, comma, or the sign itself; empty: found out."
          value={choices.delimiter ?? ''}
          onChange={(delimiter) => {
            change({ ...choices, columns: undefined, delimiter: delimiter === '' ? undefined : delimiter });
          }}
        />
      )}
      <NumberField
        label="Seed of the splits"
        value={choices.seed ?? 1}
        min={0}
        max={MOST_SEED}
        isWhole
        onChange={(seed) => {
          change({ ...choices, seed });
        }}
      />
    </div>
  );
}
