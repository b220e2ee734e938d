/** @file The lab's store: one state, its actions, and who tells whom what has changed. No view, no timers, no DOM. */
import { createStore } from 'zustand/vanilla';
import type { LabError } from '../core/errors.ts';
import type { WorkerName } from '../protocol/supervisor.ts';
import { AskSlice } from './questions/ask-slice.ts';
import type { Bootlace, LabModel } from './lab-model.ts';
import type { StorageView } from './page-state.ts';
import { lateReadiness } from './readiness/late-readiness.ts';
import { ModelSlice, noModelView } from './model/model-slice.ts';
import type { Plumbing } from './plumbing.ts';
import { Context } from './plumbing.ts';
import { Runs } from './live/run-slice.ts';
import { setupSlice, viewOfSetup } from './setup/setup-slice.ts';
import { OPENING_SETUP } from './setup/setup.ts';
import { isSameModel } from './setup/setup-shape.ts';
import { TaskSlice } from './task-slice.ts';
import { Speed } from './forecast/speed.ts';
import { NO_FORECAST } from './forecast/forecast.ts';

const NO_STORAGE: StorageView = {
  ...{ isAvailable: true, why: '', usedBytes: 0, quotaBytes: 0, isPersisted: false },
  ...{ runsBytes: 0, modelsBytes: 0, keptModels: [] },
};

function initialModel({ surroundings, tasks }: Plumbing): LabModel {
  return {
    surroundings,
    model: noModelView(OPENING_SETUP.model),
    hub: null,
    unfit: null,
    tasks: { cards: tasks.cards, task: null, fault: null },
    setup: viewOfSetup(OPENING_SETUP, tasks.cards, null, NO_FORECAST),
    ...{
      run: null,
      overlays: [],
      runs: [],
      damaged: [],
      interrupted: null,
      unkept: [],
      silent: [],
      pinned: null,
      readiness: null,
      place: null,
    },
    playground: {
      text: '',
      pieces: [],
      as: 'text',
      stopAt: 'task',
      sampling: { doSample: false, temperature: 1, topK: 0, topP: 1, maxNewTokens: 40, seed: 0 },
      answerers: [{ kind: 'base' }],
      answers: [],
    },
    ...{ adapters: [], storage: NO_STORAGE, faults: [], notices: [] },
  };
}

export interface OpenLab extends Bootlace {
  /** Reads what is kept, the setup of the address, and loads its model and task. */
  open(hash: string | null): Promise<void>;
  fail(error: LabError): void;
  /** A worker that is at work gives no sign for so long; null: it gave one, or is gone. */
  silent(worker: WorkerName, seconds: number | null): void;
}

const isLooking = ({ readiness }: LabModel): boolean => readiness !== null && readiness.work !== null;

