/** @file The map with the place of what is set up, or of the run, on it. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { useCallback, useMemo, useState } from 'react';
import { gainOf } from '../../../analysis/error-map.ts';
import { LEAST } from '../../../analysis/paired.ts';
import type { MapFile } from '../../../analysis/map-file.ts';
import { toldAt } from '../../../analysis/map-file.ts';
import { formatScore } from '../../../core/figures.ts';
import type { LabModel } from '../../../store/lab-model.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import { changedSince } from '../../../store/readiness/stale.ts';
import { csv } from '../../charts/download.ts';
import type { PictureFrame } from '../../charts/figure-frame.tsx';
import { FigureFrame } from '../../charts/figure-frame.tsx';
import { GAIN, LOSS, byRun, drawMap, kindOf } from '../../charts/map-plot.ts';
import type { PlotLibrary } from '../../charts/plot-figure.tsx';
import { PlotFigure } from '../../charts/plot-figure.tsx';
import { Fold } from '../../kit/fold.tsx';
import { Toggle } from '../../kit/toggle.tsx';
import { useLab } from '../../lab-context.ts';
import { baseAccuracy, isPlaceOf, isPlaceOfRun, outcomeOf, pairOf } from './map-outcome.ts';
import { outcomeWords, readingWords, trustWords, worthWords } from './map-words.ts';
import { OwnPlace } from './own-place.tsx';
import { useMapFile } from './use-map-file.ts';
import './map.css';

const HEIGHT = 300;
const COLUMNS = [
  ...(['model', 'task', 'setting', 'systematic', 'varying', 'accuracy'] as const),
  ...(['gain', 'told', 'seeds', 'gains'] as const),
];

/** By the look beforehand, on few rows and of what is set up now; null before one. */
function lookedAccuracy(state: LabModel): number | null {
  const { readiness } = state;
  const shares = readiness?.found?.shares['few-shot'];
  if (readiness == null || shares === undefined || shares.items === 0) return null;
  return changedSince(readiness.of, state).length > 0 ? null : shares.right;
}

const asCsv = (file: MapFile): string =>
  csv(
    COLUMNS,
    file.cells.map((cell) => ({
      ...{ ...cell, gain: gainOf(cell), told: toldAt(file, cell).gain },
      ...{ seeds: cell.gains.length, gains: cell.gains.join(' ') },
    })),
  );

function inWords({ cells }: MapFile, isByRun: boolean): string {
  const marks = isByRun ? byRun(cells) : cells;
  const count = (kind: ReturnType<typeof kindOf>) => marks.filter((cell) => kindOf(cell) === kind).length;
  return `Map of ${isByRun ? `${marks.length} runs, each beside its frozen counterpart` : `${marks.length} tasks with settings`}: the teacher gained more than ${LEAST} on ${count('gain')}, lost more on ${count('loss')}, came to less than that on ${count('small')}.`;
}

function Legend({ isByRun }: { readonly isByRun: boolean }): ReactNode {
  return (
    <ul className="legend">
      <li>
        <svg width="12" height="11" aria-hidden="true">
          <path d="M6 1L11 10H1Z" style={{ fill: GAIN }} />
        </svg>
        teacher gained more than {LEAST}
      </li>
      <li>
        <svg width="12" height="11" aria-hidden="true">
          <path d="M6 10L11 1H1Z" style={{ fill: LOSS }} />
        </svg>
        lost more
      </li>
      <li>
        <svg width="10" height="11" aria-hidden="true">
          <circle cx="5" cy="5.5" r="3" fill="none" style={{ stroke: 'var(--ink-faint)' }} />
        </svg>
        less than that
      </li>
      <li>
        <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
          {!isByRun && <circle r="1.5" style={{ fill: 'var(--ink-faint)' }} />}
          {[0, 1, 2].map((i) => (
            <circle
              key={i}
              cy={isByRun ? -2.6 : -5.5}
              r={isByRun ? 2 : 1.75}
              transform={`rotate(${120 * i})`}
              style={{ fill: 'none', stroke: 'var(--ink-faint)' }}
            />
          ))}
        </svg>
        {isByRun ? 'runs' : 'settings'} with one base, so in one place
      </li>
    </ul>
  );
}

export interface MapPanelProps extends PictureFrame {
  readonly run: RunView | null;
}

export function MapPanel({ run, ...frame }: MapPanelProps): ReactNode {
  const file = useMapFile();
  const [isByRun, setByRun] = useState(false);
  // A place of another setup than the run's is none of this picture.
  const place = useLab((state) =>
    state.place !== null && (run === null || isPlaceOfRun(state.place, run)) ? state.place : null,
  );
  const shares = place?.found?.shares ?? null;
  const looked = useLab(lookedAccuracy);
  const ofRun = useMemo(() => (run === null ? null : baseAccuracy(run)), [run]);
  // Check first has asked with one draw of demonstrations too, before there is a run.
  const accuracy = ofRun ?? looked;
  const outcome = useMemo(() => (run === null ? null : outcomeOf(run)), [run]);
  const pair = useMemo(() => (run === null ? null : pairOf(run)), [run]);
  const isOfRun = run !== null && pair !== null && place !== null && isPlaceOf(place, run, pair[0]);
  const gain = outcome !== null && isOfRun ? outcome.soft - outcome.frozen : null;
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) =>
      drawMap(file ?? NO_MAP, { shares, accuracy, gain }, isByRun, plot, width, height),
    [file, shares, accuracy, gain, isByRun],
  );
  const hasMap = file !== null && file !== undefined;
  return (
    <FigureFrame
      className="error-map"
      title="The map"
      subject="what a teacher gains, by its base’s errors"
      {...frame}
      // Of whom nothing is drawn, that is not named.
      facts={shares === null && accuracy === null ? '' : frame.facts}
      name={`${frame.name}-map`}
      figures={() => (hasMap ? asCsv(file) : '')}
      isEmpty={!hasMap}
      legend={hasMap ? <Legend isByRun={isByRun} /> : null}
      switches={hasMap && <Toggle label="Every run" isOn={isByRun} onChange={setByRun} />}
      note={
        hasMap && (
          <>
            <p className="chart-note">
              {readingWords(isByRun)} {worthWords(file)}
            </p>
            <div className="no-picture small">
              <Fold title="How it is judged">
                <p className="chart-note">{[file.caption, ...trustWords(file)].join(' ')}</p>
              </Fold>
            </div>
          </>
        )
      }
    >
      {hasMap ? (
        <div className="map">
          <PlotFigure label={inWords(file, isByRun)} height={HEIGHT} draw={draw} />
          <div className="map-own">
            {shares === null && accuracy !== null && (
              <p className="soft">
                Dotted: where {ofRun === null ? 'the base' : 'this run’s base'} may stand, by its accuracy
                with one draw of demonstrations{ofRun === null && ' on the rows of the look beforehand'},{' '}
                {formatScore(accuracy)}.
              </p>
            )}
            {outcome !== null && <p>{outcomeWords(outcome)}</p>}
            <OwnPlace file={file} run={run} />
          </div>
        </div>
      ) : (
        <p className="picture-loading">
          {file === null ? 'The map did not come with this page.' : 'Opening the map.'}
        </p>
      )}
    </FigureFrame>
  );
}

const NO_MAP: MapFile = { caption: '', fit: [], byTask: null, byModel: null, spread: null, cells: [] };
