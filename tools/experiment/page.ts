/**
 * @file The experiment's page: both real workers, the loop over them, and every lasting event told to the tool before the
 * loop goes on. What was computed is kept, here and by the tool, so that the arms of a seed share it.
 */
import { connectEngines, delay } from '../../src/app/connect.ts';
import { LabError, toLabError } from '../../src/core/errors.ts';
import type { LoopEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { knobs } from '../../src/words/knobs.ts';
import { loraConfig } from '../../src/method/lora-config.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { trainedRounds } from '../../src/method/agenda.ts';
import type { Plan } from '../../src/words/plan.ts';
import type { Ports } from '../../src/method/ports.ts';
import { RunContext } from '../../src/method/run-context.ts';
import { foldEvents } from '../../src/method/state.ts';
import type { Task } from '../../src/words/task.ts';
import { trainedTexts } from '../../src/method/trained-texts.ts';
import { fetchModel } from '../../src/formats/fetch-model.ts';
import { modelFacts } from '../../src/lab/model-facts.ts';
import { labPorts } from '../../src/lab/ports.ts';
import type { Lengths } from '../../src/lab/lengths.ts';
import { readLengths } from '../../src/lab/lengths.ts';
import { startedOf } from '../../src/method/under-way.ts';
import { probeRates } from '../../src/lab/probe.ts';
import type { Behind } from '../../src/lab/reuse.ts';
import { Computed, NOTHING_SPARED, lessSpared, reusing } from '../../src/lab/reuse.ts';
import { requestGpuDevice } from '../../src/runtimes/ort/gpu-device.ts';
import type { ModelInfo } from '../../src/protocol/words.ts';
import { loadBoth } from '../../src/store/model/load-both.ts';
import { eventFromText, eventToText } from './event-shape.ts';
import { keptFromText, keptToText } from './kept-text.ts';
import type {
  Finished,
  Measured,
  OpenRequest,
  OpenedLab,
  Outcome,
  Progress,
  RunRequest,
  Specimen,
  TrainedRounds,
} from './lab-page.ts';

const { signal } = new AbortController();
const engines = connectEngines({ onReplaced: () => undefined, onGaveUp: () => undefined });
const inference = engines.inference.service;
const training = engines.training.service;
const tasks = new Map<string, Task>();
let ports: Ports | null = null;
let computed: Computed | null = null;
let model: ModelInfo | null = null;

const now = () => performance.now();
/** Before a model is loaded, which takes long there. @throws LabError `webgpu-unavailable` */
async function refuseSoftware(): Promise<void> {
  const { device, isSoftware, description } = await requestGpuDevice();
  device.destroy();
  if (!isSoftware) return;
  throw new LabError('webgpu-unavailable', `WebGPU is a software adapter here: ${description}.`, {
    remedy: 'Take --backend wasm, which is faster, or --allow-software.',
  });
}

/** In the folder of the experiment. */
const behind: Behind = {
  read: async (key) => {
    const text = await window.recall(key);
    return text === null ? null : keptFromText(text);
  },
  write: (key, kept) => window.keep(key, keptToText(kept)),
};

async function load({ modelUrl, weights, backend, allowSoftware, reuses }: OpenRequest): Promise<OpenedLab> {
  await Promise.all([engines.inference.started, engines.training.started]);
  if (backend === 'webgpu' && !allowSoftware) await refuseSoftware();
  const source = await fetchModel(modelUrl);
  const said: string[] = [];
  const services = { inference, training, renew: engines.renew };
  const loaded = await loadBoth(
    services,
    { source, backend, weights },
    {
      ...{ signal, delay, hasThreads: crossOriginIsolated, say: (text) => said.push(text) },
      ...{ onProgress: () => undefined, onComparing: () => undefined },
    },
  );
  model = loaded.inference;
  const own = labPorts({ inference, training, model: modelFacts(model), signal, now });
  computed = reuses ? new Computed(behind) : null;
  const device = [model.device, loaded.training.device].map(({ description }) => description).join(' / ');
  ports = computed === null ? own : reusing(own, computed, device);
  const passedOver = [...loaded.inference.passedOver, ...said];
  const { logitDifference } = loaded;
  return {
    ...{ inference: model.device, training: loaded.training.device, passedOver, logitDifference },
    browser: navigator.userAgent,
  };
}

/** Progress is told at most this often. */
const PROGRESS_MS = 250;

/** Follows the passing events. */
class Watch {
  #progress: Progress | null = null;
  #toldAt = -Infinity;

  see(event: LoopEvent): void {
    if (event.type === 'notice') void window.tellNotice(event.text);
    if (event.type === 'phase') {
      this.#tell({ ...startedOf(event), done: 0 }, true);
    } else if ((event.type === 'answer' || event.type === 'step') && this.#progress !== null) {
      this.#tell({ ...this.#progress, done: this.#progress.done + 1 }, false);
    }
  }

  #tell(progress: Progress, atOnce: boolean): void {
    this.#progress = progress;
    const at = now();
    if (!atOnce && at - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = at;
    void window.tellProgress(progress);
  }
}

async function runOn({ taskName, arm, seed, history }: RunRequest): Promise<Finished> {
  const task = tasks.get(taskName);
  if (ports === null || task === undefined) throw new LabError('internal', 'The page is not ready.');
  const plan: Plan = { task, arm, seed };
  const watch = new Watch();
  const events = bootstrap(plan, ports, foldEvents(history.map(eventFromText)));
  const sparedNow = () => computed?.spared ?? NOTHING_SPARED;
  const before = sparedNow();
  let told = before;
  let next = await events.next();
  for (; next.done !== true; next = await events.next()) {
    if (isLasting(next.value)) {
      const { prompts, trainings } = lessSpared(sparedNow(), told);
      told = sparedNow();
      await window.tellEvent(eventToText(next.value), prompts + trainings === 0);
    } else watch.see(next.value);
  }
  const state = next.value;
  const run = await RunContext.open(plan, ports);
  const rounds: { round: number; texts: TrainedRounds[number]['texts'] }[] = [];
  for (const round of trainedRounds(run.agenda)) {
    const isTrained = state.rounds.some((done) => done.round === round && done.adapter !== null);
    const decode = (rows: readonly (readonly number[])[]) => inference.decode(rows);
    if (isTrained) rounds.push({ round, texts: await trainedTexts(run, state, round, decode) });
  }
  const [labelling, { use }] = await Promise.all([inference.memory(), training.memory()]);
  return { rounds, spared: lessSpared(sparedNow(), before), memory: { labelling, training: use } };
}

async function measure(specimens: readonly Specimen[]): Promise<Measured> {
  if (ports === null || model === null) throw new LabError('internal', 'The page is not ready.');
  const rates = await probeRates({ inference, training, model, signal, now }, loraConfig(knobs()));
  const lengths: Record<string, Lengths> = {};
  for (const { task, ...texts } of specimens) lengths[task] = await readLengths(ports, texts);
  return { rates, lengths };
}

async function outcome<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (thrown) {
    const { code, what, remedy } = toLabError(thrown);
    return { fault: { code, what, remedy } };
  }
}

window.experiment = {
  open: (request) => outcome(load(request)),
  measure: (specimens) => outcome(measure(specimens)),
  keepTask: (name, task) => {
    tasks.set(name, task);
  },
  run: (request) => outcome(runOn(request)),
};
