/** @file Whether a run can begin. */
import type { LabModel } from '../../store/lab-model.ts';
import { tooFew } from '../../store/setup/too-few.ts';

/** Model and task stand, the setup is sound: it can be looked at beforehand. */
export const canCheck = ({ model, tasks, setup }: LabModel): boolean =>
  model.status === 'ready' && tasks.task !== null && setup.arms.length > 0;

/** And the task has prompts enough for it. */
export const canBegin = (lab: LabModel): boolean => canCheck(lab) && tooFew(lab) === null;
