/** @file Run, pause, step, stop and keep, reset: always in the same places. */
import type { ReactNode } from 'react';
import { Suspense, lazy } from 'react';
import type { LabModel } from '../../store/lab-model.ts';
import { tooFew } from '../../store/setup/too-few.ts';
import { setupToHash } from '../../store/setup/setup-url.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { Progress } from '../kit/progress.tsx';
import { CheckButton } from './check/check-button.tsx';
import { canGoOn } from '../compare/run-facts.ts';
import { formatSeconds } from '../words/numbers.ts';
import { canBegin, canCheck } from './can-begin.ts';
import './controls.css';

const TooFewNote = lazy(async () => ({ default: (await import('./too-few-note.tsx')).TooFewNote }));

/** The run on the page came to rest before its end: it can be gone on with, and is not being played. */
const canContinue = ({ run, runs }: LabModel): boolean => {
  if (run === null || run.replay?.isPlaying === true) return false;
  if (run.kind === 'live') return run.status === 'stopped' || run.status === 'failed';
  const card = runs.find(({ id }) => id === run.id);
  return card !== undefined && canGoOn(card);
};

/** Whether what a press would run is the run that is shown, once more. */
const showsSetup = ({ run, setup }: LabModel): boolean =>
  run !== null && setupToHash(run.setup) === setup.hash;

function GoOn({
  isDisabled = false,
  onPress,
}: {
  readonly isDisabled?: boolean;
  readonly onPress: () => void;
}): ReactNode {
  return (
    <Button data-run-key="main" look="strong" isLarge isDisabled={isDisabled} onPress={onPress}>
      Go on
    </Button>
  );
}

function MainButton(): ReactNode {
  const id = useLab((state) => state.run?.id ?? '');
  const isLeft = useLab(canContinue);
  const isModelReady = useLab(({ model }) => model.status === 'ready');
  const status = useLab((state) => state.run?.status ?? null);
  const kind = useLab((state) => state.run?.kind ?? null);
  const isReady = useLab(canBegin);
  const isShown = useLab(showsSetup);
  const actions = useActions();
  if (kind === 'live' && (status === 'running' || status === 'waiting')) {
    return (
      <Button
        data-run-key="main"
        look="plain"
        isLarge
        onPress={() => {
          actions.pause();
        }}
      >
        Pause
      </Button>
    );
  }
  if (kind === 'live' && status === 'paused') {
    return (
      <GoOn
        onPress={() => {
          actions.resume();
        }}
      />
    );
  }
  if (isLeft) return <GoOn isDisabled={!isModelReady} onPress={() => void actions.continueRun(id)} />;
  return (
    <Button
      data-run-key="main"
      look="strong"
      isLarge
      isDisabled={!isReady}
      onPress={() => {
        actions.run();
      }}
    >
      {isShown ? 'Run again' : 'Run'}
    </Button>
  );
}

function RunProgress(): ReactNode {
  const progress = useLab((state) => state.run?.progress ?? null);
  const secondsLeft = useLab((state) => state.run?.secondsLeft ?? null);
  const isGoing = useLab(({ run }) => run?.status === 'running' || run?.status === 'paused');
  if (progress === null) return <div className="run-progress" />;
  const left = isGoing && secondsLeft !== null ? `${formatSeconds(secondsLeft)} left` : '';
  return (
    <div className="run-progress">
      <Progress label="Whole run" share={progress} note={left} />
    </div>
  );
}

/** What is shown was made elsewhere, or by another setup: the buttons are not about it. */
function OtherOnScreen(): ReactNode {
  const words = useLab(({ run, setup }) =>
    run === null ||
    run.kind === 'live' ||
    (run.task.definition.id === setup.setup.taskId && run.model.name === setup.setup.model.name)
      ? ''
      : `On screen: ${run.task.definition.id} on ${run.model.name}. The setup is for your own run.`,
  );
  return words === '' ? null : <p className="small soft">{words}</p>;
}

export function Controls(): ReactNode {
  const status = useLab((state) => state.run?.status ?? null);
  const seconds = useLab((state) => state.setup.predictedSeconds);
  const isLive = useLab((state) => state.run?.kind === 'live');
  const actions = useActions();
  const isGoing = isLive && (status === 'running' || status === 'paused' || status === 'waiting');
  // The first step begins the run.
  const isReady = useLab(canBegin);
  const isSound = useLab(canCheck);
  const isTooFew = useLab((lab) => tooFew(lab) !== null);
  const isLeft = useLab(canContinue);
  const isShown = useLab(showsSetup);
  const isPlayed = useLab(({ run }) => run?.replay != null && run.replay.position < run.replay.length);
  const canStep = status === null ? isReady : isPlayed || (isLive && status === 'paused');
  return (
    <section className="controls" aria-label="Run controls">
      {!isGoing && isTooFew && (
        <Suspense fallback={null}>
          <TooFewNote />
        </Suspense>
      )}
      <MainButton />
      <div className="control-row">
        <Button
          aria-label="Step one phase"
          data-run-key="phase"
          isDisabled={!canStep}
          onPress={() => {
            actions.stepPhase();
          }}
        >
          Phase ›
        </Button>
        <Button
          aria-label="Step one round"
          data-run-key="round"
          isDisabled={!canStep}
          onPress={() => {
            actions.stepRound();
          }}
        >
          Round ›
        </Button>
        <Button
          aria-label="Stop and keep"
          isDisabled={!isGoing}
          onPress={() => {
            actions.stop();
          }}
        >
          Stop
        </Button>
        <Button
          isDisabled={status === null || isGoing}
          onPress={() => {
            actions.reset();
          }}
        >
          Reset
        </Button>
      </div>
      <CheckButton isDisabled={!isSound || isGoing} />
      <OtherOnScreen />
      {status === null ? (
        <div className="before-run">
          <span className="small soft">
            {seconds === null || isTooFew ? '' : `about ${formatSeconds(seconds)}`}
          </span>
          <Button look="quiet" onPress={() => void actions.playRecorded('nano')}>
            Play a recorded run
          </Button>
        </div>
      ) : (
        <RunProgress />
      )}
      {isLeft && (
        <div className="before-run">
          <Button
            look="quiet"
            isDisabled={!isReady}
            onPress={() => {
              actions.run();
            }}
          >
            {isShown ? 'Run again from the start' : 'Run this setup'}
          </Button>
        </div>
      )}
    </section>
  );
}
