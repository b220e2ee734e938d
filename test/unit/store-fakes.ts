/** @file The store without workers: services made of the fake ports, a vault in memory, time that passes on demand. */
import { healthLine, healthOf } from '../../src/formats/adapter-health.ts';
import { readFactors } from '../../src/formats/peft-factors.ts';
import type { Completion } from '../../src/words/engine.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import { LabError } from '../../src/core/errors.ts';
import { validateAdapter } from '../../src/formats/adapter-check.ts';
import type { Task } from '../../src/words/task.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { InferenceService } from '../../src/protocol/inference.ts';
import type { TrainingService } from '../../src/protocol/training.ts';
import type { ModelInfo } from '../../src/protocol/words.ts';
import type { OpenLab } from '../../src/store/create-bootlace.ts';
import { createBootlace } from '../../src/store/create-bootlace.ts';
import type { LabModel } from '../../src/store/lab-model.ts';
import type { Plumbing } from '../../src/store/plumbing.ts';
import type { KeptTask, StoredRun, Vault, Written } from '../../src/store/runs/vault.ts';
import { shapeOf } from '../../src/method/agenda.ts';
import { fakePorts, fakeTask, skillOf, textOf, unitsOf } from './fake-ports.ts';

const NOTHING = { heap: 0, arrays: null, gpu: 0 };
const NO_MEMORY = { now: NOTHING, peak: NOTHING, load: NOTHING };

export const FAKE_INFO: ModelInfo = {
  device: { backend: 'wasm', description: 'a fake', threads: 1, isSoftware: false, hasShaderF16: false },
  ...{ label: 'fake', modelType: 'llama', parameters: 10, weightBytes: 40, dtype: 'F32', vocabSize: 128 },
  ...{ maxPositions: 4096, hasTokenizer: true, hasChatTemplate: true, eosTokenIds: [], loadMs: 1 },
  ...{ weights: 'float32', sha256: 'aa', linears: [], passedOver: [], memory: NO_MEMORY },
};

const unused = () => Promise.reject(new Error('not asked for here'));

export interface FakeServices {
  readonly inference: InferenceService;
  readonly training: TrainingService;
  /** Requests in the order in which they were sent. */
  readonly log: string[];
  /** Thrown by the next training. */
  failNext: LabError | null;
  readonly renew: Plumbing['runtimes']['renew'];
  sha256: string;
}

export function fakeServices(): FakeServices {
  const { ports } = fakePorts();
  const nameOf = (adapter: Adapter | null) =>
    adapter === null ? 'base' : `skill ${skillOf(adapter).toFixed(2)}`;
  const load = () => Promise.resolve({ ...FAKE_INFO, sha256: fakes.sha256 });
  const fakes: FakeServices = {
    log: [],
    failNext: null,
    renew: (side) => {
      fakes.log.push(`renew ${side}`);
    },
    sha256: 'aa',
    inference: {
      load,
      unload: () => Promise.resolve(),
      encode: ({ texts }) => Promise.resolve(texts.map(unitsOf)),
      encodeChat: ({ conversations, isOpen }) => ports.chat.write(conversations, isOpen),
      answerFrame: () => ports.chat.frame(),
      decode: (rows) => Promise.resolve(rows.map(textOf)),
      async *generate({ adapter, rows, config }, { signal } = {}) {
        if (adapter?.absent !== undefined) validateAdapter(adapter, { linears: [] });
        fakes.log.push(`generate ${rows.length} by ${nameOf(adapter)}`);
        for await (const completion of ports.generate({ adapter, rows, config })) {
          if (signal?.aborted === true) throw new LabError('cancelled', 'The request was cancelled.');
          yield* tokensOf(completion);
          yield { type: 'completion', completion };
        }
      },
      score: ({ adapter, rows }) => ports.score(adapter, rows),
      embed: () => Promise.resolve([]),
      logits: ({ rows }) =>
        Promise.resolve(
          rows.map((row) => Float32Array.from({ length: row.length * 128 }, (_, i) => i % 128)),
        ),
      deviceInfo: () => Promise.resolve(FAKE_INFO.device),
      memory: () => Promise.resolve(NO_MEMORY),
    },
    training: {
      load,
      unload: () => Promise.resolve(),
      async *train({ start: from, examples, config }) {
        const failure = fakes.failNext;
        fakes.failNext = null;
        if (failure !== null) throw failure;
        const lora = { r: 1, loraAlpha: 1, useRslora: false, loraDropout: 0, targetModules: [] };
        const [start, initSeed] = 'pairs' in from ? [from, 0] : [null, from.seed];
        return yield* ports.train({ start, lora, initSeed, examples, config });
      },
      lossAndGradients: unused,
      logits: ({ rows }) =>
        Promise.resolve(
          rows.map((row) => Float32Array.from({ length: row.length * 128 }, (_, i) => i % 128)),
        ),
      selfTest: unused,
      deviceInfo: () => Promise.resolve(FAKE_INFO.device),
      memory: unused,
    },
  };
  return fakes;
}

