/** @file Runs that are computed: begun with the setup, gone on with after a pause, a stop, a failure or a reload. */
import type { LastingEvent } from '../core/events.ts';
import { LabError } from '../core/errors.ts';
import type { Arm } from '../core/plan.ts';
import type { Task } from '../core/task.ts';
import { labPorts } from '../lab/ports.ts';
import { BaseMemory, rememberBase } from '../lab/remember-base.ts';
import { bytesOf, lastScore, taskKeyOf } from './archive.ts';
import type { CellTracker } from './cell.ts';
import { endingsOf } from './ended.ts';
import type { RunModel } from './lab-model.ts';
import type { ModelSlice, ReadyModel } from './model-slice.ts';
import { apartInWords, runModelOf } from './model-slice.ts';
import type { Context } from './plumbing.ts';
import { Session } from './session.ts';
import type { SessionView, Until } from './session.ts';
import { armsOf, autoName, changesBetween } from './setup.ts';
import type { Events, Going, Stage } from './stage.ts';
import type { StoredRun } from './vault.ts';
import type { Rates } from './work.ts';
import { NO_RATES } from './work.ts';

const NO_EVENTS: Events = new Map();
const SEPARATE = 'Load that model first, or start a new run.';

export interface RunSources {
  readonly models: ModelSlice;
  readonly rates: (taskId: string, arm: Arm) => Rates;
  readonly onRates: (model: RunModel, taskId: string, measured: Rates) => void;
  /** The workers are about to be wanted. */
  readonly onStarting: () => void;
  readonly onRuns: () => void;
  readonly readTask: (id: string) => Promise<Task>;
}

export class LiveRuns {
  readonly #context: Context;
  readonly #sources: RunSources;
  readonly #stage: Stage;
  /** What the base answered, for all arms and runs of the loaded model. */
  #memory: { readonly sha256: string; readonly memory: BaseMemory } | null = null;
  #isStarting = false;

  constructor(context: Context, sources: RunSources, stage: Stage) {
    this.#context = context;
    this.#sources = sources;
    this.#stage = stage;
  }

  isBusy(): boolean {
    const status = this.#stage.on?.kind === 'live' ? this.#stage.on.session.status : null;
    return this.#isStarting || status === 'running' || status === 'paused';
  }

