/** @file Under the setup: the task is too small for it, with the sizes that fit to press. */
import type { ReactNode } from 'react';
import { plural } from '../../core/plural.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { feasibleSizes } from '../../method/feasible.ts';
import { tooFew } from '../../store/setup/too-few.ts';

export function TooFewNote(): ReactNode {
  const found = useLab(tooFew);
  const actions = useActions();
  if (found === null) return null;
  const { task, there, needed } = found;
  // As many rounds with fewer prompts each, then fewer rounds.
  const sizes = feasibleSizes(found, there);
  return (
    <div className="too-few" role="status">
      <p className="small">
        {`${task} has ${plural(there, 'prompt')}; this setup needs ${needed}.`}
        {sizes.length === 0 && ' Give the task more prompts.'}
      </p>
      {sizes.map(({ rounds, promptsPerRound }) => (
        <Button
          key={rounds}
          onPress={() => {
            actions.setKnob('rounds', rounds);
            actions.setKnob('promptsPerRound', promptsPerRound);
          }}
        >
          {`${plural(rounds, 'round')} of ${promptsPerRound}`}
        </Button>
      ))}
    </div>
  );
}
