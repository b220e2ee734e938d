/** @file The files of an import: picked or dropped, each with the label of all its rows where a person says one. */
import type { ReactNode } from 'react';
import { FileTrigger } from 'react-aria-components';
import { Button } from '../kit/button.tsx';
import { DropArea } from '../kit/drop-area.tsx';
import { formatBytes } from '../words/numbers.ts';
import type { Importing } from './use-import.ts';

const TYPES = [
  ...['.csv', '.tsv', '.tab', '.txt', '.json', '.jsonl', '.ndjson'],
  ...['.parquet', '.xlsx', '.gz', '.zip'],
];

export function ImportPicker({ importing }: { readonly importing: Importing }): ReactNode {
  const { files, choices, add, remove, label, refusal, preview } = importing;
  const pool = choices.pool ?? [];
  const all = [...files.map((file) => ({ file, as: '' })), ...pool.map((file) => ({ file, as: 'pool' }))];
  // A file per class has no column that tells the class: a person does.
  const mayBeOneClass =
    files.some((file) => file.label !== undefined) || (files.length > 1 && preview?.problem != null);
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
              <span className="picked-name">
                {file.name} <span className="faint">{formatBytes(file.bytes.length)}</span>
                {as !== '' && <span className="faint"> as the pool</span>}
              </span>
              {as === '' && mayBeOneClass && (
                <label className="picked-label">
                  <span className="faint">Label of all its rows</span>
                  <input
                    className="input"
                    aria-label={`Label of all rows of ${file.name}`}
                    value={file.label ?? ''}
                    placeholder="none"
                    spellCheck={false}
                    onChange={(event) => {
                      label(file.name, event.target.value);
                    }}
                  />
                </label>
              )}
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
