/** @file Under the charts: with what settings their run was made; and, where the setup beside is another, how to take this one. */
import type { ReactNode } from 'react';
import type { RunView } from '../../store/live/run-state.ts';
import type { Setup } from '../../store/setup/setup-shape.ts';
import { SIZES, apartFromSize, sizeOf } from '../../store/setup/size.ts';
import { setupToHash } from '../../store/setup/setup-url.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { ShareButton } from '../shell/share-button.tsx';
import { armTitle } from '../words/arms.ts';
import { setKnobs } from '../words/set-knobs.ts';
import '../kit/chips.css';
import './run-setup.css';

/** Its arms' own settings too. */
const chipsOf = (setup: Setup): readonly string[] => [
  ...(sizeOf(setup) === 'quick' ? [SIZES.quick] : []),
  ...setKnobs(apartFromSize(setup)).map(({ words }) => words),
  ...setup.arms.flatMap(({ name, method, knobs }) =>
    setKnobs(knobs, setup.shared).map(({ words }) => `${armTitle(name, method)}: ${words}`),
  ),
];

export function RunSetup({ run }: { readonly run: Pick<RunView, 'setup'> }): ReactNode {
  const here = useLab(({ setup }) => setup.hash);
  const actions = useActions();
  const hash = setupToHash(run.setup);
  const chips = chipsOf(run.setup);
  return (
    <section className="run-setup" aria-label="Setup of the run that is shown">
      {chips.length > 0 && (
        <ul className="chips" aria-label="Its settings that are not the defaults">
          {chips.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
      <div className="run-setup-actions">
        {hash !== here && (
          <Button
            look="quiet"
            onPress={() => {
              actions.applySetup(run.setup);
            }}
          >
            Use this setup
          </Button>
        )}
        <ShareButton title="Link to this run" hash={hash} />
      </div>
    </section>
  );
}
