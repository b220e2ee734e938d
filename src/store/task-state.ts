/** @file The tasks that are there, and the chosen one. */
import type { Fault } from './lab-state.ts';
import type { SplitName, Task, TaskDefinition } from '../words/task.ts';

export interface TaskCard {
  readonly definition: TaskDefinition;
  /** Rows by split. */
  readonly sizes: Readonly<Record<SplitName, number>>;
  readonly origin: 'bundled' | 'imported';
}

export interface TasksView {
  readonly cards: readonly TaskCard[];
  /** The chosen one with its rows; null until they are read. */
  readonly task: Task | null;
  readonly fault: Fault | null;
}

export interface TaskState {
  readonly tasks: TasksView;
}

/** Nothing here throws: failures stand in the state. */
export interface TaskActions {
  chooseTask(id: string): void;
  /** A task that was read or imported; kept, and chosen. */
  addTask(task: Task): Promise<void>;
  removeTask(id: string): Promise<void>;
}
