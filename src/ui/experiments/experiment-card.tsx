/** @file One bundled experiment: why, its question, how large it is, and the button that sets the page to it. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { plural } from '../../core/plural.ts';
import type { Experiment } from '../../words/experiment.ts';
import { setupToHash } from '../../store/setup/setup-url.ts';
import { useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { armTitle } from '../../words/arm-title.ts';
import { formatSeconds, listed } from '../words/numbers.ts';
import { CameOf } from './came-of.tsx';
import { predictSeconds, seedsForPage, setupOfExperiment } from './experiment-setup.ts';

export interface ExperimentCardProps {
  readonly name: string;
  readonly experiment: Experiment;
}

function useSeconds(experiment: Experiment, taskId: string): number | null {
  const setup = useLab((state) => state.setup);
  const cards = useLab((state) => state.tasks.cards);
  const cardOf = (id: string) => cards.find(({ definition }) => definition.id === id);
  const [task, now] = [cardOf(taskId), cardOf(setup.setup.taskId)];
  if (setup.predictedSeconds === null || task === undefined || now === undefined) return null;
  const { arms, predictedSeconds: seconds } = setup;
  return predictSeconds(experiment, task, { arms, task: now, seeds: setup.setup.seeds.length, seconds });
}

/** A prediction from another setup is good to a minute at most. */
const roughly = (seconds: number): string =>
  seconds < 90 ? formatSeconds(seconds) : `${Math.round(seconds / 60)} min`;

export function ExperimentCard({ name, experiment }: ExperimentCardProps): ReactNode {
  const cards = useLab((state) => state.tasks.cards);
  const isGoing = useLab(({ run }) => run?.status === 'running' || run?.status === 'paused');
  const tasks = experiment.tasks.filter((id) => cards.some(({ definition }) => definition.id === id));
  const [chosen, setChosen] = useState<string | null>(null);
  // A small, quick task to begin with; the file's first is often a held-out one.
  const taskId = chosen ?? tasks.find((id) => id === 'two-cue-topic') ?? tasks[0] ?? '';
  const seconds = useSeconds(experiment, taskId);
  const seeds = seedsForPage(experiment);
  const { arms, title, why, question } = experiment;
  const full = arms.length * experiment.tasks.length * experiment.seeds.length;
  const open = () => {
    // One step for view and setup, as a link would do it; the shell hears of it.
    const setup = setupToHash(setupOfExperiment(experiment, taskId));
    window.location.hash = `/run?${setup}`;
  };
  return (
    <li className="experiment" aria-labelledby={`experiment-${name}`}>
      <h3 id={`experiment-${name}`}>{title}</h3>
      <p className="experiment-why">{why}</p>
      <p className="experiment-question">{question}</p>
      <CameOf name={name} experiment={experiment} />
      <dl className="facts experiment-facts">
        <div>
          <dt>Arms</dt>
          <dd>
            {listed(
              arms.length > 6
                ? [plural(arms.length, 'arm')]
                : arms.map((arm) => armTitle(arm.name, arm.method)),
            )}
          </dd>
        </div>
        <div>
          <dt>Here</dt>
          <dd>
            {plural(arms.length * seeds.length, 'run')}: {plural(arms.length, 'arm')} ×{' '}
            {plural(seeds.length, 'seed')}
          </dd>
        </div>
        <div>
          <dt>Takes</dt>
          <dd>{seconds === null ? 'known after a first run' : `about ${roughly(seconds)} here`}</dd>
        </div>
        <div>
          <dt>In full</dt>
          <dd>
            {plural(full, 'run')}: {plural(experiment.tasks.length, 'task')} ×{' '}
            {plural(experiment.seeds.length, 'seed')}
          </dd>
        </div>
      </dl>
      <div className="experiment-foot">
        <Choice
          label={`Task of “${title}”`}
          isLabelHidden
          value={taskId}
          options={tasks.map((id) => ({ id, title: id }))}
          onChange={setChosen}
        />
        <Button aria-label={`Open in Run: ${title}`} isDisabled={isGoing || taskId === ''} onPress={open}>
          Open in Run
        </Button>
      </div>
      <p className="field-note">
        <code>npm run experiment -- experiments/{name}.json</code>
      </p>
    </li>
  );
}
