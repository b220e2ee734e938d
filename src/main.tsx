/** @file Brings everything together: the workers, the store, the page. */
import { connectEngines } from './connect.ts';
import { tinyCheckpoint } from './formats/tiny-checkpoint.ts';
import { createLab } from './store/lab.ts';
import { start } from './ui/start.tsx';

const { inference, training } = connectEngines({
  onReplaced: (worker, { reason, hasReplayed }) => {
    const model = hasReplayed ? 'The model is loaded again.' : 'Load the model again.';
    lab.notify(`The ${worker} worker was replaced. ${reason.what} ${model}`);
  },
  onGaveUp: (_worker, reason) => {
    lab.fail(reason);
  },
});

const lab = createLab(
  {
    inference: inference.service,
    training: training.service,
    now: () => performance.now(),
    newAbort: () => new AbortController(),
  },
  {
    isSecure: window.isSecureContext,
    isIsolated: window.crossOriginIsolated,
    hasWebgpu: 'gpu' in navigator,
    origin: window.location.origin,
  },
);

const root = document.getElementById('root');
if (root !== null) start(root, { lab, builtIn: () => tinyCheckpoint() });
void lab.load(tinyCheckpoint());
