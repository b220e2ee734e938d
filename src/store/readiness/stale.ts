/** @file What has changed since a look beforehand, so that its word no longer holds. */
import type { LabModel } from '../lab-model.ts';
import type { LookedAt } from './readiness-state.ts';

/** "the model", "the task", "the setup"; [] where the word still holds. */
export function changedSince(
  { arm, seed, task, model }: LookedAt,
  { model: { loaded }, tasks, setup }: Pick<LabModel, 'model' | 'tasks' | 'setup'>,
): readonly string[] {
  const [now] = setup.arms;
  const isArm = now !== undefined && JSON.stringify(now) === JSON.stringify(arm);
  return [
    ...(loaded?.training.sha256 === model.sha256 ? [] : ['the model']),
    ...(tasks.task === task ? [] : ['the task']),
    ...(isArm && setup.setup.seeds[0] === seed ? [] : ['the setup']),
  ];
}
