/** @file Hints of trouble in a run that has ended, with their figures. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { formatScore } from '../../core/figures.ts';
import type { Finding, FindingFigure } from '../../analysis/diagnose.ts';
import { diagnose } from '../../analysis/diagnose.ts';
import type { RunView } from '../../store/live/run-state.ts';
import { armTitle } from '../../words/arm-title.ts';

const NAMES = {
  overfitting: 'overfitting',
  'error-accumulation': 'error accumulation',
  collapse: 'collapse',
} as const;
const PLACES = {
  ...{ test: 'on the test items', probe: 'on the probe', validation: 'on validation' },
  prompts: 'on the prompts',
} as const;

const OF_METRIC: Readonly<Partial<Record<FindingFigure['metric'], string>>> = {
  answer_entropy: 'the answers’ entropy',
  train_loss_last: 'the training loss',
  exact_match_hard: 'the accuracy on rare cues',
};
function subjectOf({ metric, label, split }: FindingFigure): string {
  if (label !== undefined) return `the accuracy on “${label}”, the label said least,`;
  return OF_METRIC[metric] ?? (split === 'probe' ? 'the teacher’s accuracy' : 'the accuracy');
}

/** "the answers’ entropy fell from 1.40 to 0.08 and the accuracy on rare cues from 0.79 to 0.39" */
const fallWords = (figures: readonly FindingFigure[]): string =>
  figures
    .map((figure, i) => {
      const { before, after } = figure;
      return `${subjectOf(figure)} ${i === 0 ? 'fell ' : ''}from ${formatScore(before)} to ${formatScore(after)}`;
    })
    .join(' and ');

/** Who was asked where: "few-shot on the probe, base to round 1". */
function placeWords({ figures, round, against }: Finding): string {
  const asked = figures.find(({ mode }) => mode !== null);
  const where = asked === undefined ? '' : `${asked.mode ?? ''} ${PLACES[asked.split]}, `;
  return `${where}${against === 0 ? 'base' : `round ${against}`} to round ${round}`;
}

/** One line per trouble of the method's own cells, at the round where it first showed. */
function troubles(run: RunView): readonly string[] {
  const method = run.cells[0]?.arm.name;
  const found = run.cells
    .filter(({ arm }) => arm.name === method)
    .flatMap(({ arm, seed, state }) =>
      diagnose(run.task, state).map((finding) => ({ ...finding, arm, seed })),
    );
  const kinds = [...new Set(found.map(({ trouble }) => trouble))];
  return kinds.flatMap((kind) => {
    const first = found.find(({ trouble }) => trouble === kind);
    if (first === undefined) return [];
    const { arm, seed, figures } = first;
    return [
      `A hint of ${NAMES[kind]} in ${armTitle(arm.name, arm.method)}: ${fallWords(figures)} (${placeWords(first)}, seed ${seed}).`,
    ];
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
