/** @file A run that was under way when the page went away: go on with it, or leave it among the past runs. */
import type { ReactNode } from 'react';
import { plural } from '../../core/plural.ts';
import { useActions, useLab } from '../lab-context.ts';
import { createdWords } from '../words/dates.ts';
import { Button } from '../kit/button.tsx';
import './messages.css';

export function Interrupted(): ReactNode {
  const interrupted = useLab((state) => state.interrupted);
  const others = useLab(({ runs }) => runs.filter(({ status }) => status === 'interrupted').length - 1);
  const actions = useActions();
  if (interrupted === null) return null;
  return (
    <div className="message is-notice" role="status">
      <div className="message-body is-line">
        <p>
          “{interrupted.name}”, begun {createdWords(interrupted)}, was under way when the page was closed.
          What it had finished is kept.
          {others > 0 && ` ${plural(others, 'other interrupted run')} can be gone on with in Compare.`}
        </p>
        <span className="fault-buttons">
          <Button look="strong" onPress={() => void actions.continueInterrupted()}>
            Go on
          </Button>
          <Button
            look="quiet"
            onPress={() => {
              actions.dismissInterrupted();
            }}
          >
            Not now
          </Button>
        </span>
      </div>
    </div>
  );
}
