/** @file The looks beforehand within reach of the page's first script, which holds nothing of them. */
import type { Context } from '../plumbing.ts';
import type { ReadinessActions } from './readiness-state.ts';
import type { ReadinessSlice } from './readiness-slice.ts';
import type { ReadinessSources } from './sources.ts';

export interface LateReadiness {
  readonly actions: ReadinessActions;
  /** Others want the model. */
  stop(): void;
}

export function lateReadiness(context: Context, sources: ReadinessSources): LateReadiness {
  let slice: ReadinessSlice | null = null;
  return {
    stop: () => {
      slice?.stop();
    },
    actions: {
      beforehand: (ask) =>
        context.attempt(async () => {
          const { ReadinessSlice } = await import('./readiness-slice.ts');
          slice ??= new ReadinessSlice(context, sources);
          await ask(slice.looks);
        }),
    },
  };
}
