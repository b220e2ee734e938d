/** @file After a run: what the headline had no room for, hints of trouble, and three things to try next. */
import type { ReactNode } from 'react';
import { Suspense, lazy, useMemo } from 'react';
import type { RunView } from '../../store/live/run-state.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { HEADLINE, isOver } from './headline.tsx';
import { nextThings } from './next-things.ts';
import { outcomeOf } from './outcome.ts';
import { LACK_ID, Price, lackOf } from './price.tsx';
import './try-next.css';

const Hints = lazy(async () => ({ default: (await import('./hints.tsx')).Hints }));

function Things({ run }: { readonly run: RunView }): ReactNode {
  const cards = useLab((state) => state.tasks.cards);
  const loaded = useLab(({ model }) => model.ref);
  const actions = useActions();
  const outcome = useMemo(() => outcomeOf(run), [run]);
  if (outcome === null) return null;
  const ids = cards.map(({ definition }) => definition.id);
  return (
    <section className="try-next" aria-labelledby="try-next">
      {outcome.sentences.slice(HEADLINE).map((sentence) => (
        <p key={sentence} className="soft small">
          {sentence}
        </p>
      ))}
      <Suspense fallback={null}>
        <Hints run={run} />
      </Suspense>
      <h2 id="try-next">Try next</h2>
      <ul className="next-things">
        {nextThings(run, outcome, ids).map(({ title, why, setup }) => {
          const isOff = lackOf(setup, { loaded, cards }) !== null;
          return (
            <li key={title}>
              <Button
                isDisabled={isOff}
                {...(isOff ? { 'aria-describedby': LACK_ID } : {})}
                onPress={() => {
                  actions.applySetup(setup);
                }}
              >
                {title}
              </Button>
              <span className="small soft">
                {why} {!isOff && <Price of={actions.priceOf(setup)} />}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function TryNext({ run }: { readonly run: RunView | null }): ReactNode {
  return run === null || !isOver(run) ? null : <Things run={run} />;
}
