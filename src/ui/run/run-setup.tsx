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

/** Its arms' own settings too: what all of them are set to once, and without their names. */
export function chipsOf(setup: Setup): readonly string[] {
  const own = setup.arms.map(({ name, method, knobs }) => ({
    title: armTitle(name, method),
    set: setKnobs(knobs, setup.shared).map(({ words }) => words),
  }));
  const inAll = (own[0]?.set ?? []).filter((words) => own.every(({ set }) => set.includes(words)));
  return [
    ...(sizeOf(setup) === 'quick' ? [SIZES.quick] : []),
    ...setKnobs(apartFromSize(setup)).map(({ words }) => words),
    ...inAll,
    ...own.flatMap(({ title, set }) =>
      set.filter((words) => !inAll.includes(words)).map((words) => `${title}: ${words}`),
    ),
  ];
}

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
