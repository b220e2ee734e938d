/** @file Whether a run can begin: model and task stand, the setup is sound. */
import type { LabModel } from '../../store/lab-model.ts';

export const canBegin = ({ model, tasks, setup }: LabModel): boolean =>
  model.status === 'ready' && tasks.task !== null && setup.arms.length > 0;
