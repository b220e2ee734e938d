/** @file The lab's whole state in a state of life that a test asks for; actions change the setup and are otherwise noted. */
import type { Need } from '../../src/core/memory-need.ts';
import type { DeviceInfo } from '../../src/words/engine.ts';
import type { LoadProgress, ModelInfo } from '../../src/protocol/words.ts';
import { createStore } from 'zustand/vanilla';
import type { ArmSetup, Setup } from '../../src/store/setup/setup-shape.ts';
import type { Bootlace, LabActions, LabModel } from '../../src/store/lab-model.ts';
import type { CellStatus } from '../../src/store/runs/run-shape.ts';
import type { RunCard, RunView } from '../../src/store/live/run-state.ts';
import { rowsOf } from '../../src/analysis/watch.ts';
import { promptInWords } from '../../src/method/prompt-text.ts';
import { knobs } from '../../src/words/knobs.ts';
import { lastScore } from '../../src/store/runs/archive.ts';
import { CellTracker } from '../../src/store/live/cell.ts';
import { endingsOf } from '../../src/store/runs/ended.ts';
import type { LoadedModel } from '../../src/store/lab-state.ts';
import { setupFromHash } from '../../src/store/setup/setup-url.ts';
import { viewOfSetup } from '../../src/store/setup/setup-slice.ts';
import { DEFAULT_SETUP, armsOf, armsOfMethod, withSize } from '../../src/store/setup/setup.ts';
import type { Forecast } from '../../src/store/forecast/forecast.ts';
import { NO_FORECAST } from '../../src/store/forecast/forecast.ts';
import type { Task } from '../../src/words/task.ts';
import { earlyEvents, syntheticEvents } from './synthetic-run.ts';

export const STATES = [
  'loading',
  'empty',
  'running',
  'training',
  'paused',
  'finished',
  'seeds',
  'large',
  'soft-plus',
  'failed',
  'early',
  'late',
  'broken-model',
] as const;
export type LabStateName = (typeof STATES)[number];

/** A small model on two cores, roughly. */
const FORECAST: Forecast = {
  basis: () => 'probe',
  rates: () => ({ rank: 30, label: 30, train: 6, evaluate: 160 }),
  weigh:
    () =>
    ({ phase, kind }) => ({ each: phase === 'evaluate' && kind === 'score' ? 0 : 1, together: 1 }),
  batches: () => ({ labelling: { rows: 16, tokens: 240 }, training: { rows: 16, tokens: 40 } }),
  adapterBytes: () => 6_400_000,
};
const MIB = 2 ** 20;
const NEEDS: readonly Need[] = [
  { weights: 'float32', labelling: 96 * MIB, training: 118 * MIB },
  { weights: 'float16', labelling: 96 * MIB, training: 116 * MIB },
  { weights: 'q8', labelling: 84 * MIB, training: 114 * MIB },
  { weights: 'q4', labelling: 82 * MIB, training: 113 * MIB },
];
const DEVICE: DeviceInfo = {
  ...{ backend: 'wasm', description: 'wasm, SIMD, 2 threads', threads: 2 },
  ...{ isSoftware: false, hasShaderF16: false },
};
const INFO: ModelInfo = {
  ...{ device: DEVICE, label: 'nano', modelType: 'llama', parameters: 1_053_824, weightBytes: 4_215_296 },
  ...{
    dtype: 'F32',
    vocabSize: 2048,
    maxPositions: 256,
    hasTokenizer: true,
    hasChatTemplate: false,
    eosTokenIds: [0],
    loadMs: 210,
  },
  memory: {
    now: { heap: 34 * 2 ** 20, arrays: null, gpu: 0 },
    peak: { heap: 34 * 2 ** 20, arrays: null, gpu: 0 },
    load: { heap: 34 * 2 ** 20, arrays: null, gpu: 0 },
  },
  ...{ weights: 'float32', passedOver: [], sha256: 'a'.repeat(64), linears: [] },
};
const LOADED: LoadedModel = { inference: INFO, training: INFO, logitDifference: 3.1e-6 };

