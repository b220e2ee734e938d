/** @file One test item of an evaluation: the prompt that the model was given, what it said, the key on request. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { plural } from '../../core/plural.ts';
import type { Evaluation, Mode, Prediction } from '../../words/events.ts';
import type { Task } from '../../words/task.ts';
import { rightAnswers } from '../../metrics/item.ts';
import { promptInWords } from '../../method/prompt-text.ts';
import { rowsOf } from '../../analysis/watch.ts';
import type { Cell } from '../../store/live/run-state.ts';
import type { PromptSeen } from '../../store/questions/ask-state.ts';
import { HiddenKey } from '../kit/hidden-key.tsx';
import { Segments } from '../kit/segments.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { Pager } from './pager.tsx';
import { PromptView } from './prompt-view.tsx';

const WHICH = [
  { id: 'all', title: 'all' },
  { id: 'wrong', title: 'wrong ones' },
] as const;

/** What stood before the item; undefined while it is being drawn, null where that fails. */
function usePromptSeen(cell: string, id: string, mode: Mode): PromptSeen | null | undefined {
  const actions = useActions();
  const modelStatus = useLab((state) => state.model.status);
  const [found, setFound] = useState<{ readonly of: string; readonly seen: PromptSeen | null } | null>(null);
  const of = `${cell} ${mode} ${id}`;
  useEffect(() => {
    let isHere = true;
    void actions.promptSeen(cell, id, mode).then((seen) => {
      if (isHere) setFound({ of, seen });
    });
    return () => {
      isHere = false;
    };
  }, [actions, modelStatus, cell, id, mode, of]);
  return found?.of === of ? found.seen : undefined;
}

/** What the prompt alone does not say. */
interface NoteProps {
  readonly seen: PromptSeen | null | undefined;
  readonly mode: Mode;
}

function Note({ seen, mode }: NoteProps): ReactNode {
  if (mode === 'zero-shot') return null;
  if (seen === undefined) return <p className="field-note">Its demonstrations are being drawn again…</p>;
  if (seen === null) return <p className="field-note">Its demonstrations could not be drawn again.</p>;
  return (
    <p className="field-note">
      Its demonstrations are drawn again from the seed, as they were for the score.
      {seen.leftOut > 0 &&
        ` ${plural(seen.leftOut, 'more demonstration')} had no room in the model’s positions.`}
      {!seen.isCertain &&
        ' The run’s model is not loaded: where a prompt is too long for it, fewer stood before it.'}
    </p>
  );
}

interface SeenItemProps {
  readonly task: Task;
  readonly cell: Cell;
  readonly prediction: Prediction;
  readonly mode: Mode;
}

function SeenItem({ task, cell, prediction, mode }: SeenItemProps): ReactNode {
  const { id, answer, isFinished, isExact } = prediction;
  const seen = usePromptSeen(cell.key, id, mode);
  const row = rowsOf(task, 'test').get(id);
  if (row === undefined) return <p className="faint">The task has no row {id} any more.</p>;
  const isFewShot = mode === 'few-shot';
  const keys = rightAnswers(row);
  return (
    <>
      <PromptView
        parts={seen?.parts ?? promptInWords(task, row.input, isFewShot ? [] : null, cell.arm.knobs).parts}
      />
      <Note seen={seen} mode={mode} />
      <div className="answer-box">
        <p className="field-label">Answer</p>
        <b>{answer === '' ? '(empty)' : answer}</b>
        {!isFinished && <p className="soft">It did not stop within the limit, so it counts as wrong.</p>}
      </div>
      {keys.length > 0 && (
        <HiddenKey key={id}>
          <b>{keys.join(' · ')}</b> {isExact ? '✓ right' : '✗ wrong'}
        </HiddenKey>
      )}
    </>
  );
}

export interface InsidePredictionProps {
  readonly task: Task;
  readonly cell: Cell;
  readonly evaluation: Evaluation;
}

export function InsidePrediction({ task, cell, evaluation }: InsidePredictionProps): ReactNode {
  const { predictions, mode } = evaluation;
  const [which, setWhich] = useState<(typeof WHICH)[number]['id']>('all');
  const [chosen, setChosen] = useState(0);
  const shown = which === 'all' ? predictions : predictions.filter(({ isExact }) => !isExact);
  const at = Math.max(0, Math.min(chosen, shown.length - 1));
  const prediction = shown[at];
  return (
    <section className="inside-body" aria-labelledby="one-item">
      <h3 id="one-item">One item, as the model saw it</h3>
      <Segments
        label="Items"
        value={which}
        options={WHICH}
        onChange={(next) => {
          setWhich(next);
          setChosen(0);
        }}
      />
      {prediction === undefined ? (
        <p className="faint">No answer was wrong.</p>
      ) : (
        <>
          <Pager noun="item" at={at} count={shown.length} onTurn={setChosen} />
          <SeenItem task={task} cell={cell} prediction={prediction} mode={mode} />
        </>
      )}
    </section>
  );
}
