/** @file Two lines against each other: their paired difference by round, and in plain words what it means. */
import type { ReactNode } from 'react';
import { useCallback, useMemo, useState } from 'react';
import { metricTitle } from '../../analysis/metrics.ts';
import { formatSpread, signed } from '../../core/figures.ts';
import { changesBetween } from '../../store/setup/setup.ts';
import { csv } from '../charts/download.ts';
import { Picture } from '../charts/picture.tsx';
import type { PlotLibrary } from '../charts/plot-figure.tsx';
import { PlotFigure } from '../charts/plot-figure.tsx';
import { setupToHash } from '../../store/setup/setup-url.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Changes } from './changes.tsx';
import { barWords, compareLines, sentencesOf } from './difference.ts';
import type { RoundDifference } from './difference.ts';
import type { Measure } from '../words/metrics.ts';
import { seedsOf } from '../words/picture-facts.ts';
import type { OverlayLine } from './overlay-lines.ts';
import { factsOf } from './overlay-lines.ts';
import { drawDifference } from './overlay-plot.ts';

const HEIGHT = 170;
const COLUMNS = [
  ...(['round', 'metric', 'mode', 'a', 'b', 'mean', 'half_width'] as const),
  ...(['seeds', 'items', 'p'] as const),
];
const NONE: readonly RoundDifference[] = [];

/** Of the first arms of two runs where there are two, else of two arms of one run. */
function usualPair(lines: readonly OverlayLine[]): readonly [OverlayLine, OverlayLine] | null {
  const [first] = lines;
  const second = lines.find(({ letter }) => letter !== first?.letter) ?? lines[1];
  return first === undefined || second === undefined ? null : [first, second];
}

export interface DifferencePanelProps {
  /** All arms of all runs that are laid over. */
  readonly lines: readonly OverlayLine[];
  readonly measure: Measure;
}

/** As the marks are drawn (overlay-plot.ts). */
function Legend({ rounds }: { readonly rounds: readonly RoundDifference[] }): ReactNode {
  const bar = barWords(rounds);
  return (
    <ul className="legend" aria-label="Marks">
      <li>
        <svg width="11" height="11" aria-hidden="true">
          <circle cx="5.5" cy="5.5" r="5" style={{ fill: 'var(--ink)' }} />
        </svg>
        the difference
      </li>
      {bar !== null && (
        <li>
          <svg width="11" height="14" aria-hidden="true">
            <line x1="5.5" x2="5.5" y2="14" strokeWidth="3" style={{ stroke: 'var(--ink-soft)' }} />
          </svg>
          {bar}
        </li>
      )}
    </ul>
  );
}

export function DifferencePanel({ lines, measure }: DifferencePanelProps): ReactNode {
  const [chosen, setChosen] = useState<{ readonly a: string | null; readonly b: string | null }>({
    a: null,
    b: null,
  });
  const usual = usualPair(lines);
  const a = lines.find(({ id }) => id === chosen.a) ?? usual?.[0] ?? null;
  const b = lines.find(({ id }) => id === chosen.b) ?? usual?.[1] ?? null;
  const comparison = useMemo(
    () => (a === null || b === null ? null : compareLines(a, b, measure)),
    [a, b, measure],
  );
  const rounds = comparison?.rounds ?? NONE;
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) => drawDifference(rounds, plot, width, height),
    [rounds],
  );
  if (a === null || b === null || comparison === null) return null;
  const options = lines.map(({ id, title, run }) => ({ id, title, note: run.name }));
  const last = rounds.at(-1);
  const changes = a.run.id === b.run.id ? [] : changesBetween(b.run.setup, a.run.setup);
  return (
    <section className="difference" aria-labelledby="difference">
      <h2 id="difference">The difference</h2>
      <div className="difference-pair">
        <Choice
          label="Of"
          isLabelHidden
          value={a.id}
          options={options}
          onChange={(id) => {
            setChosen({ ...chosen, a: id });
          }}
        />
        <span>minus</span>
        <Choice
          label="minus"
          isLabelHidden
          value={b.id}
          options={options}
          onChange={(id) => {
            setChosen({ ...chosen, b: id });
          }}
        />
      </div>
      <div className="difference-words" aria-live="polite">
        {comparison.obstacle !== null && <p>{comparison.obstacle}</p>}
        {comparison.seedsToRun.length > 0 && (
          <Button
            onPress={() => {
              // One step for view and setup, as a link would do it.
              const setup = setupToHash({ ...b.run.setup, seeds: comparison.seedsToRun });
              window.location.hash = `/run?${setup}`;
            }}
          >
            Set {b.letter} up with {seedsOf(comparison.seedsToRun)}
          </Button>
        )}
        {last !== undefined &&
          sentencesOf(a, b, last, measure).map((sentence, i) => (
            <p key={i} className={i === 2 ? 'soft small' : ''}>
              {i === 1 ? <b>{sentence}</b> : sentence}
            </p>
          ))}
      </div>
      {rounds.length > 0 && (
        <Picture
          title="The difference"
          subject={`${a.title} minus ${b.title}, ${metricTitle(measure.metric)}, ${measure.mode}`}
          facts={factsOf(a.letter === b.letter ? [a] : [a, b])}
          legend={<Legend rounds={rounds} />}
          name={`bootlace-compare-difference-${measure.metric}-${measure.mode}`}
          figures={() =>
            csv(
              COLUMNS,
              rounds.map((round) => ({ ...round, ...measure, half_width: round.halfWidth })),
            )
          }
        >
          <PlotFigure
            label={`Difference by round. ${rounds.map(({ round, mean, halfWidth }) => `Round ${round}: ${signed(mean)}${formatSpread(halfWidth)}`).join('. ')}.`}
            height={HEIGHT}
            draw={draw}
          />
        </Picture>
      )}
      {changes.length > 0 && (
        <div className="small">
          <h3>
            What {a.letter} has otherwise than {b.letter}
          </h3>
          <Changes changes={changes} />
          {changes.length > 1 && (
            <p className="soft">They differ in several things: the difference is not one thing’s alone.</p>
          )}
        </div>
      )}
    </section>
  );
}