/** Where a run stands: events of each cell, the rest waits. */
interface Progress {
  readonly status: CellStatus;
  /** Of the cell at work. */
  readonly cell: number;
  readonly events: number;
}
/** Label events of round 2 come after those of the base and round 1. */
const AT: Partial<Readonly<Record<LabStateName, Progress>>> = {
  running: { status: 'running', cell: 0, events: 152 },
  late: { status: 'running', cell: 0, events: 152 },
  training: { status: 'running', cell: 1, events: 205 },
  paused: { status: 'paused', cell: 0, events: 152 },
  failed: { status: 'failed', cell: 0, events: 205 },
};

function runOf(task: Task, setup: Setup, state: LabStateName): RunView {
  const at = AT[state] ?? { status: 'done', cell: Infinity, events: Infinity };
  const arms = armsOf(setup);
  const trackers = setup.seeds.flatMap((seed) => arms.map((arm) => new CellTracker(arm, seed)));
  trackers.forEach((tracker, i) => {
    if (i > at.cell) return;
    let left = i === at.cell ? at.events : Infinity;
    const told = state === 'early' && tracker.arm.method === 'soft' ? earlyEvents : syntheticEvents;
    for (const event of told(task, tracker.arm, tracker.seed)) {
      if (left-- <= 0) break;
      tracker.take(event, 40);
    }
    if (i < at.cell) tracker.rest('done');
    else if (at.status === 'failed') {
      tracker.rest('failed', {
        code: 'non-finite-loss',
        what: 'The loss of round 2 was not a number at step 9 of 24.',
        remedy: 'Lower the learning rate or the clip norm, and check the data.',
      });
    } else tracker.status = at.status;
  });
  const isOver = at.status === 'done' || at.status === 'failed';
  return {
    ...{ id: 'run-1', name: 'SOFT on two-cue-topic', createdAt: 0, kind: 'live', status: at.status, setup },
    model: { name: 'nano', sha256: 'a'.repeat(64), device: DEVICE.description },
    ...{ task, cells: trackers.map((tracker) => tracker.snapshot()) },
    current: isOver ? null : (trackers[at.cell]?.key ?? null),
    progress: at.status === 'done' ? 1 : (at.cell + 0.5) / trackers.length,
    secondsLeft: isOver ? null : 31,
    isLate: state === 'late',
    replay: null,
  };
}

/** Test items that a page must still be smooth with. */
const MANY = 4000;
/** The task with its test items again and again, under other names. */
const enlarged = (task: Task): Task => {
  const { test } = task.splits;
  const rows = Array.from({ length: MANY }, (_, i) => {
    const row = test[i % test.length];
    return row === undefined ? [] : [{ ...row, id: `${row.id}-${i}` }];
  });
  return { ...task, splits: { ...task.splits, test: rows.flat() } };
};

function setupOf(state: LabStateName): Setup {
  const gold: ArmSetup = { name: 'gold', method: 'gold', knobs: {} };
  if (state === 'seeds') {
    return {
      ...DEFAULT_SETUP,
      seeds: [1, 2, 3, 4, 5],
      arms: [...DEFAULT_SETUP.arms, gold],
      shared: { testItems: 120 },
    };
  }
  if (state === 'large')
    return { ...DEFAULT_SETUP, shared: { testItems: MANY, fewShotItems: MANY, constrained: false } };
  return state === 'soft-plus' ? { ...DEFAULT_SETUP, arms: armsOfMethod('soft+') } : DEFAULT_SETUP;
}

function cardOf({ id, name, createdAt, status, setup, model, task, cells }: RunView): RunCard {
  return {
    ...{ id, name, createdAt, status, setup, model, taskId: task.definition.id, changes: [], bytes: 1e6 },
    scores: Object.fromEntries(cells.map(({ key, state }) => [key, lastScore(state) ?? 0])),
    endings: endingsOf(cells),
    ...{ isImported: false, isElsewhere: false },
  };
}

