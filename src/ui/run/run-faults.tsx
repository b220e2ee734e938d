/** @file A failed run is as well told as a good one: what failed, what is kept, what to press. */
import type { ReactNode } from 'react';
import { plural } from '../../core/plural.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { FaultBox } from '../shell/messages.tsx';
import { armTitle } from '../../words/arm-title.ts';

export function RunFaults(): ReactNode {
  const run = useLab((state) => state.run);
  const actions = useActions();
  const failed = (run?.cells ?? []).filter(({ fault }) => fault !== null);
  return failed.map(({ key, arm, seed, fault, state }) => {
    if (fault === null) return null;
    const rounds = state.rounds.filter(({ end }) => end !== null).length;
    return (
      <FaultBox
        key={key}
        title={`${armTitle(arm.name, arm.method)}, seed ${seed}, failed`}
        fault={fault}
        buttons={
          (run?.status === 'paused' || run?.status === 'failed') && (
            <Button
              onPress={() => {
                actions.resume();
              }}
            >
              Go on
            </Button>
          )
        }
      >
        {rounds === 0
          ? 'Nothing of it had been finished.'
          : `Kept: the base’s scores and ${plural(rounds - 1, 'round')}, as the chart shows them.`}
      </FaultBox>
    );
  });
}
