/** @file A setup's place on the map: asked for on the rows of a look beforehand, and said in words. */
import type { ReactNode } from 'react';
import type { MapFile } from '../../../analysis/map-file.ts';
import { isUseful, toldAt } from '../../../analysis/map-file.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import { changedSince } from '../../../store/readiness/stale.ts';
import { Button } from '../../kit/button.tsx';
import { useActions, useLab } from '../../lab-context.ts';
import { FaultBox } from '../../shell/messages.tsx';
import { armTitle } from '../../../words/arm-title.ts';
import { listed } from '../../words/numbers.ts';
import { canBegin } from '../can-begin.ts';
import { LookProgress } from '../check/look-progress.tsx';
import { apartFrom, isPlaceOfRun } from './map-outcome.ts';
import { apartWords, placeWords } from './map-words.ts';

export interface OwnPlaceProps {
  readonly file: MapFile;
  /** In whose picture it stands: only that run's place belongs there. Absent: the setup's, whatever is shown. */
  readonly run?: RunView | null;
}

/** Asks for the place, and says it. */
export function OwnPlace({ file, run = null }: OwnPlaceProps): ReactNode {
  const place = useLab((state) =>
    state.place !== null && (run === null || isPlaceOfRun(state.place, run)) ? state.place : null,
  );
  const apart = useLab((state) => (run === null ? '' : apartFrom(run, state).join('|')));
  const changed = useLab((state) =>
    state.place === null ? '' : changedSince(state.place.of, state).join('|'),
  );
  const isOpen = useLab(
    (state) => canBegin(state) && state.run?.status !== 'running' && state.readiness?.work == null,
  );
  const actions = useActions();
  const find = (words: string) => (
    <div className="no-picture map-find">
      {apart !== '' && <p className="soft">{apartWords(apart.split('|'))}</p>}
      <Button
        isDisabled={!isOpen || apart !== ''}
        onPress={() => void actions.beforehand((looks) => looks.findPlace())}
      >
        {words}
      </Button>
    </div>
  );
  if (place === null)
    return (
      <>
        <p className="soft no-picture">
          Which errors does the base always make on your rows, and which now and then? 32 answered rows of
          validation, probe and pool are asked under eight draws of demonstrations.
        </p>
        {find('Find this setup’s place')}
      </>
    );
  const { of, found, isAsking, share, note, fault } = place;
  return (
    <>
      <h3>
        {armTitle(of.arm.name, of.arm.method)} on {of.task.definition.id} with {of.model.name}, seed {of.seed}
      </h3>
      {isAsking && <LookProgress label="Asking" share={share} note={note} />}
      {fault !== null && <FaultBox fault={fault} />}
      {found !== null && (
        <p>{placeWords(found.shares, found.rows, toldAt(file, found.shares), isUseful(file))}</p>
      )}
      {changed !== '' && !isAsking && (
        <p className="soft" role="status">
          Changed since: {listed(changed.split('|'))}. The ring is of before.
        </p>
      )}
      {!isAsking && (changed !== '' || found === null) && find('Find its place')}
    </>
  );
}
