/** @file Import of a task: files, what they hold, what the person says about it, what comes of it, and the button. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { FileTrigger } from 'react-aria-components';
import type { TaskKind } from '../../words/task.ts';
import { faultOf } from '../../store/lab-state.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { NumberField } from '../kit/number-field.tsx';
import { TextBox } from '../kit/text-box.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { FaultBox } from '../shell/messages.tsx';
import { formatBytes, plural } from '../words/numbers.ts';
import type { ImportPreview } from './data-tools.ts';
import { DropArea } from '../kit/drop-area.tsx';
import { labelNamesOf } from './import-choices.ts';
import { ImportFile } from './import-file.tsx';
import { ImportLabels } from './import-labels.tsx';
import { ImportResult } from './import-result.tsx';
import type { Importing } from './use-import.ts';
import { useImport } from './use-import.ts';

const TYPES = [
  ...['.csv', '.tsv', '.tab', '.txt', '.json', '.jsonl', '.ndjson'],
  ...['.parquet', '.xlsx', '.gz', '.zip'],
];
const MOST_SEED = 2 ** 31 - 1;

function Picker({ importing }: { readonly importing: Importing }): ReactNode {
  const { files, choices, add, remove, refusal } = importing;
  const pool = choices.pool ?? [];
  const all = [...files.map((file) => ({ file, as: '' })), ...pool.map((file) => ({ file, as: 'pool' }))];
  const take = (to: 'files' | 'pool') => (list: FileList | null) => {
    void add([...(list ?? [])], to);
  };
  return (
    <DropArea
      label="Files to import"
      onDrop={(data) => {
        void add([...data.files], 'files');
      }}
    >
      {all.length > 0 && (
        <ul className="picked">
          {all.map(({ file, as }) => (
            <li key={`${as} ${file.name}`}>
              <span>
                {file.name} <span className="faint">{formatBytes(file.bytes.length)}</span>
                {as !== '' && <span className="faint"> as the pool</span>}
              </span>
              <Button
                look="quiet"
                aria-label={`Remove ${file.name}`}
                onPress={() => {
                  remove(file.name);
                }}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className="button-row">
        <FileTrigger allowsMultiple acceptedFileTypes={TYPES} onSelect={take('files')}>
          <Button look={files.length === 0 ? 'strong' : 'plain'}>
            {files.length === 0 ? 'Choose files' : 'Add files'}
          </Button>
        </FileTrigger>
        {files.length > 0 && (
          <FileTrigger allowsMultiple acceptedFileTypes={TYPES} onSelect={take('pool')}>
            <Button look="quiet">Add a file for the pool</Button>
          </FileTrigger>
        )}
        <span className="field-note">
          or drop them here: CSV, TSV, JSON, JSON lines, Parquet, .xlsx, lines of label and text; also as .gz
          or .zip
        </span>
      </div>
      {refusal !== null && (
        <p className="field-fault" role="alert">
          {refusal}
        </p>
      )}
    </DropArea>
  );
}

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

function Options({
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
      {(preview.problem !== null || choices.severalLabels !== undefined) && (
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
      <TextBox
        label="Encoding (found out if empty)"
        value={choices.encoding ?? ''}
        onChange={(encoding) => {
          change({ ...choices, columns: undefined, encoding: encoding === '' ? undefined : encoding });
        }}
      />
      <TextBox
        label="Delimiter (found out if empty)"
        value={choices.delimiter ?? ''}
        onChange={(delimiter) => {
          change({ ...choices, columns: undefined, delimiter: delimiter === '' ? undefined : delimiter });
        }}
      />
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

interface Labels {
  /** What the labels were read from: other files or another column have others. */
  readonly from: string;
  readonly raw: readonly string[];
  readonly typed: ReadonlyMap<string, string>;
}

/** The labels as they stand in the files: those of the preview before anybody named one. */
function useLabels(importing: Importing): readonly [Labels | null, (typed: Labels['typed']) => void] {
  const { preview, files, choices } = importing;
  const [labels, setLabels] = useState<Labels | null>(null);
  const from = JSON.stringify([
    files.map(({ name }) => name),
    preview?.files.map(({ mapping }) => mapping.output),
  ]);
  const definition = preview?.imported?.task.definition;
  const own =
    definition?.kind === 'classification' && choices.labelNames === undefined ? definition.labels : null;
  const shown: Labels | null =
    own !== null ? { from, raw: own, typed: new Map() } : labels?.from === from ? labels : null;
  const put = (typed: Labels['typed']) => {
    if (shown === null) return;
    setLabels({ ...shown, typed });
    const labelNames = labelNamesOf(shown.raw, typed);
    importing.change({ ...choices, labelNames });
  };
  return [shown, put];
}

