/**
 * @file How fast a run will be, before it starts: a probe of a second or two while nobody wants the workers, then the
 * runs that were made. One prediction: milliseconds an item (method/work.ts), which method/budget.ts derives from the probe's
 * tokens a second until a run of the task has been measured. Whoever wants the workers goes first.
 */
import type { Rates as TokenRates } from '../../method/budget.ts';
import { shapeOf } from '../../method/agenda.ts';
import { predictCost } from '../../method/budget.ts';
import type { Rates } from '../../method/work.ts';
import { NO_RATES, expectedWork, filled, ratesOf } from '../../method/work.ts';
import { throwIfCancelled, toLabError } from '../../core/errors.ts';
import type { Arm, Plan } from '../../words/plan.ts';
import type { Task } from '../../words/task.ts';
import type { Lengths } from '../../lab/lengths.ts';
import { planSizes, readLengths, specimensOf } from '../../lab/lengths.ts';
import { labPorts } from '../../lab/ports.ts';
import { IN_PASSING, probeRates } from '../../lab/probe.ts';
import type { LoraConfig } from '../../lora/config.ts';
import type { Signal } from '../../protocol/wire.ts';
import type { RunModel } from '../runs/run-shape.ts';
import type { ModelSlice, ReadyModel } from '../model/model-slice.ts';
import { runModelOf } from '../model/model-slice.ts';
import type { Context } from '../plumbing.ts';
import type { KeptSpeeds } from './speed-kept.ts';
import { NO_SPEEDS, isKept, speedsOf, withProbed, withRun } from './speed-kept.ts';
import type { Forecast } from './forecast.ts';

const SETTING = 'speed';
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

export class Speed {
  readonly forecast: Forecast;
  readonly #context: Context;
  readonly #sources: SpeedSources;
  #kept: KeptSpeeds = NO_SPEEDS;
  #ready: ReadyModel | null = null;
  /** Of the loaded model. */
  #lengths = new WeakMap<Task, Lengths>();
  #hasFailed = false;
  #probing: { readonly signal: Signal; abort(): void } | null = null;
  #stopTimer = (): void => undefined;

  constructor(context: Context, sources: SpeedSources) {
    this.#context = context;
    this.#sources = sources;
    this.forecast = {
      rates: (taskId, arm) => this.#rates(taskId, arm),
      adapterBytes: (taskId, arm) => this.#predicted(taskId, arm)?.memoryBytes ?? null,
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
  }

  /** What a run was measured at goes before the probe. */
  learn(model: RunModel, taskId: string, measured: Rates): void {
    this.#keep(withRun(this.#kept, model, taskId, measured));
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
    const { probed, rates } = speedsOf(this.#kept, runModelOf({ facts, loaded }), definition.id);
    return probed !== null || (rates.label !== null && rates.train !== null && rates.evaluate !== null);
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

  #rates(taskId: string, arm: Arm): Rates {
    if (this.#ready === null) return NO_RATES;
    const { rates } = speedsOf(this.#kept, runModelOf(this.#ready), taskId);
    const task = this.#task(taskId);
    const seconds = this.#predicted(taskId, arm)?.seconds ?? null;
    if (task === null || seconds === null) return rates;
    const { rank, label, train, evaluate } = seconds;
    const milliseconds = {
      ...{ rank: 1000 * rank, label: 1000 * label, train: 1000 * train, evaluate: 1000 * evaluate },
    };
    return filled(rates, ratesOf(expectedWork(arm, shapeOf(task), true), milliseconds, NO_RATES));
  }

  /** By the budget; without a probe its seconds are null. */
  #predicted(
    taskId: string,
    arm: Arm,
  ): {
    readonly memoryBytes: number;
    readonly seconds: ReturnType<typeof predictCost>['seconds'] | null;
  } | null {
    const task = this.#task(taskId);
    const lengths = task === null ? undefined : this.#lengths.get(task);
    if (this.#ready === null || task === null || lengths === undefined) return null;
    const plan: Plan = { task, arm, seed: 0 };
    const { probed } = speedsOf(this.#kept, runModelOf(this.#ready), taskId);
    try {
      const { memoryBytes, seconds } = predictCost(
        plan,
        planSizes(plan, lengths, this.#ready.linears),
        probed ?? { prefillTokensPerSecond: 1, decodeTokensPerSecond: 1, trainTokensPerSecond: 1 },
      );
      return { memoryBytes, seconds: probed === null ? null : seconds };
    } catch {
      return null; // The arm adapts modules that the model lacks: the run will say so.
    }
  }
}
