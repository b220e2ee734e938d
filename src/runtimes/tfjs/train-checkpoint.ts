/** @file What a training run must have in common with the state that it goes on from. */
import type { TrainConfig, TrainExample } from '../../words/engine.ts';
import { LabError } from '../../core/errors.ts';
import { deriveKey } from '../../core/random.ts';
import type { LoraConfig } from '../../lora/config.ts';
import type { TrainState } from '../../words/train-state.ts';
import type { AdapterLayout } from './layout.ts';

export const dataKeyOf = (examples: readonly TrainExample[]): number =>
  examples.reduce(
    (key, { promptIds, completionIds }) => deriveKey(key, promptIds.length, ...promptIds, ...completionIds),
    examples.length,
  );

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** @throws LabError `invalid-request` naming what differs between the run to resume and the one that was saved. */
export function checkResumable(
  saved: TrainState,
  run: {
    readonly config: TrainConfig;
    readonly lora: LoraConfig;
    readonly layout: AdapterLayout;
    readonly dataKey: number;
  },
): void {
  const refuse = (what: string, remedy: string) =>
    new LabError('invalid-request', `The training checkpoint ${what}.`, { remedy });
  const keys = Object.keys(run.config) as (keyof TrainConfig)[];
  const changed = keys.filter((key) => !same(saved.config[key], run.config[key]));
  if (changed.length > 0) {
    throw refuse(`was made with another ${changed.join(', ')}`, 'Resume with the settings it was made with.');
  }
  if (!same(saved.lora, run.lora) || !same(saved.slots, run.layout.slots)) {
    throw refuse(
      'belongs to another adapter configuration or model',
      'Resume with its own adapter and model.',
    );
  }
  if (saved.dataKey !== run.dataKey) {
    throw refuse('was made with other training examples', 'Resume with the same examples in the same order.');
  }
  for (const part of ['params', 'm', 'v'] as const) {
    if (saved[part].length !== run.layout.size) {
      throw refuse(
        `holds ${saved[part].length} values of ${part}, expected ${run.layout.size}`,
        'Start anew.',
      );
    }
  }
}