export function ImportPane({ onImported }: { readonly onImported: (id: string) => void }): ReactNode {
  const importing = useImport();
  const { preview, isReading, choices, change } = importing;
  const cards = useLab((state) => state.tasks.cards);
  const actions = useActions();
  const [labels, nameLabels] = useLabels(importing);
  const imported = preview?.imported ?? null;
  const id = imported?.task.definition.id ?? '';
  const same = cards.find(({ definition }) => definition.id === id);
  const take = async () => {
    if (imported === null) return;
    await actions.addTask(imported.task);
    onImported(id);
  };
  return (
    <>
      <div className="page-head">
        <div>
          <h2>Import a task</h2>
          <p className="soft">
            Files are read in this page and kept in this browser; nothing is sent anywhere.
          </p>
        </div>
        <Button
          look="strong"
          isDisabled={imported === null || isReading || importing.isStopped || same?.origin === 'bundled'}
          onPress={() => void take()}
        >
          {same?.origin === 'imported' ? 'Import in its place' : 'Import and use'}
        </Button>
      </div>
      <Picker importing={importing} />
      <Status importing={importing} />
      {preview === null ? (
        importing.files.length === 0 && <Hints />
      ) : (
        <div className="import-body" aria-busy={isReading}>
          {preview.problem !== null && (
            <FaultBox title="These files make no task yet" fault={faultOf(preview.problem)} />
          )}
          {same?.origin === 'bundled' && (
            <p className="field-fault">A bundled task is called {id}: give this one another name.</p>
          )}
          <Options importing={importing} preview={preview} />
          {preview.files.map((shown, i) => (
            <ImportFile
              key={`${i} ${shown.file}`}
              shown={shown}
              onColumns={(columns) => {
                change({ ...choices, columns, labelNames: undefined });
              }}
            />
          ))}
          {labels !== null && <ImportLabels raw={labels.raw} typed={labels.typed} onChange={nameLabels} />}
          {imported !== null && <ImportResult {...imported} />}
        </div>
      )}
    </>
  );
}

function statusOf({ files, isReading, isStopped, rows, preview }: Importing): string {
  if (files.length === 0) return '';
  if (isReading)
    return rows === 0 ? 'Reading the files.' : `Reading the files, ${plural(rows, 'row')} so far.`;
  if (isStopped) return 'Stopped. What is shown is what was read before.';
  const imported = preview?.imported ?? null;
  if (imported === null) return 'No task yet.';
  const { task, report } = imported;
  return `${plural(importedRows(task.splits), 'row')} in five splits, ${plural(report.rejected.length, 'row')} rejected.`;
}

/** A small file is read before the button to stop it shows. */
function Status({ importing }: { readonly importing: Importing }): ReactNode {
  const { files, isReading, isStopped, stop, again } = importing;
  return (
    <div className="import-status">
      <p role="status">{statusOf(importing)}</p>
      {files.length > 0 && isReading && (
        <span className="import-stop">
          <Button look="quiet" onPress={stop}>
            Stop reading
          </Button>
        </span>
      )}
      {isStopped && (
        <Button look="quiet" onPress={again}>
          Read again
        </Button>
      )}
    </div>
  );
}

const importedRows = (splits: Readonly<Record<string, readonly unknown[]>>): number =>
  Object.values(splits).reduce((sum, rows) => sum + rows.length, 0);

function Hints(): ReactNode {
  return (
    <ul className="import-hints">
      <li>
        One file is enough: pool, prompts, validation, probe and test are drawn from it by the seed, labels
        alike.
      </li>
      <li>Files called train, dev or test keep their published splits.</li>
      <li>
        Delimiter, header, encoding, columns and kind are found out; all of it can be changed before anything
        is kept.
      </li>
      <li>
        Multiple choice, conversations, preferences, pairs, passages with questions and what labelling tools
        save are known by their form, and every column that is not used is named.
      </li>
      <li>Doubles, empty and broken rows are left out, each with its reason.</li>
    </ul>
  );
}
