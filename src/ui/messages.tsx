/** @file What went wrong or was mended, where the eye is. */
import type { ReactNode } from 'react';
import type { Advice } from '../store/advice.ts';
import type { Fault } from '../store/lab-state.ts';

export function FaultBox(props: { readonly fault: Fault | null; readonly onDismiss: () => void }): ReactNode {
  const { fault, onDismiss } = props;
  if (fault === null) return null;
  return (
    <div className="fault" role="alert">
      <p>
        <b>{fault.what}</b>
      </p>
      <p>{fault.remedy}</p>
      <p className="fault-foot">
        <code>{fault.code}</code>
        <button type="button" className="quiet" onClick={onDismiss}>
          Dismiss
        </button>
      </p>
    </div>
  );
}

export function Notice({ text }: { readonly text: string | null }): ReactNode {
  return (
    <div role="status" className={text === null ? 'sr-only' : 'notice'}>
      {text}
    </div>
  );
}

export function AdviceNote({ advice }: { readonly advice: Advice }): ReactNode {
  return (
    <section className="advice">
      <h3>{advice.title}</h3>
      <p>{advice.cause}</p>
      {advice.cures.length > 0 && (
        <ul>
          {advice.cures.map((cure) => (
            <li key={cure}>{cure}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
