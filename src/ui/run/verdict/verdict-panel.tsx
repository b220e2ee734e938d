/** @file The verdict in three parts, each with the picture that shows it; and what stood in the way, with a remedy that runs. */
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import type { Failure } from '../../../analysis/failures.ts';
import { failuresOf } from '../../../analysis/failures.ts';
import type { Shows } from '../../../analysis/findings.ts';
import { findingsOf } from '../../../analysis/findings.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import { Button } from '../../kit/button.tsx';
import { useActions, useLab } from '../../lab-context.ts';
import { armTitle } from '../../../words/arm-title.ts';
import { mapFailure } from '../map/map-failure.ts';
import { useMapFile } from '../map/use-map-file.ts';
import { withKnobs, withSeeds } from '../next-things.ts';
import { LACK_ID, Price, lackOf } from '../price.tsx';
import './verdict.css';

const SHOW: Readonly<Record<Shows, string>> = {
  staircase: 'Show the staircase',
  wall: 'Show the wall',
};

export interface VerdictPanelProps {
  readonly run: RunView;
  readonly onShow: (picture: Shows) => void;
}

function Remedy({ run, failure }: { readonly run: RunView; readonly failure: Failure }): ReactNode {
  const actions = useActions();
  const { remedy } = failure;
  const loaded = useLab(({ model }) => model.ref);
  const cards = useLab(({ tasks }) => tasks.cards);
  const isOff = lackOf(run.setup, { loaded, cards }) !== null;
  if (remedy === null) return null;
  const setup = withSeeds(withKnobs(run.setup, remedy.set), remedy.seeds ?? run.setup.seeds.length);
  return (
    <>
      {' '}
      <Button
        isDisabled={isOff}
        {...(isOff ? { 'aria-describedby': LACK_ID } : {})}
        onPress={() => {
          actions.applySetup(setup);
          actions.run();
        }}
      >
        {`${remedy.words} and run`}
      </Button>{' '}
      {!isOff && <Price of={actions.priceOf(setup)} />}
    </>
  );
}

/** Of the run's first arm, which its controls are there for. */
export function VerdictPanel({ run, onShow }: VerdictPanelProps): ReactNode {
  const first = run.cells[0]?.arm;
  const place = useLab((state) => state.place);
  const map = useMapFile() ?? null;
  const { findings, failures } = useMemo(() => {
    if (first === undefined) return { findings: [], failures: [] };
    const seeds = run.cells.filter(({ arm }) => arm.name === first.name);
    const failures = failuresOf(run.task, first, seeds);
    const loss = mapFailure(run, first, place, map);
    return {
      findings: findingsOf(run.task, first, seeds),
      failures: loss === null ? failures : [...failures, loss],
    };
  }, [run, first, place, map]);
  if (first === undefined || findings.length + failures.length === 0) return null;
  return (
    <section className="verdict" aria-labelledby="verdict">
      <h2 id="verdict">Verdict: {armTitle(first.name, first.method)}</h2>
      {failures.length > 0 && (
        <ul className="verdict-failures">
          {failures.map((failure) => (
            <li key={failure.code}>
              <b>{failure.sentence}</b>
              <Remedy run={run} failure={failure} />
            </li>
          ))}
        </ul>
      )}
      {findings.map(({ question, sentence, shows }) => (
        <div key={question} className="verdict-part">
          <h3>{question}</h3>
          <p>
            {sentence}{' '}
            <Button
              look="quiet"
              aria-label={`${SHOW[shows]}: ${question}`}
              onPress={() => {
                onShow(shows);
              }}
            >
              {SHOW[shows]}
            </Button>
          </p>
        </div>
      ))}
    </section>
  );
}
