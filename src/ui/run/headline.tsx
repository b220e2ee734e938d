/** @file Above the chart, always the same height: first the question, on the way what the student's last round says, at the end
 * what happened in the run's numbers. */
import type { ReactNode } from 'react';
import { Suspense, lazy, useMemo } from 'react';
import type { RunView } from '../../store/live/run-state.ts';
import { Info } from '../kit/info.tsx';
import { outcomeOf } from './outcome.ts';
import './headline.css';

const SoFar = lazy(async () => ({ default: (await import('./so-far.tsx')).SoFar }));

/** Sentences that fit the three lines; the others stand below the chart. */
export const HEADLINE = 3;

export const isOver = ({ status }: RunView): boolean =>
  status === 'done' || status === 'stopped' || status === 'failed' || status === 'interrupted';

/** What this is: where everything stands below each other, above the setup and the buttons. */
export function Question({ children }: { readonly children?: ReactNode }): ReactNode {
  return (
    <p>
      <b>Does a model get better by learning from its own answers?</b> It answers with a few labelled examples
      before each prompt, and is then trained to give the same answer without them.{children}
    </p>
  );
}

const QUESTION = <Question> The dotted lines are what it has to beat.</Question>;

/** @param isAsked what this is stands above already */
export function Headline({
  run,
  isAsked,
}: {
  readonly run: RunView | null;
  readonly isAsked: boolean;
}): ReactNode {
  const outcome = useMemo(() => (run === null || !isOver(run) ? null : outcomeOf(run)), [run]);
  if (run === null && isAsked) return null;
  return (
    <section className="headline" aria-label="What happened" aria-live="polite">
      {outcome === null ? (
        run === null || isOver(run) ? (
          QUESTION
        ) : (
          <Suspense fallback={QUESTION}>
            <SoFar run={run} before={QUESTION} />
          </Suspense>
        )
      ) : (
        <>
          <p>
            {outcome.sentences
              .slice(0, HEADLINE)
              .map((sentence, i) =>
                i === 0 ? <b key={sentence}>{sentence} </b> : <span key={sentence}>{sentence} </span>,
              )}
          </p>
          <Info subject="the ± after a difference">
            Of several seeds: Student’s 95% interval of the difference, paired by seed. Of one seed: twice the
            paired standard error over test items, which knows nothing of other draws. A difference inside it
            is called none; between two arms with one seed it has to be twice as large.
          </Info>
        </>
      )}
    </section>
  );
}
