/** @file Other names for a task's labels: what the model says of each to begin with. The task stays; a renamed one is made. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { LabelNames } from '../../../analysis/readiness/mend.ts';
import { namesFaults } from '../../../analysis/readiness/mend.ts';
import type { Task } from '../../../words/task.ts';
import { Button } from '../../kit/button.tsx';
import { TextBox } from '../../kit/text-box.tsx';
import { useActions } from '../../lab-context.ts';

export interface LabelsEditorProps {
  readonly task: Task;
  readonly suggested: LabelNames;
  readonly onDone: () => void;
}

export function LabelsEditor({ task, suggested, onDone }: LabelsEditorProps): ReactNode {
  const [names, setNames] = useState(suggested);
  const actions = useActions();
  const { labels } = task.definition;
  const faults = namesFaults(task, names);
  const isSame = labels.every((label) => (names[label] ?? label).trim() === label);
  return (
    <section className="check-labels" aria-labelledby="check-labels">
      <h3 id="check-labels">Names of the labels</h3>
      <p className="small soft">
        What the model says most of each is put in where it is short. Words that it knows and that begin
        differently work best.
      </p>
      <div className="check-names">
        {labels.map((label) => (
          <TextBox
            key={label}
            label={label}
            value={names[label] ?? label}
            fault={faults[label] ?? null}
            onChange={(name) => {
              setNames({ ...names, [label]: name });
            }}
          />
        ))}
      </div>
      <div className="button-row">
        <Button
          isDisabled={isSame || Object.keys(faults).length > 0}
          onPress={() => {
            onDone();
            void actions.beforehand((looks) => looks.renameLabels(names));
          }}
        >
          Make a task with these
        </Button>
        <Button look="quiet" onPress={onDone}>
          Leave them
        </Button>
      </div>
    </section>
  );
}
