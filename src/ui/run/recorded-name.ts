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

/** By `npm run record`, of the seeds that were run. */
export const chosenWords = (name: RecordedName): string =>
  `the middle one of ${name === 'nano' ? 'ten' : 'three'} seeds, by how far SOFT ends above its frozen teacher`;
