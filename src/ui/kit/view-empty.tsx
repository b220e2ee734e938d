/** @file What a view says while there is nothing to show: what will stand there, and how to get there. */
import type { ReactNode } from 'react';
import { goTo } from '../go-to.ts';
import { Button } from './button.tsx';
import './view-empty.css';

export interface ViewEmptyProps {
  readonly title?: string;
  readonly className?: string;
  readonly children: ReactNode;
}

export function ViewEmpty({ title, className = '', children }: ViewEmptyProps): ReactNode {
  return (
    <div className={`view-empty ${className}`}>
      {title !== undefined && <h2>{title}</h2>}
      {children}
    </div>
  );
}

/** For views that fill as soon as something ran. */
export function GoToRun(): ReactNode {
  return (
    <p>
      <Button
        look="strong"
        onPress={() => {
          goTo('run');
        }}
      >
        Go to Run
      </Button>
    </p>
  );
}
