/** @file What can be done with a run that cannot be shown: save what is there of it, remove it. Plain, so that it holds. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { save } from '../charts/download.ts';
import { Button } from '../kit/button.tsx';
import { useActions } from '../lab-context.ts';
import './messages.css';

export interface RescueProps {
  readonly id: string;
  readonly name: string;
  /** Beside the two. */
  readonly children?: ReactNode;
}

export function Rescue({ id, name, children }: RescueProps): ReactNode {
  const actions = useActions();
  const [isAsked, setIsAsked] = useState(false);
  if (isAsked)
    return (
      <span className="fault-buttons">
        <span role="alert">Remove it for good?</span>
        <Button
          look="strong"
          aria-label={`Remove ${name} for good`}
          onPress={() => void actions.deleteRun(id)}
        >
          Remove
        </Button>
        <Button
          onPress={() => {
            setIsAsked(false);
          }}
        >
          Keep it
        </Button>
      </span>
    );
  return (
    <span className="fault-buttons">
      {children}
      <Button
        aria-label={`Save what is there of ${name}`}
        onPress={() =>
          void actions.saveRaw(id).then((file) => {
            if (file !== null) save(file.name, new Blob([file.bytes], { type: file.type }));
          })
        }
      >
        Save what is there
      </Button>
      <Button
        aria-label={`Remove this run: ${name}`}
        onPress={() => {
          setIsAsked(true);
        }}
      >
        Remove this run
      </Button>
    </span>
  );
}
