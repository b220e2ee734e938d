/** @file How far something is, in words and as a bar. */
import type { ReactNode } from 'react';
import { Label, ProgressBar } from 'react-aria-components';
import './progress.css';

export interface ProgressProps {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  /** 0 to 1. */
  readonly share: number;
  readonly note?: string;
}

export function Progress({ label, isLabelHidden = false, share, note = '' }: ProgressProps): ReactNode {
  return (
    <ProgressBar className="progress" value={100 * share}>
      <span className={isLabelHidden ? 'sr-only' : 'progress-words'}>
        <Label>{label}</Label>
        <span>{note}</span>
      </span>
      <span className="progress-track" aria-hidden="true">
        <span className="progress-fill" style={{ inlineSize: `${100 * share}%` }} />
      </span>
    </ProgressBar>
  );
}
