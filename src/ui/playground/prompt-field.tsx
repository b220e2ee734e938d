/** @file The text that is asked, with prompts of the task to begin from. */
import type { ReactNode } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { LEFT_OUT } from '../words/left-out.ts';

export interface PromptFieldProps {
  readonly onAsk: () => void;
  /** The buttons that ask. */
  readonly children: ReactNode;
}

export function PromptField({ onAsk, children }: PromptFieldProps): ReactNode {
  const text = useLab((state) => state.playground.text);
  const task = useLab((state) => state.run?.task ?? state.tasks.task);
  const actions = useActions();
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
              isDisabled={task.areTextsLeftOut === true}
              onPress={() => {
                void actions.insertPrompt('zero-shot');
              }}
            >
              a prompt
            </Button>
            <Button
              look="quiet"
              isDisabled={task.areTextsLeftOut === true || task.splits.pool.length === 0}
              onPress={() => {
                void actions.insertPrompt('few-shot');
              }}
            >
              one with demonstrations
            </Button>
            {task.areTextsLeftOut === true && <span className="field-note">{LEFT_OUT}</span>}
          </div>
        )}
      </div>
    </div>
  );
}
