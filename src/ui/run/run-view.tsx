/** @file The view that opens first: what you decide, what happens and what came of it, the thing itself. */
import type { ReactNode } from 'react';
import { Suspense, lazy, memo, useCallback, useEffect, useMemo, useState } from 'react';
import { methodOf } from '../../words/methods.ts';
import { plural } from '../../core/plural.ts';
import type { RoundState } from '../../method/state.ts';
import type { LabModel } from '../../store/lab-model.ts';
import type { RunView as Run } from '../../store/live/run-state.ts';
import type { SetupView } from '../../store/setup/setup-state.ts';
import { useLab, useTools } from '../lab-context.ts';
import { armTitle } from '../../words/arm-title.ts';
import type { Measure } from '../words/metrics.ts';
import { listed } from '../words/numbers.ts';
import { pictureFacts, runTitle } from '../words/picture-facts.ts';
import { setChips } from '../words/setup-chips.ts';
import { Fold } from '../kit/fold.tsx';
import { keptState } from '../kit/kept-state.ts';
import { Segments } from '../kit/segments.tsx';
import { useMedia } from '../kit/use-media.ts';
import { Inside } from '../inside/inside.tsx';
import { chartData } from './chart-data.ts';
import { CheckPlace } from './check/check-button.tsx';
import { Controls } from './controls.tsx';
import type { FocusChoice } from './focus.ts';
import { FOLLOW, focusOn } from './focus.ts';
import type { Focus } from './focus.ts';
import { KnobsPanel } from './knobs/knobs-panel.tsx';
import { LackNote } from './lack-note.tsx';
import { LoopPicture } from './loop/loop-picture.tsx';
import { idleStations, stationViews } from './loop/station-view.ts';
import type { Reference } from './reference.ts';
import { readReference } from './reference.ts';
import { RunFaults } from './run-faults.tsx';
import { useRunKeys } from './run-keys.ts';
import { Headline, Question, isOver } from './headline.tsx';
import { ScoreChart } from './score-chart.tsx';
import { TryNext } from './try-next.tsx';
import type { SmallMultiplesProps } from './small-multiples.tsx';
import './run-view.css';

const Opening = lazy(async () => ({ default: (await import('./opening/opening.tsx')).Opening }));
const RunSetup = lazy(async () => ({ default: (await import('./run-setup.tsx')).RunSetup }));

/** Chart heights in pixels: on a projector of 720 lines all of the first screen fits. */
const LOW_CHART = 218;
const HIGH_CHART = 300;
const HIGH_WINDOW = '(height >= 820px)';
/** Everything below each other (run-view.css). */
const ONE_COLUMN = '(width < 1000px)';

function useReference(): Reference | null {
  const tools = useTools();
  const [reference, setReference] = useState<Reference | null>(null);
  useEffect(() => {
    let isHere = true;
    tools.readReference().then(
      (value) => {
        if (isHere) setReference(readReference(value));
      },
      // Without the file there are no lines from it; the page is the same otherwise.
      () => undefined,
    );
    return () => {
      isHere = false;
    };
  }, [tools]);
  return reference;
}

/** The run as it was at its last lasting event: charts are not drawn again for every answer that comes in. */
function lastingRun(): (model: LabModel) => Run | null {
  let kept: Run | null = null;
  return ({ run }) => {
    const isSame =
      kept !== null &&
      kept.id === run?.id &&
      kept.status === run.status &&
      kept.cells.length === run.cells.length &&
      run.cells.every(({ state }, i) => state === kept?.cells[i]?.state);
    if (!isSame) kept = run;
    return kept;
  };
}

