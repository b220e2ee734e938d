/** @file What the looks beforehand need of the store's other parts. */
import type { Task } from '../../words/task.ts';
import type { ModelSlice } from '../model/model-slice.ts';
import type { SetupActions } from '../setup/setup-state.ts';

export interface ReadinessSources {
  readonly models: ModelSlice;
  readonly setup: Pick<SetupActions, 'setKnob' | 'setArmKnob'>;
  readonly addTask: (task: Task) => Promise<void>;
  /** The worker is about to be wanted. */
  readonly onAsking: () => void;
}
