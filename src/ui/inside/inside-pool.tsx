/** @file Inside the pool: its labels, and how often the round's prompts showed each item. */
import type { ReactNode } from 'react';
import { countLabels } from '../../method/filters.ts';
import type { Focus } from '../run/focus.ts';
import type { Task } from '../../words/task.ts';
import { MOST_LISTED, excerpt } from '../words/excerpt.ts';
import { Facts } from '../kit/facts.tsx';

export function InsidePool({ task, focus }: { readonly task: Task; readonly focus: Focus }): ReactNode {
  const { knobs } = focus.cell.arm;
  const uses = new Map<string, number>();
  for (const { demonstrations } of focus.round.samples) {
    for (const id of demonstrations) uses.set(id, (uses.get(id) ?? 0) + 1);
  }
  const shown = task.splits.pool.toSorted((a, b) => (uses.get(b.id) ?? 0) - (uses.get(a.id) ?? 0));
  const labels =
    task.definition.labels.length > 0 ? countLabels(task.splits.pool.map(({ output }) => output)) : [];
  return (
    <>
      <p className="soft">
        Labelled items. Demonstrations before each prompt are drawn from{' '}
        {Math.min(knobs.poolSize, shown.length)} of these {shown.length}; nothing else in the run has a label
        that the model sees.
      </p>
      {labels.length > 0 && (
        <Facts
          facts={labels
            .slice(0, MOST_LISTED)
            .map(([name, count]) => ({ name: excerpt(name), value: String(count) }))}
        />
      )}
      <ul className="item-list" tabIndex={0} aria-label="Items of the pool">
        {shown.slice(0, MOST_LISTED).map(({ id, input, output }) => (
          <li key={id}>
            <span>{excerpt(input)}</span>
            <span className="item-side">
              <b>{excerpt(output)}</b>
              {uses.size > 0 && <span className="faint"> shown {uses.get(id) ?? 0}×</span>}
            </span>
          </li>
        ))}
        {shown.length > MOST_LISTED && <li className="faint">and {shown.length - MOST_LISTED} more</li>}
      </ul>
    </>
  );
}
