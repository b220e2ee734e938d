/**
 * @file How fast a run will be, before it starts: a probe of a second or two while nobody wants the workers, then the
 * runs that were made. A unit of work (method/work.ts) is a millisecond as the probe's tokens a second have it
 * (method/budget.ts); how many it really takes, runs of the task tell. Whoever wants the workers goes first.
 */
import type { Rates as TokenRates } from '../../method/budget.ts';
import type { Sizes } from '../../method/budget.ts';
import { adapterBytes, batchesOf, weighing } from '../../method/budget.ts';
import { shapeOf } from '../../method/agenda.ts';
import type { Rates } from '../../method/work.ts';
import {
  AS_PREDICTED,
  NO_RATES,
  NO_WORK,
  addWork,
  expectedWork,
  filled,
  reweighed,
} from '../../method/work.ts';
import { newRequests } from '../../method/requests.ts';
import { throwIfCancelled, toLabError } from '../../core/errors.ts';
import type { Arm } from '../../words/plan.ts';
import type { Task } from '../../words/task.ts';
import type { Lengths } from '../../lab/lengths.ts';
import { planSizes, readLengths, specimensOf } from '../../lab/lengths.ts';
import { togetherWhere } from '../../lab/batching.ts';
import { labPorts } from '../../lab/ports.ts';
import { IN_PASSING, probeRates } from '../../lab/probe.ts';
import type { LoraConfig } from '../../lora/config.ts';
import type { Signal } from '../../protocol/wire.ts';
import type { RunModel } from '../runs/run-shape.ts';
import type { Session } from '../live/session.ts';
import type { ModelSlice, ReadyModel } from '../model/model-slice.ts';
import { runModelOf } from '../model/model-slice.ts';
import type { Context } from '../plumbing.ts';
import type { KeptSpeeds } from './speed-kept.ts';
import { NO_SPEEDS, isKept, speedsOf, withProbed, withRun } from './speed-kept.ts';
import type { Basis, Forecast } from './forecast.ts';
import { usualWeigh } from './forecast.ts';

