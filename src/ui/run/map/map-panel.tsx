/** @file The map with the place of what is set up, or of the run, on it. Came late: not in the first script. */
import type { ReactNode } from 'react';
import { useCallback, useMemo } from 'react';
import { LEAST } from '../../../analysis/paired.ts';
import type { MapFile } from '../../../analysis/map-file.ts';
import { isUseful, toldAt } from '../../../analysis/map-file.ts';
import { formatScore } from '../../../core/figures.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import { changedSince } from '../../../store/readiness/stale.ts';
import { csv } from '../../charts/download.ts';
import type { PictureFrame } from '../../charts/figure-frame.tsx';
import { FigureFrame } from '../../charts/figure-frame.tsx';
import { GAIN, LOSS, drawMap, kindOf } from '../../charts/map-plot.ts';
import type { PlotLibrary } from '../../charts/plot-figure.tsx';
import { PlotFigure } from '../../charts/plot-figure.tsx';
import { Button } from '../../kit/button.tsx';
import { useActions, useLab } from '../../lab-context.ts';
import { FaultBox } from '../../shell/messages.tsx';
import { armTitle } from '../../words/arms.ts';
import { listed } from '../../words/numbers.ts';
import { canBegin } from '../can-begin.ts';
import { LookProgress } from '../check/look-progress.tsx';
import { baseAccuracy, outcomeOf } from './map-outcome.ts';
import { outcomeWords, placeWords, trustWords } from './map-words.ts';
import { useMapFile } from './use-map-file.ts';
import './map.css';

const HEIGHT = 300;
const COLUMNS = [
  ...(['model', 'task', 'setting', 'systematic', 'varying', 'accuracy'] as const),
  ...(['gain', 'told', 'seeds'] as const),
];

/** Asks for the place, and says it. */
function OwnPlace({ file }: { readonly file: MapFile }): ReactNode {
  const place = useLab((state) => state.place);
  const changed = useLab((state) =>
    state.place === null ? '' : changedSince(state.place.of, state).join('|'),
  );
  const isOpen = useLab(
    (state) => canBegin(state) && state.run?.status !== 'running' && state.readiness?.work == null,
  );
  const actions = useActions();
  const find = (words: string) => (
    <Button isDisabled={!isOpen} onPress={() => void actions.beforehand((looks) => looks.findPlace())}>
      {words}
    </Button>
  );
  if (place === null)
    return (
      <>
        <p className="soft">
          Which errors does the base always make on your rows, and which now and then? 32 answered rows of
          validation, probe and pool are asked under eight draws of demonstrations.
        </p>
        <div>{find('Find this setup’s place')}</div>
      </>
    );
  const { of, found, isAsking, share, note, fault } = place;
  return (
    <>
      <h3>
        {armTitle(of.arm.name, of.arm.method)} on {of.task.definition.id} with {of.model.name}, seed {of.seed}
      </h3>
      {isAsking && <LookProgress label="Asking" share={share} note={note} />}
      {fault !== null && <FaultBox fault={fault} />}
      {found !== null && (
        <p>{placeWords(found.shares, found.rows, toldAt(file, found.shares), isUseful(file))}</p>
      )}
      {changed !== '' && !isAsking && (
        <p className="soft" role="status">
          Changed since: {listed(changed.split('|'))}. The ring is of before.
        </p>
      )}
      {!isAsking && (changed !== '' || found === null) && <div>{find('Find its place')}</div>}
    </>
  );
}

const asCsv = (file: MapFile): string =>
  csv(
    COLUMNS,
    file.cells.map((cell) => ({ ...cell, told: toldAt(file, cell).gain })),
  );

function inWords({ cells }: MapFile): string {
  const count = (kind: ReturnType<typeof kindOf>) => cells.filter((cell) => kindOf(cell) === kind).length;
  return `Map of ${cells.length} tasks with settings: the teacher gained more than ${LEAST} on ${count('gain')}, lost more on ${count('loss')}, came to less than that on ${count('small')}.`;
}

function Legend(): ReactNode {
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
      <li>around a point: settings with one base</li>
    </ul>
  );
}

export interface MapPanelProps extends PictureFrame {
  readonly run: RunView | null;
}

export function MapPanel({ run, ...frame }: MapPanelProps): ReactNode {
  const file = useMapFile();
  const shares = useLab((state) => state.place?.found?.shares ?? null);
  const accuracy = useMemo(() => (run === null ? null : baseAccuracy(run)), [run]);
  const outcome = useMemo(() => (run === null ? null : outcomeOf(run)), [run]);
  const draw = useCallback(
    (plot: PlotLibrary, width: number, height: number) =>
      drawMap(file ?? NO_MAP, { shares, accuracy }, plot, width, height),
    [file, shares, accuracy],
  );
  const hasMap = file !== null && file !== undefined;
  return (
    <FigureFrame
      className="error-map"
      title="The map"
      subject="what a teacher gains, by its base’s errors"
      {...frame}
      name={`${frame.name}-map`}
      figures={() => (hasMap ? asCsv(file) : '')}
      isEmpty={!hasMap}
      legend={hasMap ? <Legend /> : null}
      note={hasMap && <p className="chart-note">{[file.caption, ...trustWords(file)].join(' ')}</p>}
    >
      {hasMap ? (
        <div className="map">
          <PlotFigure label={inWords(file)} height={HEIGHT} draw={draw} />
          <div className="map-own">
            <OwnPlace file={file} />
            {shares === null && accuracy !== null && (
              <p className="soft">
                Dotted: where this run’s base may stand, by its accuracy with one draw of demonstrations,{' '}
                {formatScore(accuracy)}.
              </p>
            )}
            {outcome !== null && <p>{outcomeWords(outcome)}</p>}
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