function* tokensOf({ key, ids, logprobs }: Completion) {
  for (const [i, id] of ids.entries())
    yield { type: 'token', key, id, logprob: logprobs[i] ?? 0, text: textOf([id]) } as const;
}

export interface MemoryVault extends Vault {
  /** Thrown by every write while it is set. */
  failure: LabError | null;
  /** Runs that another window computes. */
  readonly others: Set<string>;
  /** Another window says that something has changed. */
  tell: () => void;
  readonly stored: Map<string, StoredRun>;
  readonly told: Map<string, LastingEvent>;
}

function memoryVault(): MemoryVault {
  const tasks = new Map<string, KeptTask>();
  const settings = new Map<string, unknown>();
  const write = (work: () => void): Promise<void> => {
    if (vault.failure !== null) return Promise.reject(vault.failure);
    work();
    return Promise.resolve();
  };
  const listeners: (() => void)[] = [];
  const written = (run: string, work: () => Written): Promise<Written> => {
    if (vault.failure !== null) return Promise.reject(vault.failure);
    return Promise.resolve(vault.others.has(run) ? 'elsewhere' : work());
  };
  const removed = (id: string): Written => {
    vault.stored.delete(id);
    for (const key of vault.told.keys()) if (key.startsWith(`${id} `)) vault.told.delete(key);
    return 'kept';
  };
  const told = (run: string) => {
    const cells = new Map<string, LastingEvent[]>();
    for (const [key, event] of vault.told) {
      const [id = '', cell = '', index = ''] = key.split(' ');
      if (id !== run) continue;
      const own = cells.get(cell) ?? [];
      cells.set(cell, own);
      own[Number(index)] = event;
    }
    return cells;
  };
  const vault: MemoryVault = {
    failure: null,
    others: new Set(),
    tell: () => {
      for (const listener of listeners) listener();
    },
    stored: new Map(),
    told: new Map(),
    runs: () => Promise.resolve([...vault.stored.values()]),
    run: (id) => Promise.resolve(vault.stored.get(id) ?? null),
    saveWhole: ({ record, task, events }) =>
      written(record.id, () => {
        removed(record.id);
        vault.stored.set(record.id, record);
        if (!tasks.has(record.taskKey))
          tasks.set(record.taskKey, { key: record.taskKey, task, isListed: false });
        for (const [cell, own] of events)
          own.forEach((event, index) =>
            vault.told.set(`${record.id} ${cell} ${index}`, structuredClone(event)),
          );
        return 'kept';
      }),
    changeRun: (id, change) =>
      written(id, () => {
        const before = vault.stored.get(id);
        if (before === undefined) return 'gone';
        vault.stored.set(id, { ...before, ...change });
        return 'kept';
      }),
    deleteRun: (id) => Promise.resolve(vault.others.has(id) ? 'elsewhere' : removed(id)),
    appendEvent: ({ run, cell, index }, event, { bytes, score }) =>
      written(run, () => {
        const record = vault.stored.get(run);
        if (record === undefined) return 'gone';
        if ((told(run).get(cell) ?? []).length !== index) return 'not-next';
        vault.told.set(`${run} ${cell} ${index}`, structuredClone(event));
        const scores = score === null ? record.scores : { ...record.scores, [cell]: score };
        vault.stored.set(run, { ...record, scores, bytes: record.bytes + bytes });
        return 'kept';
      }),
    events: (run) => Promise.resolve(told(run)),
    lastEvents: (run) =>
      Promise.resolve(
        new Map(
          [...told(run)].flatMap(([cell, own]) =>
            own.slice(-1).map((event): [string, LastingEvent] => [cell, event]),
          ),
        ),
      ),
    saveTask: (kept) => write(() => tasks.set(kept.key, kept)),
    task: (key) => Promise.resolve(tasks.get(key)?.task ?? null),
    listedTasks: () => Promise.resolve([...tasks.values()].filter(({ isListed }) => isListed)),
    unlistTask: (key) => {
      tasks.delete(key);
      return Promise.resolve();
    },
    setting: (name) => Promise.resolve(settings.get(name)),
    saveSetting: (name, value) => write(() => settings.set(name, value)),
    use: () => Promise.resolve({ usedBytes: 1, quotaBytes: 2, isPersisted: false }),
    persist: () => Promise.resolve(true),
    hold: (run) => Promise.resolve(vault.others.has(run) ? null : () => undefined),
    elsewhere: () => Promise.resolve(new Set(vault.others)),
    watch: (onChange) => {
      listeners.push(onChange);
    },
  };
  return vault;
}

