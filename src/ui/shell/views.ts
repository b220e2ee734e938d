/**
 * @file The page's views, in the order of the tabs. A new one is a folder of its own and one entry here; all but the
 * first are chunks of their own (`lazy(() => import(...))`), so that the page opens fast.
 */
import type { ComponentType } from 'react';
import { lazy } from 'react';
import { RunView } from '../run/run-view.tsx';

export interface View {
  /** Stands in the address. */
  readonly id: string;
  readonly title: string;
  readonly Component: ComponentType;
}

const SamplesView = lazy(async () => ({
  default: (await import('../samples/samples-view.tsx')).SamplesView,
}));
const FollowView = lazy(async () => ({
  default: (await import('../follow/follow-view.tsx')).FollowView,
}));
const CompareView = lazy(async () => ({
  default: (await import('../compare/compare-view.tsx')).CompareView,
}));
const PlaygroundView = lazy(async () => ({
  default: (await import('../playground/playground-view.tsx')).PlaygroundView,
}));
const DataView = lazy(async () => ({ default: (await import('../data/data-view.tsx')).DataView }));
const ExperimentsView = lazy(async () => ({
  default: (await import('../experiments/experiments-view.tsx')).ExperimentsView,
}));

export const VIEWS: readonly [View, ...View[]] = [
  { id: 'run', title: 'Run', Component: RunView },
  { id: 'samples', title: 'Samples', Component: SamplesView },
  { id: 'follow', title: 'Follow', Component: FollowView },
  { id: 'playground', title: 'Playground', Component: PlaygroundView },
  { id: 'compare', title: 'Compare', Component: CompareView },
  { id: 'data', title: 'Data & models', Component: DataView },
  { id: 'experiments', title: 'Experiments', Component: ExperimentsView },
];

export const isView = (id: string): boolean => VIEWS.some((view) => view.id === id);
