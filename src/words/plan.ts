/**
 * @file A plan: one arm of one task with one seed. What follows from it before any model speaks is its agenda
 * (method/agenda.ts). Arms of a seed share their draws.
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

/** The arms with a number in the place of a learning rate "auto". */
export const withRate = (arms: readonly Arm[], learningRate: number): readonly Arm[] =>
  arms.map((arm) =>
    arm.knobs.learningRate === 'auto' ? { ...arm, knobs: { ...arm.knobs, learningRate } } : arm,
  );

export interface Plan {
  readonly task: Task;
  readonly arm: Arm;
  /** Keys every draw. */
  readonly seed: number;
}
