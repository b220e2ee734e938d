/** @file The way into a look beforehand; the panel with what it finds comes in a file of its own. */
import type { ReactNode } from 'react';
import { Suspense, lazy } from 'react';
import { useActions, useLab } from '../../lab-context.ts';
import { Button } from '../../kit/button.tsx';
import { PartBoundary } from '../../shell/view-boundary.tsx';

const Panel = lazy(async () => ({ default: (await import('./check-panel.tsx')).CheckPanel }));

export function CheckButton({ isDisabled }: { readonly isDisabled: boolean }): ReactNode {
  const isLooking = useLab(({ readiness }) => readiness !== null && readiness.work !== null);
  const actions = useActions();
  return (
    <Button
      isDisabled={isDisabled || isLooking}
      onPress={() => void actions.beforehand((looks) => looks.checkFirst())}
    >
      Check first
    </Button>
  );
}

export function CheckPlace(): ReactNode {
  const hasLooked = useLab(({ readiness }) => readiness !== null);
  if (!hasLooked) return null;
  return (
    <PartBoundary title="The look beforehand">
      <Suspense>
        <Panel />
      </Suspense>
    </PartBoundary>
  );
}
