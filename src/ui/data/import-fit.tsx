/** @file How many rows of an import fit the loaded model with room for an answer, as `import-task --model` tells. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { formatCount } from '../../core/figures.ts';
import type { TaskFit } from '../../store/readiness/readiness-state.ts';
import type { Task } from '../../words/task.ts';
import { useActions, useLab } from '../lab-context.ts';

export function ImportFit({ task }: { readonly task: Task }): ReactNode {
  const model = useLab(({ model: { status, ref } }) => (status === 'ready' ? ref.name : null));
  const actions = useActions();
  const [found, setFound] = useState<{ readonly of: Task; readonly fit: TaskFit } | null>(null);
  useEffect(() => {
    if (model === null) return undefined;
    let isHere = true;
    void actions.beforehand(async (looks) => {
      const fit = await looks.countFitting(task);
      if (isHere && fit !== null) setFound({ of: task, fit });
    });
    return () => {
      isHere = false;
    };
  }, [actions, task, model]);
  if (model === null) return <p className="faint">With a model loaded, this tells how many rows fit it.</p>;
  if (found?.of !== task) return <p className="faint">Counting the rows that fit {model}.</p>;
  const { positions, splits } = found.fit;
  const left = splits.filter(({ fit, rows }) => fit < rows);
  const words = (all: TaskFit['splits']) =>
    all.map(({ split, rows, fit }) => `${formatCount(fit)} of ${formatCount(rows)} ${split}`);
  return (
    <p role="status" className={left.length === 0 ? 'soft' : 'field-fault'}>
      Rows that fit the {formatCount(positions)} tokens of {model}: {words(splits).join(', ')}
      {found.fit.isPart ? ' (of the first that were looked at)' : ''}. Rows that do not are never used.
    </p>
  );
}
