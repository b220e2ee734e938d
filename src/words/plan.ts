/**
 * @file A plan: one arm of one task with one seed, and everything that follows from it before any model speaks: the
 * draws of pool, prompts and items, the parts, the reserve, the steps. Arms of a seed share their draws.
 */
import type { Knobs } from './knobs.ts';
import { knobs } from './knobs.ts';
import type { MethodName } from './methods.ts';
import { methodOf } from './methods.ts';
import type { Task } from './task.ts';

export interface Arm {
  /** The name in results and plots; unique in an experiment. */
  readonly name: string;
  readonly method: MethodName;
  readonly knobs: Knobs;
}

/** An arm of a method: the method's presets, then what is set. @throws LabError `invalid-request` naming the knob. */
export function armOf(name: string, method: MethodName, set: Readonly<Record<string, unknown>> = {}): Arm {
  return { name, method, knobs: knobs(set, methodOf(method).presets) };
}

export interface Plan {
  readonly task: Task;
  readonly arm: Arm;
  /** Keys every draw. */
  readonly seed: number;
}

/** Numbers of the rounds that the arm trains in: 1 to T, only T where everything happens at once, none without training. */
export function roundNumbers({ arm }: Pick<Plan, 'arm'>): readonly number[] {
  const { rounds } = arm.knobs;
  switch (methodOf(arm.method).schedule) {
    case 'rounds':
      return Array.from({ length: rounds }, (_, i) => i + 1);
    case 'once':
      return [rounds];
    case 'none':
      return [];
  }
}

/** Optimizer steps of one training; in all, equally many in every arm that trains. */
export function stepsPerTraining({ arm }: Pick<Plan, 'arm'>): number {
  const { epochs, promptsPerRound, batchSize, rounds } = arm.knobs;
  const steps = epochs * Math.ceil(promptsPerRound / batchSize);
  return methodOf(arm.method).schedule === 'once' ? rounds * steps : steps;
}
