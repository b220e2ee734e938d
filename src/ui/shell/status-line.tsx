/** @file The bottom of the page: one sentence that is always true now. */
import type { ReactNode } from 'react';
import { useLab } from '../lab-context.ts';
import { armTitle } from '../../words/arm-title.ts';
import { nowSentence } from '../words/now.ts';
import './status-line.css';

export function StatusLine(): ReactNode {
  const sentence = useLab(nowSentence);
  const isAtWork = useLab(
    ({ run, model }) =>
      model.status === 'loading' || (run?.status === 'running' && run.replay?.isPlaying !== false),
  );
  return (
    <footer className="status-line">
      <span className={isAtWork ? 'status-sign is-at-work' : 'status-sign'} aria-hidden="true" />
      {/* Not a live region: it changes with every answer. Its milestones are announced below. */}
      <p>{sentence}</p>
    </footer>
  );
}

/** What changes seldom enough to be said aloud. */
export function Announcer(): ReactNode {
  const words = useLab(({ run, model }) => {
    if (run === null) return model.status === 'ready' ? 'Model ready' : '';
    const cell = run.cells.find(({ key }) => key === run.current);
    const where =
      cell?.activity == null
        ? ''
        : `${armTitle(cell.arm.name, cell.arm.method)}, round ${cell.activity.round}`;
    return `Run ${run.status}. ${where}`;
  });
  return (
    <p className="sr-only" role="status">
      {words}
    </p>
  );
}
