/**
 * @file Training beside the runs, for the speed probe. The training worker has one current adapter, so the probe's
 * adapter, its training and the adapter of before are sent in one turn: the worker takes requests in their order, and
 * whoever comes next finds what was there.
 */
import type { Adapter } from '../../lora/config.ts';
import type { TrainStep } from '../../words/engine.ts';
import type { TrainingService } from '../../protocol/training.ts';
import type { Signal } from '../../protocol/wire.ts';

/** `train` begins with the adapter that `initAdapter` was last asked for.
 * @throws LabError `invalid-request` where there is no adapter to give back; `cancelled` */
export async function trainedBeside(
  training: Pick<TrainingService, 'exportAdapter' | 'initAdapter' | 'setAdapter' | 'train'>,
  signal: Signal,
): Promise<Pick<TrainingService, 'initAdapter' | 'train'>> {
  const before = await training.exportAdapter(undefined, { signal });
  let recipe: Parameters<TrainingService['initAdapter']>[0] | null = null;
  return {
    initAdapter: (wanted) => {
      recipe = wanted;
      return Promise.resolve();
    },
    async *train(request): AsyncGenerator<TrainStep, Adapter, void> {
      const made = recipe === null ? Promise.resolve() : training.initAdapter(recipe, { signal });
      const steps = training.train(request, { signal });
      const first = steps.next();
      const back = training.setAdapter({ adapter: before });
      // All may fail; the first says why.
      const [isMade, begun] = await Promise.allSettled([made, first]);
      try {
        if (isMade.status === 'rejected') throw isMade.reason;
        if (begun.status === 'rejected') throw begun.reason;
        let next = begun.value;
        for (; next.done !== true; next = await steps.next()) yield next.value;
        return next.value;
      } finally {
        // Left early, this cancels the training.
        await steps.return(before);
        await back;
      }
    },
  };
}
