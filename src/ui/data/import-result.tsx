/** @file The task that the files give: its splits, labels by split, what was left out. */
import type { ReactNode } from 'react';
import { formatCount } from '../../core/figures.ts';
import { plural } from '../../core/plural.ts';
import type { Task } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import { AnsweredRow } from '../inside/prompt-view.tsx';
import { metricTitle } from '../../analysis/metrics.ts';
import type { ImportReport } from './data-tools.ts';
import { ImportDoctor } from './import-doctor.tsx';
import { ImportFit } from './import-fit.tsx';
import { RejectedRows } from './rejected-rows.tsx';

/** More label columns than this do not fit beside each other. */
const MOST_COLUMNS = 8;

export interface ImportResultProps {
  readonly task: Task;
  readonly report: ImportReport;
}

export function ImportResult({ task, report }: ImportResultProps): ReactNode {
  const { definition, splits } = task;
  const labels = definition.labels.length <= MOST_COLUMNS ? definition.labels : [];
  const [first] = splits.pool;
  return (
    <>
      <ImportDoctor report={report} />
      <section className="data-part" aria-labelledby="import-splits">
        <h3 id="import-splits">
          Splits{' '}
          <span className="faint">
            {definition.kind}, scored by {metricTitle(definition.metric)},{' '}
            {plural(definition.k, 'demonstration')}
          </span>
        </h3>
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Splits and sizes">
          <table className="data-table is-sizes">
            <thead>
              <tr>
                <th scope="col">Split</th>
                <th scope="col" className="is-number">
                  Rows
                </th>
                {labels.map((label) => (
                  <th key={label} scope="col" className="is-number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {SPLITS.map((split) => (
                <tr key={split}>
                  <th scope="row">{split}</th>
                  <td className="is-number">{formatCount(report.splits[split].rows)}</td>
                  {labels.map((label) => (
                    <td key={label} className="is-number">
                      {formatCount(report.splits[split].labels[label] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <ImportFit task={task} />
        {report.notes.length > 0 && (
          <ul className="import-notes">
            {report.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
      </section>
      {first !== undefined && (
        <section className="data-part">
          <h3>What the model will read and should write</h3>
          <AnsweredRow definition={definition} row={first} />
        </section>
      )}
      <section className="data-part" aria-labelledby="import-rejected">
        <h3 id="import-rejected">Rejected rows</h3>
        <RejectedRows rejected={report.rejected} />
      </section>
    </>
  );
}
