/** @file Past runs that are not whole on the disk: what is wrong with each, to be saved as it is, or removed. */
import type { ReactNode } from 'react';
import { useLab } from '../lab-context.ts';
import { Rescue } from '../shell/rescue.tsx';
import '../shell/messages.css';

export function DamagedRuns(): ReactNode {
  const damaged = useLab((state) => state.damaged);
  if (damaged.length === 0) return null;
  return (
    <section className="message is-notice" aria-labelledby="damaged-runs">
      <div className="message-body">
        <h3 id="damaged-runs">Damaged runs</h3>
        <p className="soft small">
          They cannot be opened: what the browser kept of them is not what a run has. What is there can be
          saved as a file of its own, for a look inside.
        </p>
        <ul className="broken-runs">
          {damaged.map(({ id, name, why }) => (
            <li key={id}>
              <span>
                <b>{name}</b> <span className="small">{why}</span>
              </span>
              <Rescue id={id} name={name} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
