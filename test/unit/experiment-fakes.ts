/**
 * @file An experiment without a browser: the loop over fake ports behind the page's interface, on a real (tiny) model's
 * architecture, so that adapters are written and read as PEFT's folders. It can be told to die.
 */
import { learningRateFor } from '../../src/words/learning-rate.ts';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceInfo } from '../../src/words/engine.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { LabError } from '../../src/core/errors.ts';
import { isLasting } from '../../src/words/events.ts';
import type { Experiment } from '../../src/words/experiment.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { Plan } from '../../src/words/plan.ts';
import type { Ports } from '../../src/method/ports.ts';
import { foldEvents } from '../../src/method/state.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { openSource } from '../../src/formats/open-source.ts';
import { sha256OfText } from '../../src/formats/sha256.ts';
import { tinyCheckpoint } from '../../src/formats/tiny-checkpoint.ts';
import type { Adapter } from '../../src/lora/config.ts';
import type { MemoryUse } from '../../src/core/memory.ts';
import { NOTHING_SPARED } from '../../src/lab/reuse.ts';

import { initAdapter } from '../../src/lora/config.ts';
import type { ConductOptions } from '../../tools/experiment/conduct.ts';
import { eventFromText, eventToText } from '../../tools/experiment/event-shape.ts';
import type { Inputs } from '../../tools/experiment/inputs.ts';
import type { LabPage, OpenLab } from '../../tools/experiment/lab-page.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';

const heldAtMost = (mebibytes: number): MemoryUse => {
  const held = { heap: mebibytes * 2 ** 20, arrays: null, gpu: 0 };
  return { now: held, peak: held, load: held };
};

export const FILE = {
  ...{ model: 'fake', tasks: ['colours'], seeds: [1, 2] },
  shared: { rounds: 2, promptsPerRound: 6, batchSize: 4, epochs: 1, testItems: 12, fewShotItems: 6 },
  arms: [
    { name: 'soft+', method: 'soft+' },
    { name: 'frozen', method: 'frozen-teacher' },
  ],
};

const { architecture, ...rest } = await openCheckpoint(openSource(tinyCheckpoint()));
const checkpoint = { architecture, ...rest };

export function inputsOf(file: unknown = FILE): Inputs {
  const experiment: Experiment = parseExperiment(file);
  const task = fakeTask();
  const tasks = experiment.tasks.map((name) => ({ name, task, sha256: sha256OfText(JSON.stringify(task)) }));
  return {
    ...{
      experiment,
      tasks,
      checkpoint,
      modelFolder: '/nowhere',
      modelName: 'fake',
      modelSha256: 'of the model',
      learningRate: learningRateFor(checkpoint.parameters),
    },
  };
}

/** The fake adapter's two numbers inside one that fits the architecture, and back. */
function fitted({ pairs }: Adapter): Adapter {
  const config = {
    r: 1,
    loraAlpha: 1,
    useRslora: false,
    loraDropout: 0,
    targetModules: 'all-linear',
  } as const;
  const whole = initAdapter(architecture.linears, config, 0);
  const [first] = whole.pairs.values();
  first?.a.set(pairs.get('skill')?.a ?? []);
  return whole;
}
function unfitted(adapter: Adapter | null): Adapter | null {
  if (adapter === null) return null;
  const [first] = adapter.pairs.values();
  const a = first?.a.slice(0, 2) ?? new Float32Array(2);
  return { config: adapter.config, pairs: new Map([['skill', { a, b: new Float32Array(1) }]]) };
}

function fittedPorts(): Ports {
  const { ports } = fakePorts();
  return {
    ...ports,
    generate: (request) => ports.generate({ ...request, adapter: unfitted(request.adapter) }),
    score: (adapter, rows) => ports.score(unfitted(adapter), rows),
    async *train(request) {
      return fitted(yield* ports.train({ ...request, start: unfitted(request.start) }));
    },
  };
}

export interface FakeLabOptions {
  /** Dies after so many events, in every life anew. */
  readonly eventsPerLife?: number;
  /** Fails before any event of these plans. */
  readonly failing?: (plan: Plan) => ErrorCode | null;
  readonly onEvent?: () => void;
}

export interface FakeLab {
  readonly openLab: OpenLab;
  /** Pages opened so far. */
  readonly lives: () => number;
}

const device: DeviceInfo = {
  ...{ backend: 'wasm', description: 'fake', threads: 1, isSoftware: false, hasShaderF16: false },
};

export function fakeLab({ eventsPerLife = Infinity, failing, onEvent }: FakeLabOptions = {}): FakeLab {
  let lives = 0;
  const openLab = (): Promise<LabPage> => {
    lives++;
    let left = eventsPerLife;
    return Promise.resolve({
      opened: { inference: device, training: device, passedOver: [], logitDifference: 0, browser: 'fake' },
      measure: () =>
        Promise.resolve({
          rates: { prefillTokensPerSecond: 1000, decodeTokensPerSecond: 100, trainTokensPerSecond: 100 },
          lengths: {},
        }),
      run: async (plan, history, listener) => {
        const code = failing?.(plan) ?? null;
        if (code !== null) throw new LabError(code, `${plan.arm.name} failed.`);
        const events = bootstrap(plan, fittedPorts(), foldEvents(history));
        for await (const event of events) {
          if (!isLasting(event)) continue;
          if (left-- <= 0) throw new LabError('worker-died', 'The browser ended.');
          await listener.onEvent(eventFromText(eventToText(event)), true);
          onEvent?.();
        }
        const rounds = [{ round: 1, texts: [{ prompt: 'a', completion: ' b' }] }];
        return {
          rounds,
          spared: NOTHING_SPARED,
          memory: { labelling: heldAtMost(3), training: heldAtMost(5) },
        };
      },
      close: () => Promise.resolve(),
    });
  };
  return { openLab, lives: () => lives };
}

export const freshFolder = (): string => join(mkdtempSync(join(tmpdir(), 'experiment-')), 'out');

/** What conduct() needs; lines said are kept. */
export function conductOptions(
  folder: string,
  { openLab }: FakeLab,
  more: Partial<ConductOptions> = {},
): ConductOptions & { readonly said: readonly string[] } {
  const said: string[] = [];
  const report = {
    line: (text: string) => {
      said.push(text);
    },
    status: () => undefined,
  };
  const { signal } = new AbortController();
  const own = { inputs: inputsOf(), folder, isResumed: false, openLab, signal, report, restarts: 0 };
  return { ...own, ...more, said };
}

export const readOutput = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
