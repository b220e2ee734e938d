/** @file The text that is asked, with prompts of the task to begin from. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import type { Task } from '../../words/task.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { promptPieces } from '../words/prompt-text.ts';

/** A prompt of the task's test items as the model sees it. @param i which; the demonstrations go along */
export function promptOfTask(task: Task, i: number, isFewShot: boolean): string {
  const { test, pool } = task.splits;
  const row = test[i % Math.max(1, test.length)];
  if (row === undefined) return '';
  const k = isFewShot ? Math.min(task.definition.k, pool.length) : 0;
  const ids = Array.from({ length: k }, (_, at) => pool[(i * k + at) % pool.length]?.id ?? '');
  const { demonstrations, prompt } = promptPieces(task, row.input, ids, '');
  return demonstrations.map((shown) => shown.prompt + shown.completion).join('') + prompt;
}

export interface PromptFieldProps {
  readonly onAsk: () => void;
  /** The buttons that ask. */
  readonly children: ReactNode;
}

export function PromptField({ onAsk, children }: PromptFieldProps): ReactNode {
  const text = useLab((state) => state.playground.text);
  const task = useLab((state) => state.run?.task ?? state.tasks.task);
  const actions = useActions();
  const [next, setNext] = useState(0);
  const insert = (isFewShot: boolean) => {
    if (task === null) return;
    actions.setPlayground({ text: promptOfTask(task, next, isFewShot) });
    setNext(next + 1);
  };
  return (
    <div className="prompt-field">
      <TextField
        className="field"
        value={text}
        onChange={(value) => {
          actions.setPlayground({ text: value });
        }}
      >
        <Label className="field-label">Text that the model goes on from</Label>
        <TextArea
          className="input prompt-area"
          rows={3}
          spellCheck={false}
          placeholder="The day at the zoo was"
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            onAsk();
          }}
        />
      </TextField>
      <div className="prompt-foot">
        {children}
        {task !== null && (
          <div className="button-row">
            <span className="field-note">From {task.definition.id}:</span>
            <Button
              look="quiet"
              onPress={() => {
                insert(false);
              }}
            >
              a prompt
            </Button>
            <Button
              look="quiet"
              isDisabled={task.splits.pool.length === 0}
              onPress={() => {
                insert(true);
              }}
            >
              one with demonstrations
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}
