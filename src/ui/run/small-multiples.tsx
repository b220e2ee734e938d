/** @file What is watched every round, small and side by side, beneath the chart. */
import type { ReactNode } from 'react';
import { useCallback, useMemo, useState } from 'react';
import { metricOf } from '../../analysis/metrics.ts';
import type { Knobs } from '../../words/knobs.ts';
import type { Arm } from '../../words/plan.ts';
import { knobs } from '../../words/knobs.ts';
import type { RoundState } from '../../method/state.ts';
import type { RunView } from '../../store/live/run-state.ts';
import type { LegendArm } from '../charts/arm-legend.tsx';
import { ArmLegend } from '../charts/arm-legend.tsx';
import { csv } from '../charts/download.ts';
import type { Wanted } from '../charts/figures.ts';
import { seriesOf } from '../charts/figures.ts';
import type { PictureOf } from '../charts/picture.tsx';
import { Picture } from '../charts/picture.tsx';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { PlotFigure } from '../charts/plot-figure.tsx';
import { drawPerplexities, drawSmall, perplexityBars } from '../charts/small-plots.ts';
import { armTitle } from '../../words/arm-title.ts';
import { formatFigure } from '../words/numbers.ts';
import { Info } from '../kit/info.tsx';
import './small-multiples.css';

const HEIGHT = 112;
const TITLE = 'Watched every round';

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
  const { range, unit, help } = { ...metricOf(wanted.metric), ...diagnostic };
  const found = useMemo(() => (run === null ? [] : seriesOf(run, wanted)), [run, wanted]);
  // Most of what lasts (samples, curves) changes no figure here: the plot then stays as it is.
  const [series, keep] = useState(found);
  if (series !== found && JSON.stringify(series) !== JSON.stringify(found)) keep(found);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) =>
      drawSmall({ series, rounds, range, unit }, plot, width, height),
    [series, rounds, range, unit],
  );
  const words = series
    .map(
      ({ arm, method, means }) =>
        `${armTitle(arm, method)} ${means.map(({ mean }) => formatFigure(mean, unit)).join(', ')}`,
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

const COLUMNS = [
  ...(['arm', 'method', 'seed', 'round', 'metric', 'mode', 'split', 'value', 'n'] as const),
  ...(['from', 'to'] as const),
] as const;

/** The rounds whose perplexities are drawn, and whose they are; undefined: nobody's. */
interface Perplexities {
  readonly states: readonly RoundState[];
  readonly whose: Arm | undefined;
  readonly seed: number | undefined;
}

const PERPLEXITY_SHARE = { metric: 'self_label_perplexity_share', mode: null, split: 'prompts' } as const;

/** The lines, and of the histograms each bucket: its share, and the perplexities from which and to which it goes. */
function asCsv(run: RunView, { states, whose, seed }: Perplexities): string {
  const points = watchedBy(run).flatMap(({ wanted }) =>
    seriesOf(run, wanted).flatMap((own) =>
      own.points.map((point) => ({ ...point, ...wanted, from: null, to: null })),
    ),
  );
  const buckets = perplexityBars(states).map(({ share, ...bucket }) => ({
    ...{ arm: whose?.name ?? '', method: whose?.method ?? '', seed: seed ?? null },
    ...PERPLEXITY_SHARE,
    ...bucket,
    value: share,
  }));
  return csv(COLUMNS, [...points, ...buckets]);
}

export interface SmallMultiplesProps extends PictureOf, Perplexities {
  readonly run: RunView | null;
  readonly rounds: number;
  /** Of the run, or of what is set up. */
  readonly arms: readonly LegendArm[];
}

export function SmallMultiples(props: SmallMultiplesProps): ReactNode {
  const { run, rounds, states, whose, seed, arms, facts, name } = props;
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawPerplexities(states, plot, width, height),
    [states],
  );
  const of = whose === undefined ? '' : `, ${armTitle(whose.name, whose.method)}, seed ${seed}`;
  const title = `by round${of}`;
  return (
    <section aria-labelledby="watched">
      <h2 id="watched" className="sr-only">
        {TITLE}
      </h2>
      <Picture
        title={TITLE}
        subject="rounds across, means over seeds"
        facts={facts}
        legend={<ArmLegend arms={arms} />}
        name={`${name}-watched`}
        figures={() => (run === null ? '' : asCsv(run, props))}
        isEmpty={states.length === 0}
      >
        <div className="small-multiples">
          {watchedBy(run).map((diagnostic) => (
            <Small key={diagnostic.title} run={run} rounds={rounds} diagnostic={diagnostic} />
          ))}
          <figure className="small-multiple is-wide">
            <figcaption>
              Perplexity of self-labels {title}{' '}
              <Info subject="Perplexity of self-labels">
                Share of self-labels by perplexity, one row a round. The teacher grows surer when the rows
                move left.
              </Info>
            </figcaption>
            <PlotFigure label={`Histograms of perplexity ${title}`} height={HEIGHT} draw={draw} />
          </figure>
        </div>
      </Picture>
    </section>
  );
}
