/** @file Whether the run on the page is one that ships with it, and why that seed of it does. */
import type { RunView } from '../../store/live/run-state.ts';
import type { RecordedName } from '../../words/recorded.ts';
import { recordedOf } from '../../words/recorded.ts';

export const recordedName = ({
  id,
  kind,
  model,
  setup,
}: Pick<RunView, 'id' | 'kind' | 'model' | 'setup'>): RecordedName | null =>
  kind === 'replay' && id === 'recorded' ? (recordedOf(model.name, setup.taskId) ?? null) : null;

const middleOf = (seeds: string) =>
  `the middle one of ${seeds} seeds, by how far SOFT ends above its frozen teacher`;
const FIRST = 'the first of the three seeds that were run';
export const CHOSEN: Readonly<Record<RecordedName, string>> = {
  nano: middleOf('ten'),
  'smollm2-135m-instruct': middleOf('three'),
  'gemma-3-270m': middleOf('three'),
  'gemma-3-270m-sst2': FIRST,
  'gemma-3-270m-trec': FIRST,
  'smollm2-135m-instruct-sst2': FIRST,
  'smollm2-135m-instruct-trec': FIRST,
};
