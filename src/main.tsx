/** @file Brings everything together: the workers, the storage, the store, the page. */
import { recordedPath } from './words/recorded.ts';
import {
  bundledModel,
  bundledTasks,
  fetchModel,
  memoryNeeds,
  peftFiles,
  readBeside,
  toldMemory,
} from './app/bundled.ts';
import { connectEngines } from './app/connect.ts';
import { dataTools } from './app/data-tools.ts';
import { workOffline } from './app/offline.ts';
import { browserVault } from './storage/browser-vault.ts';
import { hubShelf } from './storage/hub-shelf.ts';
import type { OpenLab } from './store/create-bootlace.ts';
import { createBootlace } from './store/create-bootlace.ts';
import { readAddress } from './ui/shell/address.ts';
import { start } from './ui/start.tsx';

const engines = connectEngines({
  onReplaced: (worker, { reason, hasReplayed }) => {
    // A start that hung is told, with what is tried next, by the load.
    if (reason.code === 'start-stalled') return;
    const model = hasReplayed ? 'The model is loaded again.' : 'Load the model again.';
    lab.actions.notify(`The ${worker} worker was replaced. ${reason.what} ${model}`);
  },
  onGaveUp: (_worker, reason) => {
    lab.fail(reason);
  },
  onSilence: (worker, seconds) => {
    lab.silent(worker, seconds);
  },
});
const inference = engines.inference.service;

const lab: OpenLab = createBootlace({
  runtimes: { inference, training: engines.training.service, renew: engines.renew },
  replaceWorker: (worker) => {
    engines[worker].supervisor.restart('It gave no sign, and was replaced when asked.');
  },
  clock: {
    now: () => performance.now(),
    date: () => Date.now(),
    delay: (ms, then) => {
      const timer = setTimeout(then, ms);
      return () => {
        clearTimeout(timer);
      };
    },
    breathe: () => new Promise((resolve) => setTimeout(resolve)),
  },
  newAbort: () => new AbortController(),
  newId: () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (word) => word.toString(36)).join(''),
  surroundings: {
    isSecure: window.isSecureContext,
    isIsolated: window.crossOriginIsolated,
    hasSharedMemory: window.crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined',
    hasWebgpu: 'gpu' in navigator,
    memoryBytes: toldMemory(navigator),
    origin: window.location.origin,
  },
  tasks: bundledTasks,
  bundledModel,
  fetchModel,
  memoryNeeds,
  peft: peftFiles,
  vault: browserVault(),
  shelf: hubShelf(),
  recorded: (name) => readBeside(recordedPath(name)),
});

const jsonBeside = async (path: string): Promise<unknown> => {
  const bytes = await readBeside(path);
  return bytes === null ? null : JSON.parse(new TextDecoder().decode(bytes));
};

const root = document.getElementById('root');
if (root !== null) {
  start(root, {
    lab,
    data: dataTools,
    decodeUpTo: (ids) => inference.decode(ids.map((_, i) => ids.slice(0, i + 1))),
    readReference: () => jsonBeside('icl-pool/reference.json'),
    readMap: () => jsonBeside('map.json'),
  });
}
const hasLoaded = new Promise<void>((resolve) => {
  lab.store.subscribe(({ model }) => {
    if (model.status === 'ready' || model.status === 'failed') resolve();
  });
  void lab.open(readAddress(window.location.hash).setup).finally(resolve);
});
void workOffline({
  hasLoaded,
  isIdle: () => {
    const { run, model } = lab.store.getState();
    return run === null && model.status !== 'loading';
  },
  notify: (text) => {
    lab.actions.notify(text);
  },
});
