/** @file The inside of the station that is open: for which arm, seed and round, and the panel itself. */
import type { ReactNode } from 'react';
import { Suspense, lazy, memo } from 'react';
import type { RunView } from '../../store/live/run-state.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { Segments } from '../kit/segments.tsx';
import type { Focus, FocusChoice, StationId } from '../run/focus.ts';
import { FOLLOW, isBegun } from '../run/focus.ts';
import { armTitle } from '../../words/arm-title.ts';
import './inside.css';

const Panel = lazy(async () => ({ default: (await import('./panel.tsx')).Panel }));

/** What a station does, for the time before it has done anything. */
const PURPOSE: Readonly<Record<StationId, string>> = {
  pool: 'A few labelled items. Some of them stand before each prompt as demonstrations: that is all the supervision there is.',
  label:
    'The teacher answers each unlabelled prompt after its demonstrations. What it says becomes the prompt’s self-label.',
  filter:
    'Answers that are empty, unfinished or repeat themselves are dropped; their places are refilled. A wrong answer stays in, unless the setup drops what is no label.',
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

const begunOf = ({ cells }: RunView) => cells.filter(isBegun);
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
            <Suspense fallback={<p className="soft">{PURPOSE[station]}</p>}>
              <Panel
                key={`${focus.cell.key} ${focus.round.round} ${station}`}
                {...{ station, task: run.task, model: run.model.name, focus }}
              />
            </Suspense>
          </div>
        </>
      )}
    </section>
  );
}
