/**
 * @file What the page knows and what it can be asked to do, put together from the slices: the one state that every view
 * reads, and the actions that change it. All of it is plain data, so views are functions of it.
 */
import type { StoreApi } from 'zustand/vanilla';
import type { ModelActions, ModelState } from './model/model-state.ts';
import type { TaskActions, TaskState } from './task-state.ts';
import type { SetupActions, SetupState } from './setup/setup-state.ts';
import type { RunActions, RunsState } from './live/run-state.ts';
import type { AskActions, AskState } from './questions/ask-state.ts';
import type { PageActions, PageState } from './page-state.ts';
import type { ReadinessActions, ReadinessState } from './readiness/readiness-state.ts';

export type LabModel = ModelState &
  TaskState &
  SetupState &
  RunsState &
  AskState &
  ReadinessState &
  PageState;
export type LabActions = ModelActions &
  TaskActions &
  SetupActions &
  RunActions &
  AskActions &
  ReadinessActions &
  PageActions;

export interface Bootlace {
  readonly store: StoreApi<LabModel>;
  readonly actions: LabActions;
}
