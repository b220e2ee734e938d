/** @file Answers while they are made, as text, with a tick or a cross for who watches: the model is shown neither. */
import type { ReactNode } from 'react';
import { isExact } from '../../metrics/metrics.ts';
import type { FinishReason } from '../../words/engine.ts';
import type { Phase } from '../../words/events.ts';
import { EVALUATED_SPLITS } from '../../words/events.ts';
import { rowOfKey } from '../../words/row-key.ts';
import type { Task, TaskRow } from '../../words/task.ts';
import type { Live } from '../../store/live/run-state.ts';

/** Live answers at a time. */
const SHOWN = 8;
/** Of them, being written. */
const WRITING = 2;

/** Against the key; null where none is known. */
export const rightness = (
  { definition }: Task,
  row: TaskRow | undefined,
  answer: string,
  finishReason: FinishReason,
): boolean | null =>
  row === undefined || row.output === ''
    ? null
    : finishReason !== 'length' && isExact(definition.kind, answer, row, definition.answerAfter);

export function Tick({ isRight }: { readonly isRight: boolean }): ReactNode {
  return <span className="tick">{isRight ? '✓ right' : '✗ wrong'}</span>;
}

export function Growing({ text }: { readonly text: string }): ReactNode {
  return (
    <span className="growing">
      {text.trimStart()}
      <i className="growing-end" aria-hidden="true" />
    </span>
  );
}

interface LiveAnswersProps {
  readonly task: Task;
  readonly live: Live;
  readonly phase: Phase;
}

/** As they come: what is being written first, then the newest. */
export function LiveAnswers({ task, live, phase }: LiveAnswersProps): ReactNode {
  const rows = new Map(
    EVALUATED_SPLITS.flatMap((split) => task.splits[split].map((row) => [row.id, row] as const)),
  );
  const writing = [...live.writing].slice(0, WRITING);
  const answers = live.answers.slice(writing.length - SHOWN).toReversed();
  return (
    <ul className="item-list">
      {writing.map(([key, text]) => (
        <li key={key}>
          <span>{rows.get(rowOfKey(phase, key))?.input ?? key}</span>
          <b className="item-side">
            <Growing text={text} />
          </b>
        </li>
      ))}
      {answers.map(({ completion: { key, text, finishReason } }) => {
        const row = rows.get(rowOfKey(phase, key));
        const isRight = rightness(task, row, text.trim(), finishReason);
        return (
          <li key={key}>
            <span>{row?.input ?? key}</span>
            <span className="item-side">
              <b>{text.trim() === '' ? '(empty)' : text.trim()}</b>{' '}
              {isRight !== null && <Tick isRight={isRight} />}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
