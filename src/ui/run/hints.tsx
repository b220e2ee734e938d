/** @file Hints of trouble in a run that has ended, with their figures. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { formatScore } from '../../core/figures.ts';
import { diagnose } from '../../analysis/diagnose.ts';
import type { RunView } from '../../store/live/run-state.ts';

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

export function Hints({ run }: { readonly run: RunView }): ReactNode {
  const hints = useMemo(() => troubles(run), [run]);
  return hints.map((sentence) => (
    <p key={sentence} className="soft small">
      {sentence}
    </p>
  ));
}
