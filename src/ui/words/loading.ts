/** @file What a load does now, in words and as a share of the whole. */
import type { LoadActivity } from '../../store/model/model-state.ts';
import { formatShare } from '../../core/figures.ts';
import { formatBytes } from './numbers.ts';

type Start = Extract<LoadActivity, { step: 'start' }>;
type Side = Start['inference'];

/** The slower side is what is waited for. */
const ORDER = ['files', 'runtime', 'device', 'self-test', 'weights', 'session'] as const;
const rank = (side: Side): number => (side === null ? -1 : ORDER.indexOf(side.step));

const readShare = (side: Side): number => {
  if (side === null) return 0;
  if (side.step === 'session') return 1;
  return side.step === 'weights' && side.total > 0 ? side.done / side.total : 0;
};

function startWords({ inference, training }: Start): string {
  const slower = rank(training) < rank(inference) ? training : inference;
  if (slower === null) return 'starting its two workers';
  const isGpu = slower.backend === 'webgpu';
  switch (slower.step) {
    case 'files':
      return 'reading its configuration and tokenizer';
    case 'runtime':
      return slower.total === 0
        ? 'fetching the runtime’s own code'
        : `fetching the runtime’s own code, ${formatBytes(slower.done)} of ${formatBytes(slower.total)}`;
    case 'device':
      return isGpu ? 'asking for a WebGPU device' : 'starting wasm on the processor';
    case 'self-test':
      return 'testing whether the device computes right gradients';
    case 'weights':
    case 'session': {
      const share = Math.min(readShare(inference), readShare(training));
      return share < 1 ? `${formatShare(share)} of the weights read` : 'handing the weights to the runtimes';
    }
  }
}

/** As the end of a sentence: "Loading nano: 1.2 MB of 4.2 MB fetched". */
export function loadWords(activity: LoadActivity | null): string {
  if (activity === null) return 'about to begin';
  switch (activity.step) {
    case 'fetch': {
      const { done, total } = activity;
      return total === null
        ? `${formatBytes(done)} fetched`
        : `${formatBytes(done)} of ${formatBytes(total)} fetched`;
    }
    case 'start':
      return startWords(activity);
    case 'compare':
      return 'comparing what the two runtimes compute';
  }
}

/** Of the whole load, 0 to 1: its files, then both sides' weights. */
export function loadShare(activity: LoadActivity | null): number {
  if (activity === null) return 0;
  switch (activity.step) {
    case 'fetch':
      return activity.total === null || activity.total === 0 ? 0 : activity.done / activity.total / 3;
    case 'start':
      return (1 + readShare(activity.inference) + readShare(activity.training)) / 3;
    case 'compare':
      return 1;
  }
}
