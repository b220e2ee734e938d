/** @file What went wrong or was mended, where the eye is. */
import type { ReactNode } from 'react';
import type { Advice } from '../../store/setup/advice.ts';
import type { Fault } from '../../store/lab-state.ts';
import { Button } from '../kit/button.tsx';
import './messages.css';

export interface FaultBoxProps {
  readonly title?: string;
  readonly fault: Fault;
  readonly onDismiss?: () => void;
  /** What is kept. */
  readonly children?: ReactNode;
  /** What to press. */
  readonly buttons?: ReactNode;
}

export function FaultBox({ title, fault, onDismiss, children, buttons }: FaultBoxProps): ReactNode {
  return (
    <div className="message is-fault" role="alert">
      <svg className="message-sign" width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
        <path d="M11 2L21 20H1Z" fill="none" stroke="currentColor" strokeWidth="2" strokeLinejoin="round" />
        <path d="M11 8.5V13.5M11 15.7V17.7" stroke="currentColor" strokeWidth="2" />
      </svg>
      <div className="message-body">
        {title !== undefined && <h3>{title}</h3>}
        <p>
          <b>{fault.what}</b>
        </p>
        <p>
          {fault.remedy} {children}
        </p>
        <p className="message-foot">
          {buttons}
          <code>{fault.code}</code>
          {onDismiss !== undefined && (
            <Button look="quiet" onPress={onDismiss}>
              Dismiss
            </Button>
          )}
        </p>
      </div>
    </div>
  );
}

export function NoticeBox({
  text,
  onDismiss,
}: {
  readonly text: string;
  readonly onDismiss: () => void;
}): ReactNode {
  return (
    <div className="message is-notice" role="status">
      <div className="message-body is-line">
        <p>{text}</p>
        <Button look="quiet" onPress={onDismiss}>
          Dismiss
        </Button>
      </div>
    </div>
  );
}

export function AdviceNote({ advice: { title, cause, cures } }: { readonly advice: Advice }): ReactNode {
  return (
    <section className="advice">
      <h3>{title}</h3>
      <p>{cause}</p>
      {cures.length > 0 && (
        <ul>
          {cures.map((cure) => (
            <li key={cure}>{cure}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
