/** @file Run, pause, step, stop and keep, reset: always in the same places. */
import type { ReactNode } from 'react';
import type { LabModel } from '../../store/lab-model.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { Progress } from '../kit/progress.tsx';
import { formatSeconds } from '../words/numbers.ts';
import './controls.css';

/** Whether a run can begin: model and task stand, the setup is sound. */
const canBegin = ({ model, tasks, setup }: LabModel): boolean =>
  model.status === 'ready' && tasks.task !== null && setup.arms.length > 0;

function MainButton(): ReactNode {
  const status = useLab((state) => state.run?.status ?? null);
  const kind = useLab((state) => state.run?.kind ?? null);
  const isReady = useLab(canBegin);
  const actions = useActions();
  if (kind === 'live' && (status === 'running' || status === 'waiting')) {
    return (
      <Button
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
      <Button
        look="strong"
        isLarge
        onPress={() => {
          actions.resume();
        }}
      >
        Go on
      </Button>
    );
  }
  return (
    <Button
      look="strong"
      isLarge
      isDisabled={!isReady}
      onPress={() => {
        actions.run();
      }}
    >
      {status === null ? 'Run' : 'Run again'}
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

export function Controls(): ReactNode {
  const status = useLab((state) => state.run?.status ?? null);
  const seconds = useLab((state) => state.setup.predictedSeconds);
  const isLive = useLab((state) => state.run?.kind === 'live');
  const actions = useActions();
  const isGoing = isLive && (status === 'running' || status === 'paused' || status === 'waiting');
  // The first step begins the run.
  const isReady = useLab(canBegin);
  const canStep = status === null ? isReady : isLive && status === 'paused';
  return (
    <section className="controls" aria-label="Run controls">
      <MainButton />
      <div className="control-row">
        <Button
          aria-label="Step one phase"
          isDisabled={!canStep}
          onPress={() => {
            actions.stepPhase();
          }}
        >
          Phase ›
        </Button>
        <Button
          aria-label="Step one round"
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
      {status === null ? (
        <div className="before-run">
          <span className="small soft">{seconds === null ? '' : `about ${formatSeconds(seconds)}`}</span>
          <Button look="quiet" onPress={() => void actions.playRecorded()}>
            Play a recorded run
          </Button>
        </div>
      ) : (
        <RunProgress />
      )}
    </section>
  );
}
