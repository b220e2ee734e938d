/** @file A model that was asked for and is too large for this device as it is: what it needs, and the ways on. */
import type { ReactNode } from 'react';
import { fitOf } from '../../core/memory-need.ts';
import { deviceOf } from '../../store/model/model-slice.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { NeedTable } from './memory-note.tsx';

export function UnfitModel(): ReactNode {
  const unfit = useLab((state) => state.unfit);
  const surroundings = useLab((state) => state.surroundings);
  const model = useLab((state) => state.model);
  const actions = useActions();
  if (unfit === null) return null;
  const { ref, needs } = unfit;
  const device = deviceOf({ surroundings, model });
  const possible = needs().filter((need) => fitOf(need, device) !== 'too-large');
  return (
    <section className="data-part unfit-model" aria-labelledby="unfit" role="status">
      <h3 id="unfit">{ref.name} is too large for this device as it is</h3>
      <p>
        {possible.length === 0
          ? 'It fits in no type that its weights can be held in: a smaller model will do here.'
          : 'Held in fewer bits it is another base: the lab’s name for it says which, and so does every result.'}
      </p>
      <NeedTable needs={needs} />
      <div className="button-row">
        {possible.map(({ weights }, i) => (
          <Button
            key={weights}
            look={i === 0 ? 'strong' : 'plain'}
            onPress={() => void actions.loadUnfit(weights)}
          >
            Load as {weights}
          </Button>
        ))}
        <Button onPress={() => void actions.loadUnfit(null)}>Keep {model.ref.name}</Button>
        <Button look="quiet" onPress={() => void actions.loadUnfit('float32')}>
          Try it as it is
        </Button>
      </div>
    </section>
  );
}
