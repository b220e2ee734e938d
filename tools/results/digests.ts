/** @file What a model with a task is known by: their names may be others' too. */
import type { Manifest } from '../../src/store/runs/manifest.ts';

/** Of the weights and of the task's rows, joined. */
export const digestsOf = ({ modelSha256, tasks }: Manifest['config'], task: string): string =>
  [modelSha256, tasks[task]].join();
