/** @file A look's figures: few-shot, as the teacher labels, beside zero-shot, where a run begins. */
import type { ReactNode } from 'react';
import { formatRange, formatRate, formatScore, formatShare } from '../../../core/figures.ts';
import { plural } from '../../../core/plural.ts';
import type { ReadinessSample } from '../../../analysis/readiness/sample.ts';
import type { Shares } from '../../../analysis/readiness/shares.ts';
import type { Readiness } from '../../../analysis/readiness/word.ts';
import { shareInterval } from '../../../metrics/share-interval.ts';

interface Row {
  readonly name: string;
  readonly of: (shares: Shares) => string | null;
}

const ROWS: readonly Row[] = [
  { name: 'Rows asked', of: ({ items }) => String(items) },
  {
    name: 'Right',
    of: ({ right, items }) => {
      const { low, high } = shareInterval(right, items);
      return formatRange(right, low, high);
    },
  },
  { name: 'Labels at all', of: ({ labels }) => (labels === null ? null : formatShare(labels)) },
  {
    name: 'Right by the likeliest label',
    of: ({ constrained }) => (constrained === null ? null : formatScore(constrained)),
  },
  {
    name: 'The same answer',
    of: ({ same, commonest }) => `${formatShare(same)}: “${commonest.slice(0, 30)}”`,
  },
  { name: 'Too long', of: ({ tooLong }) => formatShare(tooLong) },
];

export function CheckFigures({
  shares,
  sample: { prompts, shots },
}: Readiness & { readonly sample: ReadinessSample }): ReactNode {
  const [few, zero] = [shares['few-shot'], shares['zero-shot']];
  // While a look goes on, zero-shot comes after few-shot.
  const said = (of: Row['of'], shares: Shares) => (shares.items === 0 ? null : of(shares));
  const rows = ROWS.map(({ name, of }) => [name, said(of, few), said(of, zero)] as const).filter(
    ([, ofFew, ofZero]) => ofFew !== null || ofZero !== null,
  );
  const { needed, seen, fit } = prompts;
  return (
    <>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Figures of the look beforehand">
        <table className="check-figures">
          <thead>
            <tr>
              <td />
              <th scope="col">Few-shot, as it labels</th>
              <th scope="col">Zero-shot, where it begins</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ofFew, ofZero]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{ofFew ?? '–'}</td>
                <td>{ofZero ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="small">
        {fit >= needed
          ? `The ${plural(needed, 'prompt')} that it needs fit the model, `
          : `It needs ${plural(needed, 'prompt')}; of ${seen} that were looked at ${fit} fit the model, `}
        {shots.shown >= shots.wanted
          ? `with ${plural(shots.wanted, 'demonstration')} each.`
          : `with ${formatRate(shots.shown)} of ${plural(shots.wanted, 'demonstration')} on average.`}
      </p>
    </>
  );
}
