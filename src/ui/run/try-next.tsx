/** @file After a run: hints of trouble with their figures, and three things to try next. */
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { formatScore } from '../../core/figures.ts';
import { diagnose } from '../../analysis/diagnose.ts';
import type { RunView } from '../../store/live/run-state.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { HEADLINE, isOver } from './headline.tsx';
import { nextThings } from './next-things.ts';
import { outcomeOf } from './outcome.ts';
import { Price } from './price.tsx';
import './try-next.css';

const TROUBLE_WORDS = {
  overfitting: 'overfitting: validation fell while the training loss fell',
  'error-accumulation': 'error accumulation: the teacher’s accuracy on the probe fell',
  collapse: 'collapse: the answers’ entropy and the accuracy on rare cues fell',
} as const;

/** One line per trouble of the method's own cells, at the round where it first showed. */
function troubles(run: RunView): readonly string[] {
  const method = run.cells[0]?.arm.name;
  const found = run.cells
    .filter(({ arm }) => arm.name === method)
    .flatMap(({ seed, state }) => diagnose(run.task, state).map((finding) => ({ ...finding, seed })));
  const kinds = [...new Set(found.map(({ trouble }) => trouble))];
  return kinds.flatMap((kind) => {
    const first = found.find(({ trouble }) => trouble === kind);
    if (first === undefined) return [];
    const figures = first.figures
      .map(({ before, after }) => `${formatScore(before)} → ${formatScore(after)}`)
      .join(', ');
    return [`A hint of ${TROUBLE_WORDS[kind]} (${figures}; round ${first.round}, seed ${first.seed}).`];
  });
}

function Things({ run }: { readonly run: RunView }): ReactNode {
  const cards = useLab((state) => state.tasks.cards);
  const actions = useActions();
  const hints = useMemo(() => troubles(run), [run]);
  const outcome = useMemo(() => outcomeOf(run), [run]);
  if (outcome === null) return null;
  const ids = cards.map(({ definition }) => definition.id);
  return (
    <section className="try-next" aria-labelledby="try-next">
      {[...outcome.sentences.slice(HEADLINE), ...hints].map((sentence) => (
        <p key={sentence} className="soft small">
          {sentence}
        </p>
      ))}
      <h2 id="try-next">Try next</h2>
      <ul className="next-things">
        {nextThings(run, outcome, ids).map(({ title, why, setup }) => (
          <li key={title}>
            <Button
              onPress={() => {
                actions.applySetup(setup);
              }}
            >
              {title}
            </Button>
            <span className="small soft">
              {why} <Price of={actions.priceOf(setup)} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function TryNext({ run }: { readonly run: RunView | null }): ReactNode {
  return run === null || !isOver(run) ? null : <Things run={run} />;
}
