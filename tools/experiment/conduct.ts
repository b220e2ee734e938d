/**
 * @file Conducts an experiment: run after run, the arms of a task and seed together, every event on the disk before the
 * next. A browser that dies is replaced and the run goes on from its events; a run that cannot be done is written down
 * and the others go on.
 */
import { join } from 'node:path';
import { earlyEnding } from '../../src/analysis/endings.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { LabError } from '../../src/core/errors.ts';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import { expand } from '../../src/words/experiment.ts';
import { learningRateWords } from '../../src/words/learning-rate.ts';
import type { Plan } from '../../src/words/plan.ts';
import { foldEvents } from '../../src/method/state.ts';
import { pathOfTask } from '../../src/store/runs/run-folder.ts';
import { toToolError } from '../file-faults.ts';
import { Account } from '../../src/method/account.ts';
import { shapeOf } from '../../src/method/agenda.ts';
import { Forecast, RunClock, ownRequests, weighed } from './budget.ts';
import { writeWhole } from './durable.ts';
import { NOTHING_SPARED, addSpared } from '../../src/lab/reuse.ts';
import { ComputedFiles } from './computed.ts';
import type { Inputs } from './inputs.ts';
import type { LabPage, OpenLab, OpenedLab, TrainedRounds, WorkersMemory } from './lab-page.ts';
import type { Manifest, RunAccount, RunFault } from '../../src/store/runs/manifest.ts';
import { accountOf, newManifest, totalsOf } from './manifest.ts';
import { Outputs, hasTexts, writeTexts } from './outputs.ts';
import type { Reporter } from './report.ts';
import { budgetLine, duration, memoryLine, sparedLine, tableLines } from './report.ts';
import { RunProgress } from './run-progress.ts';
import { RunStore } from './run-store.ts';
import { Study } from './study.ts';

export interface ConductOptions {
  readonly inputs: Inputs;
  readonly folder: string;
  readonly isResumed: boolean;
  readonly openLab: OpenLab;
  /** Raised by Ctrl-C: what is on the disk stays, and --resume goes on. */
  readonly signal: AbortSignal;
  readonly report: Reporter;
  /** What was computed is not computed again; true if left out. */
  readonly reuses?: boolean;
  /** Browsers that may die in a row without an event between them. */
  readonly restarts?: number;
}

/** Failures of the browser, after which another one may do. */
const RESTARTABLE: readonly ErrorCode[] = ['worker-died', 'device-lost'];
/** Failures of one run, which do not concern the others. */
const OF_THE_RUN: readonly ErrorCode[] = [
  ...(['non-finite-loss', 'invalid-request', 'context-overflow', 'out-of-memory'] as const),
];
/** Of these, the ones that leave the browser in good order. */
const KEEPS_BROWSER: readonly ErrorCode[] = ['non-finite-loss', 'invalid-request', 'context-overflow'];
const REWRITES = 50;
const isOneOf = (codes: readonly ErrorCode[], thrown: unknown): thrown is LabError =>
  thrown instanceof LabError && codes.includes(thrown.code);

const deviceOf = ({ inference }: OpenedLab): string => `${inference.backend} (${inference.description})`;

class Conductor {
  readonly #options: ConductOptions;
  readonly #study: Study;
  #outputs: Outputs | null = null;
  readonly #plans: ReadonlyMap<ExperimentRun, Plan>;
  readonly #accounts: RunAccount[] = [];
  readonly #failed: RunFault[] = [];
  /** Runs that results.jsonl and run.json had when they were last written. */
  #written = 0;
  #lab: LabPage | null = null;
  #manifest: Manifest | null = null;
  #forecast = new Forecast(new Map());
  /** What each run has to do. */
  #ahead: ReadonlyMap<ExperimentRun, Account> = new Map();
  readonly #files: ComputedFiles;
  /** Of the last run that was computed here. */
  #seed: Pick<ExperimentRun, 'task' | 'seed'> | null = null;
  #spared = NOTHING_SPARED;

