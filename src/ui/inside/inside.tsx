/** @file The inside of the station that is open: for which arm, seed and round, and the panel itself. */
import type { ReactNode } from 'react';
import { memo } from 'react';
import type { RunView } from '../../store/live/run-state.ts';
import type { Task } from '../../words/task.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Segments } from '../kit/segments.tsx';
import type { Focus, FocusChoice, StationId } from '../run/focus.ts';
import { FOLLOW } from '../run/focus.ts';
import { armTitle } from '../words/arms.ts';
import { InsideFilter } from './inside-filter.tsx';
import { InsideLabel } from './inside-label.tsx';
import { InsideOrder } from './inside-order.tsx';
import { InsidePool } from './inside-pool.tsx';
import { InsideScore } from './inside-score.tsx';
import { InsideTrain } from './inside-train.tsx';
import './inside.css';

interface PanelProps {
  readonly task: Task;
  readonly focus: Focus;
}
const PANELS: Readonly<Record<StationId, (props: PanelProps) => ReactNode>> = {
  pool: InsidePool,
  label: InsideLabel,
  filter: InsideFilter,
  order: InsideOrder,
  train: InsideTrain,
  score: InsideScore,
};

/** What a station does, for the time before it has done anything. */
const PURPOSE: Readonly<Record<StationId, string>> = {
  pool: 'A few labelled items. Some of them stand before each prompt as demonstrations: that is all the supervision there is.',
  label:
    'The teacher answers each unlabelled prompt after its demonstrations. What it says becomes the prompt’s self-label.',
  filter: 'Answers that are empty, unfinished or repeat themselves are dropped; their places are refilled.',
  order:
    'SOFT takes prompts as they were drawn. SOFT+ ranks them by the base’s perplexity of its own answers and begins with the easy ones.',
  train:
    'A LoRA adapter learns to give the self-label without demonstrations. The base’s weights stay as they are.',
  score: 'The trained model answers items that no arm trains on, with and without demonstrations.',
};

export interface InsideProps {
  readonly run: RunView | null;
  readonly focus: Focus | null;
  readonly station: StationId;
  readonly choice: FocusChoice;
  readonly onChoose: (choice: FocusChoice) => void;
}

interface WhereProps extends Pick<InsideProps, 'choice' | 'onChoose'> {
  readonly run: RunView;
  readonly focus: Focus;
}

const begunOf = ({ cells }: RunView) => cells.filter(({ status }) => status !== 'waiting');
const roundsOf = ({ cell, round }: Focus): readonly number[] =>
  [...new Set([...cell.state.rounds.map((state) => state.round), round.round])].sort((a, b) => a - b);

/** Nothing that these switches show differs: most of a run's events are answers. */
const looksTheSame = (a: WhereProps, b: WhereProps): boolean =>
  a.choice === b.choice &&
  a.onChoose === b.onChoose &&
  a.run.id === b.run.id &&
  a.focus.cell.key === b.focus.cell.key &&
  a.focus.round.round === b.focus.round.round &&
  begunOf(a.run).length === begunOf(b.run).length &&
  roundsOf(a.focus).length === roundsOf(b.focus).length;

const Where = memo(function Where({ run, focus, choice, onChoose }: WhereProps): ReactNode {
  const { cell, round } = focus;
  return (
    <div className="inside-where">
      <Choice
        label="Arm and seed"
        isLabelHidden
        value={cell.key}
        options={begunOf(run).map(({ key, arm, seed }) => ({
          id: key,
          title: `${armTitle(arm.name, arm.method)}, seed ${seed}`,
        }))}
        onChange={(key) => {
          onChoose({ ...choice, cell: key, round: null });
        }}
      />
      <Segments
        label="Round"
        value={String(round.round)}
        options={roundsOf(focus).map((number) => ({
          id: String(number),
          title: number === 0 ? 'base' : String(number),
        }))}
        onChange={(number) => {
          onChoose({ ...choice, round: Number(number) });
        }}
      />
    </div>
  );
}, looksTheSame);

export function Inside(props: InsideProps): ReactNode {
  const { run, focus, station, choice, onChoose } = props;
  const Panel = PANELS[station];
  const isPinned = choice.cell !== null || choice.round !== null || choice.station !== null;
  const isGoing = run?.status === 'running';
  return (
    <section className="inside" aria-labelledby="inside">
      <header>
        <h2 id="inside">Inside: {station}</h2>
        {isPinned && isGoing && (
          <Button
            look="quiet"
            onPress={() => {
              onChoose(FOLLOW);
            }}
          >
            Follow the run
          </Button>
        )}
      </header>
      {run === null || focus === null ? (
        <p className="soft">{PURPOSE[station]}</p>
      ) : (
        <>
          <Where run={run} focus={focus} choice={choice} onChoose={onChoose} />
          <div className="inside-body">
            <Panel key={`${focus.cell.key} ${focus.round.round} ${station}`} task={run.task} focus={focus} />
          </div>
        </>
      )}
    </section>
  );
}
