/** @file What differs between two setups: the name of each thing, and from what to what. */
import type { ReactNode } from 'react';
import type { Change } from '../../store/setup/setup-shape.ts';

export function Changes({ changes }: { readonly changes: readonly Change[] }): ReactNode {
  return (
    <ul className="changes">
      {changes.map(({ what, before, after }) => (
        <li key={what}>
          {what} <span className="soft">{before}</span> <span aria-hidden="true">→</span>
          <span className="sr-only"> to </span> <b>{after}</b>
        </li>
      ))}
    </ul>
  );
}
