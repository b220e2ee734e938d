/** @file Whether the task has the prompts that the arms will label, told before anything runs. */
import type { TaskShape } from '../../method/agenda.ts';
import { agendaOf, shapeOf } from '../../method/agenda.ts';
import type { LabModel } from '../lab-model.ts';
import type { Arm } from '../../words/plan.ts';
import type { Task, TaskDefinition } from '../../words/task.ts';

export interface TooFew {
  readonly task: string;
  readonly there: number;
  readonly needed: number;
  readonly promptsPerRound: number;
}

/** null where the prompts are enough. */
export function tooFewOf(
  arms: readonly Arm[],
  shape: TaskShape & { readonly definition: Pick<TaskDefinition, 'id'> },
): TooFew | null {
  const there = shape.sizes.prompts;
  const wanted = arms.map((arm) => ({ arm, needed: agendaOf(arm, shape).prompts }));
  const most = wanted.toSorted((a, b) => b.needed - a.needed)[0];
  if (most === undefined || most.needed <= there) return null;
  const { promptsPerRound } = most.arm.knobs;
  return { task: shape.definition.id, there, needed: most.needed, promptsPerRound };
}

/** Of the arms that stand now: they are asked for at every change of the page. */
const known = new WeakMap<readonly Arm[], { readonly task: Task; readonly found: TooFew | null }>();

export function tooFew({ setup: { arms }, tasks: { task } }: LabModel): TooFew | null {
  if (task === null) return null;
  const before = known.get(arms);
  if (before?.task === task) return before.found;
  const found = tooFewOf(arms, { ...shapeOf(task), definition: task.definition });
  known.set(arms, { task, found });
  return found;
}