function syntheticModel(tasks: readonly Task[], state: LabStateName): LabModel {
  const cards = tasks.map(({ definition, splits }) => ({
    ...{ definition, origin: 'bundled' as const },
    sizes: {
      pool: splits.pool.length,
      prompts: splits.prompts.length,
      validation: splits.validation.length,
      probe: splits.probe.length,
      test: splits.test.length,
    },
  }));
  const setup = setupOf(state);
  const task = tasks[0] ?? null;
  const hasRun = !['loading', 'empty', 'broken-model'].includes(state);
  const fault = {
    code: 'model-integrity',
    what: 'model.safetensors ends after 100,000 of 4,215,296 bytes.',
    remedy: 'Fetch the checkpoint again: its files are damaged or incomplete.',
  } as const;
  const run = hasRun && task !== null ? runOf(state === 'large' ? enlarged(task) : task, setup, state) : null;
  // One that ended early stands among the past runs too, laid over.
  const past = run !== null && state === 'early' ? [run] : [];
  const status = state === 'loading' ? 'loading' : state === 'broken-model' ? 'failed' : 'ready';
  return {
    surroundings: {
      isSecure: true,
      isIsolated: true,
      hasSharedMemory: true,
      hasWebgpu: false,
      memoryBytes: 4 * 2 ** 30,
      origin: 'http://localhost:4173',
    },
    model: {
      ...{ ref: setup.model, status },
      activity:
        status === 'loading'
          ? { step: 'start', inference: weightsRead(62), training: weightsRead(70) }
          : null,
      loaded: status === 'ready' ? LOADED : null,
      needs: status === 'ready' ? () => NEEDS : null,
      fault: status === 'failed' ? fault : null,
    },
    ...{ hub: null, unfit: null },
    tasks: { cards, task, fault: null },
    setup: viewOfSetup(setup, cards, null, FORECAST),
    run,
    overlays: past,
    runs: past.map(cardOf),
    ...{
      damaged: [],
      interrupted: null,
      pinned: null,
      readiness: null,
      place: null,
      adapters: [],
      faults: [],
      notices: [],
    },
    ...{ unkept: [], silent: [] },
    playground: {
      ...{ text: '', pieces: [], as: 'text', stopAt: 'task', answerers: [], answers: [] },
      sampling: { doSample: false, temperature: 1, topK: 0, topP: 1, maxNewTokens: 16, seed: 0 },
    },
    storage: {
      ...{ isAvailable: true, why: '', usedBytes: 0, quotaBytes: 1e9, isPersisted: false },
      ...{ runsBytes: 0, modelsBytes: 0, keptModels: [] },
    },
  };
}

const weightsRead = (done: number): LoadProgress => ({ step: 'weights', backend: 'wasm', done, total: 100 });

export interface SyntheticLab {
  readonly lab: Bootlace;
  /** Names of the actions that were asked for, in order. */
  readonly asked: readonly string[];
}

