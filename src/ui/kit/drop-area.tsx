/** @file Where files are dropped; the buttons inside do the same for keyboards. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import './drop-area.css';

export interface DropAreaProps {
  readonly label: string;
  /** Called while the event lasts: the list is empty afterwards. */
  readonly onDrop: (data: DataTransfer) => void;
  readonly children: ReactNode;
}

export function DropArea({ label, onDrop, children }: DropAreaProps): ReactNode {
  const [isOver, setIsOver] = useState(false);
  return (
    <div
      className={isOver ? 'drop-area is-over' : 'drop-area'}
      role="group"
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)))
          setIsOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        onDrop(event.dataTransfer);
      }}
    >
      {children}
    </div>
  );
}