  constructor(options: ConductOptions, study: Study) {
    this.#options = options;
    this.#study = study;
    this.#files = new ComputedFiles(study.folder);
    const { experiment, tasks } = options.inputs;
    const named = new Map(tasks.map(({ name, task }) => [name, task]));
    this.#plans = new Map(
      expand(experiment).flatMap((run) => {
        const task = named.get(run.task);
        // Folders and results go by the task's own id, not by the path it was found at.
        return task === undefined
          ? []
          : [
              [
                { ...run, task: task.definition.id },
                { task, arm: run.arm, seed: run.seed },
              ] as const,
            ];
      }),
    );
  }

  /** @returns how many runs failed */
  async all(): Promise<number> {
    const { inputs, report, signal } = this.#options;
    const lab = await this.#open();
    // Not before the folder is known to hold this experiment.
    const outputs = await Outputs.open(this.#study.folder, inputs.modelName);
    this.#outputs = outputs;
    // The folder is whole by itself: the page opens it without the task's own.
    for (const { task } of inputs.tasks) {
      const path = join(this.#study.folder, pathOfTask(task.definition.id));
      await writeWhole(path, `${JSON.stringify(task)}\n`);
    }
    await this.#estimate(lab);
    let isTold = false;
    for (const [run, plan] of this.#plans) {
      this.#throwIfStopped();
      const store = await RunStore.open(this.#study.folder, run, inputs.checkpoint);
      try {
        const isDone = store.events.at(-1)?.type === 'ended' && hasTexts(this.#study.folder, run);
        if (isDone) this.#forecast.skip(run);
        else {
          if (!isTold) this.#tellBudget();
          isTold = true;
          const began = performance.now();
          await this.#beginSeed(run);
          await writeTexts(this.#study.folder, run, await this.#finish(run, plan, store));
          this.#forecast.done(run, (performance.now() - began) / 1000);
        }
        await outputs.add(plan, store.events);
        this.#accounts.push(accountOf(plan, store.events));
        if (!isDone && this.#isBehind()) await this.#writeDown(outputs, 'running');
      } catch (thrown) {
        if (signal.aborted || !isOneOf(OF_THE_RUN, thrown)) throw thrown;
        const { code, message } = thrown;
        report.line(`FAILED ${nameOf(run)}: ${code}: ${message}`);
        this.#failed.push({ task: run.task, arm: run.arm.name, seed: run.seed, code, message });
        this.#forecast.skip(run);
      } finally {
        await store.close().catch(() => undefined);
      }
    }
    await this.#files.clear();
    await outputs.end();
    await this.#writeDown(outputs, this.#status());
    const { experiment, tasks } = inputs;
    for (const line of tableLines(outputs.rows, experiment, tasks, this.#accounts, this.#failed))
      report.line(line);
    const spared = sparedLine(this.#spared);
    const held = this.#manifest?.devices.flatMap((use) => ('memory' in use ? (use.memory ?? []) : [])) ?? [];
    const lines = [spared, memoryLine(held)].filter((line) => line !== null);
    if (lines.length > 0) report.line(`\n${lines.join('\n')}`);
    return this.#failed.length;
  }

  /** Another seed draws otherwise: what was computed for the one before serves no more. */
  async #beginSeed({ task, seed }: ExperimentRun): Promise<void> {
    const before = this.#seed;
    this.#seed = { task, seed };
    if (before !== null && (before.task !== task || before.seed !== seed)) await this.#files.clear();
  }

  #status(): Manifest['status'] {
    if (this.#failed.length > 0) return 'finished with failures';
    return this.#accounts.some(({ ended }) => ended !== null)
      ? 'finished, some runs ended early'
      : 'finished';
  }

  async close(): Promise<void> {
    await this.endBrowser();
    await this.#outputs?.close();
  }

  /** What is under way fails with it. */
  async endBrowser(): Promise<void> {
    const lab = this.#lab;
    this.#lab = null;
    await lab?.close();
  }

  #throwIfStopped(): void {
    if (this.#options.signal.aborted) throw new LabError('cancelled', 'Stopped.', { remedy: '' });
  }

  /** A browser with the model; the devices must be those that the study was begun on. */
  async #open(): Promise<LabPage> {
    const { inputs, openLab, report } = this.#options;
    if (this.#lab !== null) return this.#lab;
    const lab = await openLab();
    this.#lab = lab;
    this.#throwIfStopped();
    const { inference, training, passedOver, browser } = lab.opened;
    const fresh = newManifest(inputs, lab.opened);
    const notice = this.#study.accept(fresh);
    if (this.#manifest === null) {
      report.line(`Model ${inputs.modelName} on ${deviceOf(lab.opened)}.`);
      report.line(`Learning rate "auto": ${learningRateWords(inputs.learningRate)}.`);
      for (const text of [...passedOver, ...(notice === null ? [] : [notice])]) report.line(text);
    } else if (JSON.stringify(fresh.config) !== JSON.stringify(this.#manifest.config)) {
      throw new LabError('device-lost', `The model was loaded on another device: ${deviceOf(lab.opened)}.`, {
        remedy: 'Run the command again with --resume and the same --backend.',
      });
    }
    const use = { since: new Date().toISOString(), inference, training, passedOver, browser };
    this.#manifest = { ...fresh, devices: [...(this.#manifest?.devices ?? []), use] };
    await this.#study.write(this.#manifest);
    return lab;
  }

  async #estimate(lab: LabPage): Promise<void> {
    const { inputs } = this.#options;
    const { architecture } = inputs.checkpoint;
    const measured = await lab.measure(inputs.tasks.map(({ task }) => task));
    const own = ownRequests(this.#plans, this.#options.reuses);
    this.#ahead = new Map(
      [...this.#plans].map(([run, plan]) => {
        const weigh = weighed(plan, measured, architecture);
        return [run, new Account(plan.arm, shapeOf(plan.task), weigh, own.get(run))];
      }),
    );
    this.#forecast = new Forecast(this.#ahead);
    for (const run of this.#plans.keys()) {
      if (hasTexts(this.#study.folder, run)) this.#forecast.skip(run);
    }
  }

  #tellBudget(): void {
    const { inputs, report } = this.#options;
    const left = { runs: this.#forecast.runsLeft, seconds: this.#forecast.secondsLeft().seconds };
    const device = this.#lab === null ? '' : deviceOf(this.#lab.opened);
    report.line(budgetLine(inputs.experiment, left, device));
  }

  /** Runs the run to its end, in as many browsers as it takes. */
  async #finish(run: ExperimentRun, plan: Plan, store: RunStore): Promise<TrainedRounds> {
    const { report } = this.#options;
    const where = {
      ...{ runs: this.#plans.size, run: [...this.#plans.keys()].indexOf(run) + 1, name: nameOf(run) },
    };
    const now = () => performance.now();
    const account = this.#ahead.get(run);
    if (account === undefined) throw new LabError('internal', `${where.name} was not foreseen.`);
    const clock = new RunClock(account);
    for (const event of store.events) clock.take(event);
    const progress = new RunProgress({ run, where, clock, forecast: this.#forecast, report, now });
    try {
      return await this.#attempts(plan, store, where, progress);
    } finally {
      progress.end();
    }
  }

  async #attempts(
    plan: Plan,
    store: RunStore,
    where: { readonly run: number; readonly runs: number; readonly name: string },
    progress: RunProgress,
  ): Promise<TrainedRounds> {
    const { report, restarts = 3 } = this.#options;
    const began = performance.now();
    const secondsIn = () => (performance.now() - began) / 1000;
    for (let died = 0; ;) {
      this.#throwIfStopped();
      try {
        const lab = await this.#open();
        const { rounds, spared, memory } = await lab.run(plan, store.events, {
          onEvent: async (event, wasComputed) => {
            await store.append(event, (line) => {
              report.line(`${where.name}: ${line}`);
            });
            progress.take(event, wasComputed);
            died = 0;
          },
          onProgress: (seen) => {
            progress.see(seen);
          },
          onNotice: (text) => {
            report.line(`${where.name}: ${text}`);
          },
        });
        this.#spared = addSpared(this.#spared, spared);
        this.#noteMemory(memory);
        const ending = earlyEnding(foldEvents(store.events));
        const how = ending === null ? 'done' : `${ending.words}; done`;
        report.line(`[${where.run}/${where.runs}] ${where.name}: ${how} in ${duration(secondsIn())}`);
        return rounds;
      } catch (thrown) {
        this.#throwIfStopped();
        if (!isOneOf(KEEPS_BROWSER, thrown)) await this.endBrowser().catch(() => undefined);
        if (!isOneOf(RESTARTABLE, thrown) || died >= restarts) throw thrown;
        died++;
        report.line(`${where.name}: ${thrown.what} Starting another browser (${died} of ${restarts}).`);
      }
    }
  }

  /** Of the browser that is open: written down with the results. */
  #noteMemory(memory: WorkersMemory): void {
    const manifest = this.#manifest;
    if (manifest === null) return;
    const last = manifest.devices.length - 1;
    const devices = manifest.devices.map((use, i) => (i === last ? { ...use, memory } : use));
    this.#manifest = { ...manifest, devices };
  }

  /** After each of the first runs; later after every fiftieth part more, since the whole file is written each time. */
  #isBehind(): boolean {
    const runs = this.#accounts.length;
    return runs - this.#written >= runs / REWRITES;
  }

  async #writeDown(outputs: Outputs, status: Manifest['status']): Promise<void> {
    await outputs.writeResults();
    this.#written = this.#accounts.length;
    if (this.#manifest === null) return;
    const runs = this.#accounts;
    await this.#study.write({
      ...{ ...this.#manifest, status, runs, failed: this.#failed },
      totals: totalsOf(runs),
    });
  }
}

const nameOf = ({ task, arm, seed }: ExperimentRun): string => `${task}, ${arm.name}, seed ${seed}`;

/** Runs all that is not done yet, and writes what came out.
 * @returns how many runs failed
 * @throws LabError `cancelled` when the signal is raised; `worker-died` when browsers keep dying; `storage-full` and
 * `storage-unavailable` when files cannot be written, after which a resume goes on; and for a folder that holds another
 * experiment */
export async function conduct(options: ConductOptions): Promise<number> {
  const { folder, isResumed, signal } = options;
  const study = await Study.open(folder, isResumed);
  try {
    const conductor = new Conductor(options, study);
    const stop = () => {
      conductor.endBrowser().catch(() => undefined);
    };
    signal.addEventListener('abort', stop);
    try {
      return await conductor.all();
    } catch (thrown) {
      throw signal.aborted ? new LabError('cancelled', 'Stopped.', { remedy: '' }) : toToolError(thrown);
    } finally {
      signal.removeEventListener('abort', stop);
      // What is written is synced; a fault in closing must not hide the one that ended the work.
      await conductor.close().catch(() => undefined);
    }
  } finally {
    await study.close();
  }
}
