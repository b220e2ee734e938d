/** @file check-model inside a page: both real workers on WebGPU, folders served by the tool under /folders/. */
import type { CheckEnvironment, CheckReport, CheckRequest, LoadedPair } from '../../src/check/run.ts';
import { runChecks } from '../../src/check/run.ts';
import { connectEngines } from '../../src/app/connect.ts';
import type { BackendName } from '../../src/words/engine.ts';
import { toLabError } from '../../src/core/errors.ts';
import { urlSource } from '../../src/formats/url-source.ts';

export type PageOutcome =
  { readonly report: CheckReport } | { readonly error: { readonly code: string; readonly message: string } };

declare global {
  interface Window {
    checkModel: (request: CheckRequest, backend: BackendName) => Promise<PageOutcome>;
  }
}

const BATCH = 16;

function environment(backend: BackendName): CheckEnvironment {
  return {
    backend,
    source: urlSource,
    now: () => performance.now(),
    // A pair of workers for each checkpoint: a worker holds one model, and several are open at a time.
    open: async (folder, options = {}): Promise<LoadedPair> => {
      const { inference, training } = connectEngines({
        onReplaced: () => undefined,
        onGaveUp: () => undefined,
      });
      const [labels, learns] = [inference.service, training.service];
      await Promise.all([inference.started, training.started]);
      const request = {
        source: { kind: 'url', url: folder },
        backend,
        ...options,
      } as const;
      await labels.load(request);
      await learns.load(request);
      return {
        inference: {
          backend,
          logits: (adapter, rows) => labels.logits({ adapter, rows }),
          score: (adapter, rows) => labels.score({ adapter, rows }),
          embed: (rows) => labels.embed({ adapter: null, rows }),
          generate: (adapter, rows, config) => labels.generate({ adapter, rows, config, batchSize: BATCH }),
          memory: () => labels.memory(),
        },
        training: {
          backend,
          logits: (adapter, rows) => learns.logits({ adapter, rows }),
          lossAndGradients: (adapter, examples) => learns.lossAndGradients({ adapter, examples }),
          train: async (start, examples, config, onStep) => {
            const events = learns.train({ start, examples, config, resumeFrom: null });
            for (;;) {
              const { value, done } = await events.next();
              if (done === true) return value;
              if (value.type === 'step') onStep(value);
            }
          },
          memory: async () => (await learns.memory()).use,
        },
        close: () => {
          inference.supervisor.stop();
          training.supervisor.stop();
          return Promise.resolve();
        },
      };
    },
  };
}

window.checkModel = async (request, backend) => {
  try {
    return { report: await runChecks(environment(backend), request) };
  } catch (thrown) {
    const { code, message } = toLabError(thrown);
    return { error: { code, message } };
  }
};