/** Kept under 'speed' before were milliseconds an item. */
const SETTING = 'speed-by-cost';
/** Nothing is asked of the page for so long: then the probe begins. Milliseconds. */
const IDLE_MS = 1000;
/** Its rank hardly changes the speed. */
const PROBE_LORA: LoraConfig = {
  ...{ r: 8, loraAlpha: 16, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
};

export interface SpeedSources {
  readonly models: ModelSlice;
  /** Somebody wants the workers: a run, also a paused one, or a question. */
  readonly isBusy: () => boolean;
  /** The forecast has changed. */
  readonly onMeasured: () => void;
}

/** How a run kept to what is usual, before the device was probed. */
interface Unprobed extends Pick<Session, 'measured'> {
  readonly task: Task;
  readonly arms: readonly Arm[];
}

export class Speed {
  readonly forecast: Forecast;
  readonly #context: Context;
  readonly #sources: SpeedSources;
  #kept: KeptSpeeds = NO_SPEEDS;
  #ready: ReadyModel | null = null;
  /** Of the loaded model. */
  #lengths = new WeakMap<Task, Lengths>();
  #hasFailed = false;
  /** The last such run of the loaded model. */
  #unprobed: Unprobed | null = null;
  #probing: { readonly signal: Signal; abort(): void } | null = null;
  #stopTimer = (): void => undefined;

  constructor(context: Context, sources: SpeedSources) {
    this.#context = context;
    this.#sources = sources;
    this.forecast = {
      basis: (taskId) => this.#basis(taskId),
      rates: (taskId) => this.#rates(taskId),
      weigh: (card, arm) => {
        const { definition } = card;
        const sizes = this.#sizes(definition.id, arm);
        const rates = this.#basis(definition.id) === 'probe' ? this.#speeds(definition.id)?.probed : null;
        if (sizes === null || rates == null) return usualWeigh(card, arm);
        return weighing(arm, definition.k, { sizes, rates, together: togetherWhere });
      },
      batches: (taskId, arm) => {
        const sizes = this.#sizes(taskId, arm);
        return sizes === null ? null : batchesOf(arm, { sizes, together: togetherWhere });
      },
      adapterBytes: (taskId, arm) => {
        const [task, sizes] = [this.#task(taskId), this.#sizes(taskId, arm)];
        return task === null || sizes === null ? null : adapterBytes(arm, shapeOf(task), sizes);
      },
    };
  }

  /** What was measured in earlier visits. */
  async open(): Promise<void> {
    const known = await this.#context.plumbing.vault.setting(SETTING);
    if (isKept(known)) this.#kept = known;
  }

  /** Another model stands. */
  show(ready: ReadyModel): void {
    this.#ready = ready;
    this.#lengths = new WeakMap();
    this.#hasFailed = false;
    this.#unprobed = null;
  }

  /** How a run kept to what it was weighed by; it says nothing of another weighing. */
  learn(
    model: RunModel,
    taskId: string,
    { measured, basis, cells }: Pick<Session, 'measured' | 'basis' | 'cells'>,
  ): void {
    const isProbed = speedsOf(this.#kept, model, taskId).probed !== null;
    if (isProbed !== (basis === 'probe')) return;
    this.#keep(withRun(this.#kept, model, taskId, measured));
    const task = this.#task(taskId);
    const isOfLoaded = this.#ready !== null && runModelOf(this.#ready).sha256 === model.sha256;
    if (!isProbed && isOfLoaded && task !== null)
      this.#unprobed = { task, measured, arms: [...new Set(cells.map(({ arm }) => arm))] };
  }

  /** Measures what is not known, once the page has been idle for a while. */
  consider(): void {
    this.#stopTimer();
    if (this.#probing !== null || this.#wanted() === null) return;
    this.#stopTimer = this.#context.plumbing.clock.delay(IDLE_MS, () => {
      const wanted = this.#sources.isBusy() ? null : this.#wanted();
      if (wanted !== null) void this.#measure(wanted.ready, wanted.task);
    });
  }

  /** The workers are wanted: at once, or after the pass through the model that is under way. */
  interrupt(): void {
    this.#stopTimer();
    this.#probing?.abort();
  }

  #task(taskId: string): Task | null {
    const { task } = this.#context.state.tasks;
    return task?.definition.id === taskId ? task : null;
  }

  #isProbed({ facts, loaded }: ReadyModel, { definition }: Task): boolean {
    return speedsOf(this.#kept, runModelOf({ facts, loaded }), definition.id).probed !== null;
  }

  #wanted(): { readonly ready: ReadyModel; readonly task: Task } | null {
    const ready = this.#context.state.model.status === 'ready' ? this.#ready : null;
    const task = this.#task(this.#context.state.setup.setup.taskId);
    if (ready === null || task === null || this.#hasFailed) return null;
    return this.#lengths.has(task) && this.#isProbed(ready, task) ? null : { ready, task };
  }

  async #measure(ready: ReadyModel, task: Task): Promise<void> {
    const probing = this.#context.plumbing.newAbort();
    this.#probing = probing;
    try {
      const { signal } = probing;
      await this.#measureLengths(ready, task, signal);
      if (!this.#isProbed(ready, task)) {
        const probed = await this.#probe(ready, signal);
        throwIfCancelled(signal, 'The probe');
        this.#keep(withProbed(this.#kept, runModelOf(ready), probed));
        if (this.#unprobed !== null) this.#reweigh(ready, this.#unprobed);
      }
      this.#sources.onMeasured();
    } catch (thrown) {
      // Nobody asked for it: without a prediction the page says less, and what is broken is told by the run.
      this.#hasFailed ||= toLabError(thrown).code !== 'cancelled' && this.#ready === ready;
    } finally {
      this.#probing = null;
      this.consider();
    }
  }

  /** Whoever runs before the probe has a run that tells more than the probe does. */
  #reweigh(ready: ReadyModel, { task, arms, measured }: Unprobed): void {
    this.#unprobed = null;
    const taskId = task.definition.id;
    if (this.#basis(taskId) !== 'probe') return;
    const workBy = (weigh: Forecast['weigh']) =>
      [...newRequests(arms, shapeOf(task))]
        .map(([arm, requests]) => expectedWork(requests, weigh(task, arm)))
        .reduce(addWork, NO_WORK);
    const rates = reweighed(measured, workBy(usualWeigh), workBy(this.forecast.weigh));
    this.#keep(withRun(this.#kept, runModelOf(ready), taskId, rates));
  }

  async #measureLengths(ready: ReadyModel, task: Task, signal: Signal): Promise<void> {
    if (this.#lengths.has(task)) return;
    const { inference, training } = this.#sources.models.services;
    const encoder = labPorts({ inference, training, model: ready.facts, signal, now: () => 0 });
    const lengths = await readLengths(encoder, specimensOf(task));
    throwIfCancelled(signal, 'The probe');
    if (this.#ready === ready) this.#lengths.set(task, lengths);
  }

  #probe({ loaded }: ReadyModel, signal: Signal): Promise<TokenRates> {
    const { inference, training } = this.#sources.models.services;
    const { clock } = this.#context.plumbing;
    const probed = { inference, training, model: loaded.inference, signal, now: () => clock.now() };
    return probeRates(probed, PROBE_LORA, IN_PASSING);
  }

  #keep(kept: KeptSpeeds): void {
    this.#kept = kept;
    this.#context.plumbing.vault.saveSetting(SETTING, kept).catch(() => undefined);
  }

  #speeds(taskId: string): ReturnType<typeof speedsOf> | null {
    return this.#ready === null ? null : speedsOf(this.#kept, runModelOf(this.#ready), taskId);
  }

  #basis(taskId: string): Basis {
    const task = this.#task(taskId);
    const isKnown = task !== null && this.#lengths.has(task) && this.#speeds(taskId)?.probed != null;
    return isKnown ? 'probe' : 'usual';
  }

  #rates(taskId: string): Rates {
    const { probed, rates } = this.#speeds(taskId) ?? { probed: null, rates: NO_RATES };
    if (this.#basis(taskId) === 'probe') return filled(rates, AS_PREDICTED);
    // Rows not read yet, where runs were held against the probe.
    return probed === null ? rates : NO_RATES;
  }

  /** null while the task's rows were not read. */
  #sizes(taskId: string, arm: Arm): Sizes | null {
    const task = this.#task(taskId);
    const lengths = task === null ? undefined : this.#lengths.get(task);
    if (this.#ready === null || task === null || lengths === undefined) return null;
    try {
      return planSizes({ task, arm, seed: 0 }, lengths, this.#ready.linears);
    } catch {
      return null; // The arm adapts modules that the model lacks: the run will say so.
    }
  }
}
