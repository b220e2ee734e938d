/** @file One file as it was read: its format, its columns with samples, and what each column is taken for. */
import { formatCount } from '../../core/figures.ts';
import { plural } from '../../core/plural.ts';
import type { ColumnRoles, FilePreview } from '../../words/importing.ts';
import type { ReactNode } from 'react';
import { Choice } from '../kit/choice.tsx';
import { isOf, ROLES, roleOf, withRole } from './import-choices.ts';

const FORMATS: Readonly<Record<FilePreview['format'], string>> = {
  csv: 'CSV',
  tsv: 'TSV',
  json: 'JSON',
  jsonl: 'JSON lines',
  'label-lines': 'lines of label and text',
  lines: 'lines of text',
  parquet: 'Parquet',
  xlsx: 'Excel workbook',
};

export interface ImportFileProps {
  readonly shown: FilePreview;
  /** What a person has said so far, also where the file was not read again since. */
  readonly said: ColumnRoles | undefined;
  readonly onColumns: (columns: ColumnRoles) => void;
}

export function ImportFile({ shown, said, onColumns }: ImportFileProps): ReactNode {
  const { file, format, encoding, origin, rows, columns, mapping, layout, unused, notes } = shown;
  const names = columns.map(({ name }) => name);
  const current = said !== undefined && isOf(said, names) ? said : mapping;
  return (
    <section className="data-part" aria-label={file}>
      <h3>
        {file}{' '}
        <span className="faint">
          {FORMATS[format]}
          {encoding !== undefined && `, ${encoding.name.toUpperCase()}`}, {plural(rows, 'row')}
          {origin !== null && `, taken as ${origin} by its name`}
        </span>
      </h3>
      {layout !== null && (
        <p>
          Read as <b>{layout.name}</b>: {layout.because}.
          {layout.runnerUp !== undefined && (
            <span className="faint"> The next best reading is {layout.runnerUp}.</span>
          )}
        </p>
      )}
      <p>{unused.length === 0 ? 'Every column is used.' : `Not used: ${unused.join(', ')}.`}</p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={`Columns of ${file}`}>
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Is</th>
              <th scope="col">First values</th>
              <th scope="col" className="is-number">
                Different
              </th>
            </tr>
          </thead>
          <tbody>
            {columns.map(({ name, samples, distinct }) => {
              const role = roleOf(mapping, name);
              return (
                <tr key={name} className={role === 'none' ? 'is-unused' : ''}>
                  <th scope="row">{name}</th>
                  <td>
                    <Choice
                      label={`Column ${name} is`}
                      isLabelHidden
                      value={role}
                      options={ROLES}
                      onChange={(next) => {
                        onColumns(withRole(current, names, name, next));
                      }}
                    />
                  </td>
                  <td className="samples">
                    {samples.map((sample, i) => (
                      <span key={i}>{sample === '' ? '–' : sample}</span>
                    ))}
                  </td>
                  <td className="is-number">{formatCount(distinct)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {notes.length > 0 && (
        <ul className="import-notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
