/** @file What is watched every round, small and side by side, beneath the chart. */
import type { ReactNode } from 'react';
import { useCallback, useMemo, useState } from 'react';
import { formatMeasure } from '../../core/figures.ts';
import { metricOf } from '../../analysis/metrics.ts';
import type { Knobs } from '../../words/knobs.ts';
import { knobs } from '../../words/knobs.ts';
import type { RoundState } from '../../method/state.ts';
import type { RunView } from '../../store/live/run-state.ts';
import type { Wanted } from '../charts/figures.ts';
import { seriesOf } from '../charts/figures.ts';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { PlotFigure } from '../charts/plot-figure.tsx';
import { drawPerplexities, drawSmall } from '../charts/small-plots.ts';
import { armTitle } from '../words/arms.ts';
import { Info } from '../kit/info.tsx';
import './small-multiples.css';

const HEIGHT = 112;

interface Diagnostic {
  readonly title: string;
  /** Absent: the metric's own words. */
  readonly help?: string;
  readonly wanted: Wanted;
  /** Whether an arm that is set so has it at all; absent: every arm has. */
  readonly isIn?: (knobs: Knobs) => boolean;
}

const DIAGNOSTICS: readonly Diagnostic[] = [
  {
    title: 'Teacher on the probe',
    help: 'Few-shot accuracy of each round’s model on labelled items that no arm trains on. If it falls, errors accumulate.',
    wanted: { metric: 'exact_match', split: 'probe', mode: 'few-shot' },
    isIn: ({ probeItems }) => probeItems > 0,
  },
  {
    title: 'Valid labels',
    help: 'Share of zero-shot answers that are a label at all. A gain here alone is a gain in format, not in knowledge.',
    wanted: { metric: 'valid_label_rate', split: 'test', mode: 'zero-shot' },
  },
  {
    title: 'Self-labels right',
    help: 'Share of self-labels that equal the hidden key, before filters. Under SOFT+ later parts are harder.',
    wanted: { metric: 'self_label_accuracy', split: 'prompts', mode: null },
  },
  {
    title: 'Wrong labels mended',
    wanted: { metric: 'wrong_labels_mended', split: 'prompts', mode: 'zero-shot' },
    isIn: ({ trainedItems }) => trainedItems > 0,
  },
  {
    title: 'Most frequent label',
    help: 'Balance: the share of self-labels that are the most frequent one. Towards 1 is collapse.',
    wanted: { metric: 'majority_share', split: 'prompts', mode: null },
  },
  {
    title: 'Entropy of answers',
    help: 'Of the distribution of zero-shot answers on test, in nats. Falling entropy with falling accuracy on rare cues is collapse.',
    wanted: { metric: 'answer_entropy', split: 'test', mode: 'zero-shot' },
  },
  {
    title: 'Length of answers',
    wanted: { metric: 'answer_tokens', split: 'prompts', mode: null },
  },
];

/** Of what the arms are set to watch; before a run, of the defaults. */
export function watchedBy(run: Pick<RunView, 'cells'> | null): readonly Diagnostic[] {
  const arms = run === null ? [knobs()] : run.cells.map(({ arm }) => arm.knobs);
  return DIAGNOSTICS.filter(({ isIn }) => isIn === undefined || arms.some(isIn));
}

function Small({
  run,
  rounds,
  diagnostic,
}: {
  readonly run: RunView | null;
  readonly rounds: number;
  readonly diagnostic: Diagnostic;
}): ReactNode {
  const { title, wanted } = diagnostic;
  const { range, help } = { ...metricOf(wanted.metric), ...diagnostic };
  const found = useMemo(() => (run === null ? [] : seriesOf(run, wanted)), [run, wanted]);
  // Most of what lasts (samples, curves) changes no figure here: the plot then stays as it is.
  const [series, keep] = useState(found);
  if (series !== found && JSON.stringify(series) !== JSON.stringify(found)) keep(found);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) =>
      drawSmall({ series, rounds, range }, plot, width, height),
    [series, rounds, range],
  );
  const words = series
    .map(
      ({ arm, method, means }) =>
        `${armTitle(arm, method)} ${means.map(({ mean }) => formatMeasure(mean)).join(', ')}`,
    )
    .join('; ');
  return (
    <figure className="small-multiple">
      <figcaption>
        {title} <Info subject={title}>{help}</Info>
      </figcaption>
      <PlotFigure label={`${title} by round. ${words}`} height={HEIGHT} draw={draw} />
    </figure>
  );
}

export interface SmallMultiplesProps {
  readonly run: RunView | null;
  readonly rounds: number;
  /** The rounds whose perplexities are drawn, and whose they are, e.g. "SOFT, seed 1"; '' for nobody's. */
  readonly states: readonly RoundState[];
  readonly whose: string;
}

export function SmallMultiples({ run, rounds, states, whose }: SmallMultiplesProps): ReactNode {
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawPerplexities(states, plot, width, height),
    [states],
  );
  const title = `by round${whose === '' ? '' : `, ${whose}`}`;
  return (
    <section aria-labelledby="watched">
      <h2 id="watched" className="sr-only">
        Watched every round
      </h2>
      <div className="small-multiples">
        {watchedBy(run).map((diagnostic) => (
          <Small key={diagnostic.title} run={run} rounds={rounds} diagnostic={diagnostic} />
        ))}
        <figure className="small-multiple is-wide">
          <figcaption>
            Perplexity of self-labels {title}{' '}
            <Info subject="Perplexity of self-labels">
              Share of self-labels by perplexity, one row a round. The teacher grows surer when the rows move
              left.
            </Info>
          </figcaption>
          <PlotFigure label={`Histograms of perplexity ${title}`} height={HEIGHT} draw={draw} />
        </figure>
      </div>
    </section>
  );
}