/** Knobs that fit the fake task: 2 rounds of 8 prompts, everything small. */
export const SMALL =
  'task=colours&rounds=2&promptsPerRound=8&epochs=1&testItems=16&fewShotItems=8&validationItems=12&probeItems=10&learningRate=0.01';

export interface FakeLab {
  readonly lab: OpenLab;
  readonly services: FakeServices;
  readonly vault: MemoryVault;
  readonly state: () => LabModel;
  /** Resolves when the state is as wanted. */
  readonly until: (isSo: (state: LabModel) => boolean) => Promise<LabModel>;
}

let runs = 0;

export function fakeLab(
  vault = memoryVault(),
  changes: Partial<Plumbing> = {},
  services = fakeServices(),
): FakeLab {
  const task: Task = fakeTask();
  let now = 0;
  const lab = createBootlace({
    runtimes: services,
    replaceWorker: () => undefined,
    clock: {
      // Every look at the clock is a millisecond.
      now: () => now++,
      date: () => 1_000_000 + runs,
      delay: (_ms, then) => {
        const timer = setTimeout(then, 0);
        return () => {
          clearTimeout(timer);
        };
      },
      breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
    },
    newAbort: () => new AbortController(),
    newId: () => `run${++runs}`,
    surroundings: {
      isSecure: true,
      isIsolated: true,
      hasSharedMemory: true,
      hasWebgpu: false,
      memoryBytes: null,
      origin: 'http://localhost',
    },
    tasks: {
      cards: [{ definition: task.definition, sizes: shapeOf(task).sizes, origin: 'bundled' }],
      read: () => Promise.resolve(task),
    },
    fetchModel: (source) => Promise.resolve(source),
    bundledModel: (name) => ({ kind: 'url', url: `http://localhost/${name}/` }),
    peft: {
      ...{ write: () => Promise.resolve(new Map()), read: unused, factors: readFactors },
      // Not at once: it is a file of its own in the page.
      health: (adapter, linears) => Promise.resolve().then(() => healthLine(healthOf(adapter, linears))),
    },
    vault,
    shelf: null,
    memoryNeeds: () => Promise.resolve(() => []),
    recorded: () => Promise.resolve(null),
    ...changes,
  });
  const { store } = lab;
  const until = (isSo: (state: LabModel) => boolean): Promise<LabModel> =>
    new Promise((resolve) => {
      const stop = store.subscribe((state) => {
        if (!isSo(state)) return;
        stop();
        resolve(state);
      });
      if (isSo(store.getState())) {
        stop();
        resolve(store.getState());
      }
    });
  return { lab, services, vault, state: () => store.getState(), until };
}
