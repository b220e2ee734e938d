/** @file What became of the rows of an import, and what a person should look at before a run. */
import type { ReactNode } from 'react';
import { formatCount } from '../../core/figures.ts';
import type { ImportReport } from './data-tools.ts';
import { REJECT_TITLES } from '../../words/importing.ts';
import { SPLITS } from '../../words/task.ts';
import { Facts, type Fact } from '../kit/facts.tsx';
import { countReasons } from './import-choices.ts';

function factsOf({ rowsIn, splits, rejected, leftOver, doubles }: ImportReport): readonly Fact[] {
  const out = SPLITS.reduce((sum, split) => sum + splits[split].rows, 0);
  const told = (name: string, count: number, of = ''): readonly Fact[] =>
    count === 0 ? [] : [{ name, value: `${formatCount(count)}${of}` }];
  const reasons = countReasons(rejected).map(
    ({ reason, count }) => `${REJECT_TITLES[reason]} ${formatCount(count)}`,
  );
  return [
    { name: 'Rows in', value: formatCount(rowsIn) },
    { name: 'Rows out', value: formatCount(out) },
    ...told('Rejected', rejected.length, ` (${reasons.join(', ')})`),
    ...told('Beyond the sizes', leftOver),
    ...told('Same text again', doubles.same),
    ...told('Same text, another answer', doubles.contradicting),
    ...told('Same but for punctuation', doubles.near, ', kept in one split'),
    ...told('In two published splits', doubles.crossing),
  ];
}

export function ImportDoctor({ report }: { readonly report: ImportReport }): ReactNode {
  return (
    <section className="data-part" aria-labelledby="import-rows">
      <h3 id="import-rows">Rows</h3>
      {report.warnings.length > 0 && (
        <div className="advice" role="note" aria-label="Look at this before a run">
          <h4>Look at this before a run</h4>
          <ul>
            {report.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
      <Facts facts={factsOf(report)} />
    </section>
  );
}