/** Words of the way back into the next round. */
function backWords(
  setup: SetupView,
  focus: Focus | null,
): Pick<Parameters<typeof LoopPicture>[0], 'where' | 'back' | 'isBackOpen'> {
  const arm = focus?.cell.arm ?? setup.arms[0];
  if (arm === undefined) return { where: '', back: '', isBackOpen: true };
  const { teacher, schedule } = methodOf(arm.method);
  const { rounds } = arm.knobs;
  const title = armTitle(arm.name, arm.method);
  const round = focus?.round.round ?? null;
  const where =
    round === null
      ? `${rounds} rounds`
      : round === 0
        ? `${title}: the base`
        : `${title}: round ${round} of ${rounds}`;
  if (schedule === 'none') return { where, back: 'no training', isBackOpen: true };
  if (schedule === 'once') return { where, back: 'all prompts at once, no way back', isBackOpen: true };
  if (teacher !== 'previous') {
    const who = teacher === 'key' ? 'the hidden key' : 'the base';
    return { where, back: `${who} stays the teacher`, isBackOpen: true };
  }
  if (round === null) return { where, back: 'each trained model is the next teacher', isBackOpen: false };
  if (round >= rounds) return { where, back: 'the last round', isBackOpen: true };
  return {
    where,
    back: round === 0 ? 'the base is the first teacher' : `adapter ${round} is the next teacher`,
    isBackOpen: false,
  };
}

/** What a person decides, and the buttons: nothing of a run's answers stands here. */
const Side = memo(function Side(): ReactNode {
  const isNarrow = useMedia(ONE_COLUMN);
  const setup = useLab((state) => state.setup.setup);
  const arms = setup.arms.map(({ name, method }) => armTitle(name, method));
  const changed = setChips(setup).length;
  const isFirst = useLab(({ run }) => run === null);
  return (
    <div className="run-side">
      {isNarrow && isFirst && <Question />}
      <div className="run-knobs">
        {isNarrow ? (
          <Fold
            level={2}
            title={`Setup: ${setup.taskId}, ${listed(arms)}${changed === 0 ? '' : `; ${plural(changed, 'knob')} set`}`}
          >
            <KnobsPanel />
          </Fold>
        ) : (
          <KnobsPanel />
        )}
      </div>
      <Controls />
    </div>
  );
});

interface ResultsProps extends Pick<SmallMultiplesProps, 'states' | 'whose' | 'seed'> {
  readonly reference: Reference | null;
}

/** One at a time, in the same place; all but the first come when they are asked for. */
const PICTURES = [
  { id: 'scores', title: 'Scores' },
  { id: 'wall', title: 'Wall' },
  { id: 'staircase', title: 'Staircase' },
  { id: 'map', title: 'Map' },
] as const;
type Picture = (typeof PICTURES)[number]['id'];
const usePicture = keptState<Picture>();
const OwnArms = lazy(async () => ({ default: (await import('./own-arms.tsx')).OwnArms }));
const ReplayBar = lazy(async () => ({ default: (await import('./replay-bar.tsx')).ReplayBar }));
const StaircasePanel = lazy(async () => ({
  default: (await import('./staircase/staircase-panel.tsx')).StaircasePanel,
}));
const VerdictPanel = lazy(async () => ({
  default: (await import('./verdict/verdict-panel.tsx')).VerdictPanel,
}));
const SmallMultiples = lazy(async () => ({
  default: (await import('./small-multiples.tsx')).SmallMultiples,
}));
const MapPanel = lazy(async () => ({ default: (await import('./map/map-panel.tsx')).MapPanel }));
const WallPanel = lazy(async () => ({ default: (await import('./wall/wall-panel.tsx')).WallPanel }));

