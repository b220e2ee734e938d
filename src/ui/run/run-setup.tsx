/** @file Under the charts: with what settings their run was made; and, where the setup beside is another, how to take this one. */
import type { ReactNode } from 'react';
import type { RunView } from '../../store/live/run-state.ts';
import { setupToHash } from '../../store/setup/setup-url.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { ShareButton } from '../shell/share-button.tsx';
import { chipsOf } from '../words/setup-chips.ts';
import { playAddress } from '../../words/recorded.ts';
import { LACK_ID, lackOf } from './price.tsx';
import { recordedName } from './recorded-name.ts';
import '../kit/chips.css';
import './run-setup.css';

export function RunSetup({
  run,
}: {
  readonly run: Pick<RunView, 'id' | 'kind' | 'model' | 'setup'>;
}): ReactNode {
  const here = useLab(({ setup }) => setup.hash);
  const actions = useActions();
  const hash = setupToHash(run.setup);
  const chips = chipsOf(run.setup);
  const loaded = useLab(({ model }) => model.ref);
  const cards = useLab(({ tasks }) => tasks.cards);
  const isOff = lackOf(run.setup, { loaded, cards }) !== null;
  const recorded = recordedName(run);
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
            isDisabled={isOff}
            {...(isOff ? { 'aria-describedby': LACK_ID } : {})}
            onPress={() => {
              actions.applySetup(run.setup);
            }}
          >
            Use this setup
          </Button>
        )}
        {recorded !== null && <ShareButton title="Link to this recording" hash={playAddress(recorded)} />}
        {!isOff && <ShareButton title="Link to this run" hash={hash} />}
      </div>
    </section>
  );
}
