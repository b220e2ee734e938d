/**
 * @file The page's views, in the order of the tabs. A new one is a folder of its own and one entry here; all but the
 * first are chunks of their own (`lazy(() => import(...))`), so that the page opens fast.
 */
import type { ComponentType } from 'react';
import { RunView } from '../run/run-view.tsx';

export interface View {
  /** Stands in the address. */
  readonly id: string;
  readonly title: string;
  readonly Component: ComponentType;
}

export const VIEWS: readonly [View, ...View[]] = [{ id: 'run', title: 'Run', Component: RunView }];

export const isView = (id: string): boolean => VIEWS.some((view) => view.id === id);