/** The actions that change the setup do; the others are noted. */
export function syntheticLab(tasks: readonly Task[], state: LabStateName): SyntheticLab {
  const store = createStore<LabModel>(() => syntheticModel(tasks, state));
  const asked: string[] = [];
  const note = (name: string) => () => {
    asked.push(name);
  };
  const noteAsync = (name: string) => () => {
    asked.push(name);
    return Promise.resolve();
  };
  const nothing = (name: string) => () => {
    asked.push(name);
    return Promise.resolve(null);
  };
  const put = (setup: Setup) => {
    const { tasks: view } = store.getState();
    store.setState({ setup: viewOfSetup(setup, view.cards, DEFAULT_SETUP, NO_FORECAST) });
  };
  const current = () => store.getState().setup.setup;
  const actions: LabActions = {
    ...{
      loadBundled: noteAsync('loadBundled'),
      holdAs: noteAsync('holdAs'),
      loadFiles: noteAsync('loadFiles'),
      loadUnfit: noteAsync('loadUnfit'),
      askHub: noteAsync('askHub'),
    },
    ...{ fetchHub: noteAsync('fetchHub'), cancelLoading: note('cancelLoading') },
    ...{ removeKeptModel: noteAsync('removeKeptModel'), addTask: noteAsync('addTask') },
    ...{ removeTask: noteAsync('removeTask'), setArmKnob: note('setArmKnob'), renameArm: note('renameArm') },
    ...{ run: note('run'), pause: note('pause'), resume: note('resume'), stepPhase: note('stepPhase') },
    ...{ stepRound: note('stepRound'), stop: note('stop'), reset: note('reset') },
    continueInterrupted: noteAsync('continueInterrupted'),
    dismissInterrupted: note('dismissInterrupted'),
    ...{ continueRun: noteAsync('continueRun'), replaceWorker: note('replaceWorker') },
    ...{
      openRun: noteAsync('openRun'),
      addOverlay: noteAsync('addOverlay'),
      removeOverlay: note('removeOverlay'),
    },
    ...{
      renameRun: noteAsync('renameRun'),
      deleteRun: noteAsync('deleteRun'),
      exportRun: nothing('exportRun'),
    },
    ...{
      importRun: noteAsync('importRun'),
      saveRaw: () => Promise.resolve(null),
      playRun: noteAsync('playRun'),
    },
    ...{ playRecorded: noteAsync('playRecorded'), setReplay: note('setReplay') },
    promptSeen: (_cell, id, mode) => {
      const { task } = store.getState().run ?? {};
      if (task === undefined) return Promise.resolve(null);
      const shown = mode === 'few-shot' ? task.splits.pool.slice(0, 4).map(({ id }) => id) : null;
      const input = rowsOf(task, 'test').get(id)?.input ?? '';
      const { parts } = promptInWords(task, input, shown, knobs());
      return Promise.resolve({ parts, leftOut: 0, isCertain: true });
    },
    ...{ pin: note('pin'), unpin: note('unpin'), setPinned: note('setPinned') },
    ...{ setPlayground: note('setPlayground'), setSampling: note('setSampling') },
    insertPrompt: noteAsync('insertPrompt'),
    adapterHealth: () => Promise.resolve(null),
    ...{ ask: noteAsync('ask'), stopAsking: note('stopAsking'), saveAdapter: nothing('saveAdapter') },
    ...{ loadAdapter: noteAsync('loadAdapter'), persistStorage: noteAsync('persistStorage') },
    beforehand: noteAsync('beforehand'),
    ...{ clearRuns: noteAsync('clearRuns'), dismissFault: note('dismissFault') },
    ...{ dismissNotice: note('dismissNotice'), notify: note('notify') },
    chooseTask: (taskId) => {
      put({ ...current(), taskId });
    },
    setKnob: (name, value) => {
      put({ ...current(), shared: { ...current().shared, [name]: value } });
    },
    unsetKnob: (name) => {
      const shared = Object.fromEntries(Object.entries(current().shared).filter(([key]) => key !== name));
      put({ ...current(), shared });
    },
    addArm: (method) => {
      put({ ...current(), arms: [...current().arms, { name: method, method, knobs: {} }] });
    },
    removeArm: (name) => {
      put({ ...current(), arms: current().arms.filter((arm) => arm.name !== name) });
    },
    chooseMethod: (method) => {
      put({ ...current(), arms: armsOfMethod(method) });
    },
    setSize: (size) => {
      put(withSize(current(), size));
    },
    setSeeds: (seeds) => {
      put({ ...current(), seeds });
    },
    priceOf: () => ({ absent: null, seconds: null }),
    applySetup: put,
    applyHash: (hash) => {
      put(setupFromHash(hash).setup);
    },
    resetSetup: () => {
      put(DEFAULT_SETUP);
    },
  };
  return { lab: { store, actions }, asked };
}