  async begin(until: Until): Promise<void> {
    if (this.isBusy()) return;
    this.#isStarting = true;
    this.#sources.onStarting();
    try {
      const { setup } = this.#context.state.setup;
      const faults = Object.entries(this.#context.state.setup.faults);
      if (faults.length > 0)
        throw new LabError(
          'invalid-request',
          `The setup cannot run: ${faults.map((f) => f.join(' ')).join('; ')}.`,
        );
      const arms = armsOf(setup);
      this.#stage.stopTimer();
      const [ready, task] = await Promise.all([
        this.#sources.models.ready(),
        this.#sources.readTask(setup.taskId),
      ]);
      if (ready.ref.kind !== setup.model.kind || ready.ref.name !== setup.model.name) {
        throw new LabError(
          'invalid-request',
          `The setup names the model ${setup.model.name}; ${ready.ref.name} is loaded.`,
          {
            remedy: 'Load the model that the setup names, or choose the loaded one.',
          },
        );
      }
      const { clock, newId } = this.#context.plumbing;
      const last = this.#stage.archive.runs[0]?.setup ?? null;
      const { cards } = this.#context.state.tasks;
      const k = (id: string) => cards.find(({ definition }) => definition.id === id)?.definition.k ?? null;
      const changes = last === null ? [] : changesBetween(last, setup, k);
      const taskKey = taskKeyOf(task);
      const record: StoredRun = {
        ...{ id: newId(), name: autoName(setup, changes), createdAt: clock.date(), status: 'waiting' },
        ...{ setup, model: runModelOf(ready), taskKey, changes, scores: {}, bytes: 0, isImported: false },
      };
      this.#stage.archive.saveTask(taskKey, task);
      await this.#start({ record, task, arms, past: NO_EVENTS, ready, until });
    } finally {
      this.#isStarting = false;
    }
  }

  /** Goes on with a run from the disk: its state is the fold of its events. */
  async continue(id: string, until: Until): Promise<void> {
    if (this.isBusy()) return;
    this.#isStarting = true;
    this.#sources.onStarting();
    try {
      const { record, task, events } = await this.#stage.material(id);
      const ready = await this.#sources.models.ready();
      if (ready.facts.sha256 !== record.model.sha256) {
        throw new LabError(
          'invalid-request',
          `"${record.name}" was ${apartInWords(record.model, ready.facts)}.`,
          {
            remedy: SEPARATE,
          },
        );
      }
      const arms = armsOf(record.setup);
      this.#context.set({ interrupted: null });
      await this.#start({ record, task, arms, past: events, ready, until });
    } finally {
      this.#isStarting = false;
    }
  }

  async #start(begun: {
    readonly record: StoredRun;
    readonly task: Task;
    readonly arms: readonly Arm[];
    readonly past: Events;
    readonly ready: ReadyModel;
    readonly until: Until;
  }): Promise<void> {
    const { record, task, arms, past, ready, until } = begun;
    const { vault, clock, newAbort } = this.#context.plumbing;
    const release = await vault.hold(record.id).catch(() => () => undefined);
    if (release === null) {
      throw new LabError('busy', `"${record.name}" goes on in another window.`, {
        remedy: 'Go to that window, or close it.',
      });
    }
    const memory = this.#memoryOf(ready.facts.sha256);
    const [first] = arms;
    const rates = first === undefined ? NO_RATES : this.#sources.rates(task.definition.id, first);
    const session = new Session({
      ...{ task, arms, seeds: record.setup.seeds, past, rates, clock, newAbort },
      ports: (signal) => {
        const { inference, training } = this.#sources.models.services;
        const now = () => clock.now();
        return rememberBase(labPorts({ inference, training, model: ready.facts, signal, now }), memory);
      },
      onView: (view) => {
        if (this.#stage.on === going) this.#follow(going, view);
      },
      onLasting: (cell, index, event) => {
        this.#keep(going, cell, index, event);
      },
    });
    const going: Going = { kind: 'live', record, task, session, release };
    this.#stage.put(going);
    this.#stage.record(record.id, { status: 'running' });
    session.go(until);
  }

  async goOn(until: Until): Promise<void> {
    const going = this.#stage.on;
    if (going?.kind !== 'live') return;
    this.#sources.onStarting();
    if (going.session.status === 'failed' || going.session.status === 'stopped') {
      const ready = await this.#sources.models.ready();
      if (ready.facts.sha256 !== going.record.model.sha256) {
        throw new LabError(
          'invalid-request',
          `The run was ${apartInWords(going.record.model, ready.facts)}.`,
          {
            remedy: SEPARATE,
          },
        );
      }
      going.release =
        (await this.#context.plumbing.vault.hold(going.record.id).catch(() => null)) ?? going.release;
    }
    going.session.go(until);
  }

  #memoryOf(sha256: string): BaseMemory {
    if (this.#memory?.sha256 !== sha256) this.#memory = { sha256, memory: new BaseMemory() };
    return this.#memory.memory;
  }

  #follow(going: Going, view: SessionView): void {
    const { status } = going.record;
    if (view.status !== status) {
      this.#stage.record(going.record.id, { status: view.status, endings: endingsOf(view.cells) });
      if (view.status !== 'running' && view.status !== 'paused') {
        going.release();
        this.#sources.onRates(going.record.model, going.task.definition.id, going.session.measured);
        this.#sources.onRuns();
      }
    }
    this.#context.set({ run: this.#stage.compose(going, view) });
  }

  #keep(going: Going, cell: CellTracker, index: number, event: LastingEvent): void {
    const { id, scores, bytes } = going.record;
    this.#stage.archive.append({ run: id, cell: cell.key, index }, event);
    const score = event.type === 'round-ended' ? lastScore(cell.state) : null;
    // The record goes with the rounds: between them nothing of it that matters changes.
    going.record = {
      ...going.record,
      bytes: bytes + bytesOf(event),
      scores: score === null ? scores : { ...scores, [cell.key]: score },
    };
    if (score !== null) this.#stage.archive.save(going.record);
  }
}
