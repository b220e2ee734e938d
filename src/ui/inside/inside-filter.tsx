/** @file Inside the filter: what it dropped and why, and what that did to accuracy and balance. */
import type { ReactNode } from 'react';
import { plural } from '../../core/plural.ts';
import type { FilterSide } from '../../method/filters.ts';
import { filterAccount, keptOutside } from '../../method/filters.ts';
import { isValidLabel } from '../../metrics/metrics.ts';
import { KNOBS } from '../../words/knobs.ts';
import type { Task } from '../../words/task.ts';
import type { Focus } from '../run/focus.ts';
import { MOST_LISTED, excerpt } from '../words/excerpt.ts';
import { formatScore } from '../../core/figures.ts';
import { VERDICTS } from '../../analysis/verdict-words.ts';
import { Facts } from '../kit/facts.tsx';

const sideWords = ({ count, accuracy }: FilterSide): string =>
  `${count}${accuracy === null ? '' : `, ${formatScore(accuracy)} right`}`;

interface InsideFilterProps {
  readonly task: Task;
  readonly focus: Focus;
}

export function InsideFilter({ task: { definition }, focus }: InsideFilterProps): ReactNode {
  const { samples } = focus.round;
  if (samples.length === 0) return <p className="faint">Nothing of this round has been filtered yet.</p>;
  const { before, after, dropped } = filterAccount(samples);
  const out = samples.filter(({ verdict }) => verdict !== 'kept');
  const kept = new Map(after.labels);
  const outside = keptOutside(samples, definition);
  const isOutside = (label: string) =>
    definition.kind === 'classification' && !isValidLabel(definition.labels, label);
  return (
    <>
      <p className="soft">
        Dropped answers are not trained on; their places are refilled from reserve prompts. “Right” is against
        the hidden key, which the filter does not see.
      </p>
      <Facts
        facts={[
          { name: 'before', value: sideWords(before) },
          { name: 'after', value: sideWords(after) },
          ...[...dropped].map(([verdict, side]) => ({ name: VERDICTS[verdict], value: sideWords(side) })),
        ]}
      />
      {outside.length > 0 && (
        <p>
          {outside.length} of the {after.count} kept {outside.length === 1 ? 'is' : 'are'} no label of the
          task, and trained on all the same: what is dropped is broken, not wrong. “
          {KNOBS.labelSetFilter.label}” in the setup takes them out.
        </p>
      )}
      <table className="mini-table">
        <caption>Answers before and after</caption>
        <thead>
          <tr>
            <th scope="col">answer</th>
            <th scope="col">before</th>
            <th scope="col">after</th>
          </tr>
        </thead>
        <tbody>
          {before.labels.slice(0, 10).map(([label, count]) => (
            <tr key={label}>
              <th scope="row">
                {label === '' ? '(empty)' : excerpt(label)}
                {isOutside(label) && <span className="faint"> no label</span>}
              </th>
              <td>{count}</td>
              <td>{kept.get(label) ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {out.length === 0 ? (
        <p>Nothing was dropped.</p>
      ) : (
        <>
          <h3>{plural(out.length, 'answer')} dropped</h3>
          <ul className="item-list" tabIndex={0} aria-label="Dropped answers">
            {out.slice(0, MOST_LISTED).map(({ id, input, answer, verdict }) => (
              <li key={id}>
                <span>{excerpt(input)}</span>
                <span className="item-side">
                  <b>{answer === '' ? '(empty)' : excerpt(answer)}</b>{' '}
                  <span className="faint">{VERDICTS[verdict]}</span>
                </span>
              </li>
            ))}
            {out.length > MOST_LISTED && <li className="faint">and {out.length - MOST_LISTED} more</li>}
          </ul>
        </>
      )}
    </>
  );
}
