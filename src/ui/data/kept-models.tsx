/** @file The models fetched from the Hub: load one again without a network, or make room. */
import type { ReactNode } from 'react';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { formatBytes } from '../words/numbers.ts';

export function KeptModels(): ReactNode {
  const kept = useLab((state) => state.storage.keptModels);
  const setup = useLab((state) => state.setup.setup);
  const actions = useActions();
  if (kept.length === 0)
    return <p className="faint">No model is kept. The bundled one comes with the page.</p>;
  return (
    <ul className="picked">
      {kept.map(({ name, bytes }) => {
        const isUsed = setup.model.kind === 'hub' && setup.model.name === name;
        return (
          <li key={name}>
            <span>
              {name} <span className="faint">{formatBytes(bytes)}</span>
            </span>
            <span className="button-row">
              <Button
                isDisabled={isUsed}
                aria-label={`Load ${name}`}
                onPress={() => {
                  actions.applySetup({ ...setup, model: { kind: 'hub', name } });
                }}
              >
                {isUsed ? 'In use' : 'Load'}
              </Button>
              <Button
                look="quiet"
                isDisabled={isUsed}
                aria-label={`Remove ${name}`}
                onPress={() => void actions.removeKeptModel(name)}
              >
                Remove
              </Button>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
