/** @file The view of questions worth asking: the bundled experiments as cards, and the method in plain words. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { toLabError } from '../../core/errors.ts';
import type { Experiment } from '../../words/experiment.ts';
import { parseExperiment } from '../../words/experiment.ts';
import type { Fault } from '../../store/lab-state.ts';
import { faultOf } from '../../store/lab-state.ts';
import { forgetPlace, placeGoneTo } from '../go-to.ts';
import { Segments } from '../kit/segments.tsx';
import { useLab, useTools } from '../lab-context.ts';
import { FaultBox } from '../shell/messages.tsx';
import { ExperimentCard } from './experiment-card.tsx';
import { WordsPage } from './words-page.tsx';
import './experiments.css';

interface Named {
  readonly name: string;
  readonly experiment: Experiment;
}
type Read = readonly Named[] | Fault | null;

/** The effect that the lab is about first, then what can be varied. */
const FIRST = ['soft-vs-frozen', 'soft-vs-single', 'order', 'isara'];
const place = ({ name }: Named): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

function useExperiments(): Read {
  const { data } = useTools();
  const [read, setRead] = useState<Read>(null);
  useEffect(() => {
    let isHere = true;
    data
      .readExperiments()
      .then((files) =>
        files
          .map(({ name, json }): Named => ({ name, experiment: parseExperiment(json) }))
          .sort((a, b) => place(a) - place(b)),
      )
      .catch((thrown: unknown): Fault => faultOf(toLabError(thrown)))
      .then(
        (found) => {
          if (isHere) setRead(found);
        },
        () => undefined,
      );
    return () => {
      isHere = false;
    };
  }, [data]);
  return read;
}

function Cards(): ReactNode {
  const read = useExperiments();
  const isGoing = useLab(({ run }) => run?.status === 'running' || run?.status === 'paused');
  if (read === null) return <p className="faint">Reading the experiments.</p>;
  if ('code' in read) return <FaultBox title="The experiments could not be read" fault={read} />;
  return (
    <>
      <p className="lead">
        Each one asks a question whose answer is a plot. Here it runs on one task with few seeds: a look, not
        a result. What a full study came to stands under its question; it runs unattended with the command on
        the card.
        {isGoing && <b> A run is under way: stop it or let it end before opening another.</b>}
      </p>
      <ul className="experiments">
        {read.map((named) => (
          <ExperimentCard key={named.name} {...named} />
        ))}
      </ul>
    </>
  );
}

export function ExperimentsView(): ReactNode {
  const [page, setPage] = useState<'experiments' | 'words'>(() =>
    placeGoneTo() === 'words' ? 'words' : 'experiments',
  );
  useEffect(forgetPlace, []);
  return (
    <div className="experiments-view">
      <div className="page-head">
        <h2>{page === 'experiments' ? 'Experiments' : 'In plain words'}</h2>
        <Segments
          label="Page"
          value={page}
          options={[
            { id: 'experiments', title: 'Experiments' },
            { id: 'words', title: 'In plain words' },
          ]}
          onChange={setPage}
        />
      </div>
      {page === 'experiments' ? <Cards /> : <WordsPage />}
    </div>
  );
}