/** What came of it, drawn anew when a phase ends and not for every answer. */
const Results = memo(function Results({ reference, states, whose, seed }: ResultsProps): ReactNode {
  const [selectLasting] = useState(lastingRun);
  const run = useLab(selectLasting);
  const setup = useLab((state) => state.setup);
  const chosenTask = useLab((state) => state.tasks.task);
  const modelStatus = useLab((state) => state.model.status);
  const task = run?.task ?? chosenTask;
  const [chosen, setChosen] = useState<Measure | null>(null);
  const chart: Measure = useMemo(
    () => chosen ?? { metric: task?.definition.metric ?? 'exact_match', mode: 'zero-shot' },
    [chosen, task],
  );
  const data = useMemo(
    () => chartData({ run, setup, task, modelStatus }, reference, chart),
    [run, setup, task, modelStatus, reference, chart],
  );
  const height = useMedia(HIGH_WINDOW) ? HIGH_CHART : LOW_CHART;
  const isNarrow = useMedia(ONE_COLUMN);
  const [picture, setPicture] = usePicture('picture', () => 'scores');
  const [isAsked, setIsAsked] = useState(false);
  const show = (next: Picture) => {
    setPicture(next);
    setIsAsked(true);
  };
  const onBrought = useCallback(() => {
    setIsAsked(false);
  }, []);
  const { seeds, arms } = run?.setup ?? setup.setup;
  const of = { taskId: task?.definition.id ?? '', model: (run ?? setup.setup).model.name, seeds, arms };
  const whole = { name: `bootlace-${of.taskId}`, facts: pictureFacts(of.taskId, of.model, of.seeds) };
  const frame = {
    ...whole,
    chooser: <Segments label="Picture" value={picture} options={PICTURES} onChange={show} />,
    ...{ isAsked, onBrought },
  };
  return (
    <>
      <Headline run={run} isAsked={isNarrow} />
      {run === null && (
        // What is known comes before what is still empty.
        <Suspense fallback={<div className="opening-coming" />}>
          <Opening />
        </Suspense>
      )}
      <h2 className="picture-title">{task === null ? ' ' : runTitle(of)}</h2>
      <Suspense fallback={null}>
        <OwnArms setup={run?.setup ?? setup.setup} />
      </Suspense>
      {task !== null && picture === 'scores' && (
        <ScoreChart
          {...frame}
          data={data}
          definition={task.definition}
          arms={arms}
          measure={chart}
          onMeasure={setChosen}
          height={height}
        />
      )}
      {picture !== 'scores' && (
        <Suspense fallback={<p className="picture-loading">Opening the picture.</p>}>
          {picture === 'staircase' && <StaircasePanel {...frame} run={run} />}
          {picture === 'map' && <MapPanel {...frame} run={run} />}
          {picture === 'wall' && (
            <WallPanel
              key={run?.id ?? ''}
              {...frame}
              run={run}
              mode={chart.mode}
              onMode={(mode) => {
                setChosen({ ...chart, mode });
              }}
            />
          )}
        </Suspense>
      )}
      {run !== null && <LackNote setup={run.setup} />}
      {run !== null && isOver(run) && (
        <Suspense fallback={null}>
          <VerdictPanel run={run} onShow={show} />
        </Suspense>
      )}
      <TryNext run={run} />
      {run !== null && (
        <Suspense fallback={null}>
          <RunSetup run={run} />
        </Suspense>
      )}
      <Suspense fallback={null}>
        <SmallMultiples {...whole} {...{ run, states, whose, seed, arms }} rounds={data.rounds} />
      </Suspense>
    </>
  );
});

const NO_ROUNDS: readonly RoundState[] = [];

export function RunView(): ReactNode {
  const run = useLab((state) => state.run);
  const setup = useLab((state) => state.setup);
  const reference = useReference();
  const [choice, setChoice] = useState<FocusChoice>(FOLLOW);
  useRunKeys();
  // A step shows its result, whatever was looked at before.
  const stop = run?.stop ?? null;
  const [stopSeen, setStopSeen] = useState(stop);
  if (stop !== stopSeen) {
    setStopSeen(stop);
    if (stop !== null) setChoice(FOLLOW);
  }
  const focus = focusOn(run, choice);
  const station = focus?.station ?? choice.station ?? 'label';
  const cell = focus?.cell;
  const first = setup.arms[0]?.knobs;
  const kind = useLab((state) => state.tasks.task?.definition.kind ?? null);
  const idle = useMemo(() => (first === undefined ? [] : idleStations(first, kind)), [first, kind]);
  return (
    <div className="run-view">
      <Side />
      <div className="run-middle">
        <CheckPlace />
        <RunFaults />
        {run?.replay != null && (
          <Suspense fallback={null}>
            <ReplayBar replay={run.replay} />
          </Suspense>
        )}
        <LoopPicture
          stations={focus === null || run === null ? idle : stationViews(run.task, focus)}
          selected={station}
          onSelect={(next) => {
            setChoice({ ...choice, station: next });
          }}
          {...backWords(setup, focus)}
        />
        <Results
          reference={reference}
          states={cell?.state.rounds ?? NO_ROUNDS}
          whose={cell?.arm}
          seed={cell?.seed}
        />
      </div>
      <div className="run-inside">
        <Inside run={run} focus={focus} station={station} choice={choice} onChoose={setChoice} />
      </div>
    </div>
  );
}
