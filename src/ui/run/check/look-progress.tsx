/** @file How far a look beforehand is, with the press that ends it: what it has found stands. */
import type { ReactNode } from 'react';
import { Button } from '../../kit/button.tsx';
import type { ProgressProps } from '../../kit/progress.tsx';
import { Progress } from '../../kit/progress.tsx';
import { useActions } from '../../lab-context.ts';
import './look-progress.css';

export function LookProgress(props: ProgressProps): ReactNode {
  const actions = useActions();
  return (
    <div className="look-progress">
      <Progress {...props} />
      <Button
        onPress={() =>
          void actions.beforehand((looks) => {
            looks.stopChecking();
          })
        }
      >
        Cancel
      </Button>
    </div>
  );
}