export function createBootlace(plumbing: Plumbing): OpenLab {
  const store = createStore<LabModel>(() => initialModel(plumbing));
  const context = new Context(store, plumbing);

  const showStorage = async (): Promise<void> => {
    const { vault, shelf } = plumbing;
    const runsBytes = runs.all.reduce((sum, { bytes }) => sum + bytes, 0);
    try {
      const [use, keptModels] = await Promise.all([vault.use(), shelf?.kept() ?? []]);
      const modelsBytes = keptModels.reduce((sum, { bytes }) => sum + bytes, 0);
      context.set({ storage: { isAvailable: true, why: '', ...use, runsBytes, modelsBytes, keptModels } });
    } catch (thrown) {
      const { what } = context.fail(thrown);
      context.set({ storage: { ...NO_STORAGE, isAvailable: false, why: what } });
    }
  };
  const onStorage = () => void showStorage();

  const models: ModelSlice = new ModelSlice(context, {
    onLeaving: () => {
      speed.interrupt();
      readiness.stop();
      return runs.stop();
    },
    onReady: (ready) => {
      speed.show(ready);
      setup.put({ ...context.state.setup.setup, model: ready.ref });
      asks.refresh();
    },
    onStorage,
  });
  const tasks: TaskSlice = new TaskSlice(context, {
    choose: (taskId) => {
      setup.put({ ...context.state.setup.setup, taskId });
    },
    onCards: () => {
      setup.refresh();
    },
    onStorage,
  });
  const runs: Runs = new Runs(context, {
    models,
    forecast: {
      basis: (taskId) => speed.forecast.basis(taskId),
      rates: (taskId) => speed.forecast.rates(taskId),
      weigh: (task, arm) => speed.forecast.weigh(task, arm),
    },
    onRates: (model, taskId, session) => {
      speed.learn(model, taskId, session);
    },
    onStarting: () => {
      speed.interrupt();
      readiness.stop();
    },
    onRuns: () => {
      setup.refresh();
      onStorage();
    },
    readTask: (id) => tasks.read(id),
  });
  const asks: AskSlice = new AskSlice(context, models, () => {
    speed.interrupt();
  });
  const speed: Speed = new Speed(context, {
    models,
    isBusy: () => runs.isBusy() || asks.isBusy() || isLooking(context.state),
    onMeasured: () => {
      setup.refresh();
    },
  });
  const setup = setupSlice(context, {
    last: () => runs.lastSetup(),
    forecast: speed.forecast,
    onChosen: (before, after) => {
      const { task } = context.state.tasks;
      if (task?.definition.id !== after.taskId && before.taskId !== after.taskId) {
        context.set({ tasks: { ...context.state.tasks, task: null, fault: null } });
        void tasks.show(after.taskId);
      }
      if (!isSameModel(before.model, after.model)) void models.load(after.model);
    },
  });

  const readiness = lateReadiness(context, {
    ...{ models, setup: setup.actions, addTask: (task) => tasks.actions.addTask(task) },
    onAsking: () => {
      speed.interrupt();
    },
  });

  // A pinned prompt is asked of every round that ends; the speed is measured when nothing has happened for a while.
  store.subscribe((now, before) => {
    if (now.pinned !== null && now.run !== before.run) asks.refresh();
    const isTouched = now.model !== before.model || now.tasks !== before.tasks || now.setup !== before.setup;
    const hasLooked = isLooking(before) && !isLooking(now);
    const isAsked = hasLooked || now.pinned !== before.pinned || now.playground !== before.playground;
    if (isTouched || isAsked || now.run?.status !== before.run?.status) speed.consider();
  });

  return {
    store,
    actions: {
      ...models.actions,
      ...tasks.actions,
      ...setup.actions,
      ...runs.actions,
      ...asks.actions,
      ...readiness.actions,
      persistStorage: () =>
        context.attempt(async () => {
          const isPersisted = await plumbing.vault.persist();
          if (!isPersisted)
            context.notify('The browser keeps the right to clear this page’s data when its disk is full.');
          await showStorage();
        }),
      replaceWorker: plumbing.replaceWorker,
      notify: (text) => {
        context.notify(text);
      },
      dismissFault: (fault) => {
        context.set({ faults: context.state.faults.filter((other) => other !== fault) });
      },
      dismissNotice: (id) => {
        context.set({ notices: context.state.notices.filter((notice) => notice.id !== id) });
      },
    },
    open: async (hash) => {
      if (hash === null) setup.actions.resetSetup();
      else setup.actions.applyHash(hash);
      const { setup: chosen } = context.state.setup;
      const model = models.load(chosen.model);
      // One that fails takes none of the others with it.
      const list = context.attempt(() => runs.open());
      const kept = context.attempt(() => speed.open()).then(() => context.attempt(() => tasks.open()));
      const isBundled = plumbing.tasks.cards.some(({ definition }) => definition.id === chosen.taskId);
      const task = (isBundled ? Promise.resolve() : kept).then(() => tasks.show(chosen.taskId));
      await Promise.all([model, task, kept, list]);
      await showStorage();
    },
    fail: (error) => {
      context.fail(error);
    },
    silent: (worker, seconds) => {
      const others = context.state.silent.filter((other) => other.worker !== worker);
      context.set({ silent: seconds === null ? others : [...others, { worker, seconds }] });
    },
  };
}
