/** @file Runs that are computed: begun with the setup, gone on with after a pause, a stop, a failure or a reload. */
import type { LastingEvent } from '../../words/events.ts';
import { LabError } from '../../core/errors.ts';
import type { Arm } from '../../words/plan.ts';
import type { Task } from '../../words/task.ts';
import { labPorts } from '../../lab/ports.ts';
import { Computed, reusing } from '../../lab/reuse.ts';
import { busyElsewhere, bytesOf, lastScore, taskKeyOf } from '../runs/archive.ts';
import type { CellTracker } from './cell.ts';
import { endingsOf } from '../runs/ended.ts';
import type { ModelRef } from '../setup/setup-shape.ts';
import { isSameModel } from '../setup/setup-shape.ts';
import type { RunModel } from '../runs/run-shape.ts';
import { SETUP_VERSION } from '../runs/run-shape.ts';
import type { ModelSlice, ReadyModel } from '../model/model-slice.ts';
import { apartInWords, runModelOf } from '../model/model-slice.ts';
import type { Context } from '../plumbing.ts';
import { Session } from './session.ts';
import type { SessionView, Until } from './session.ts';
import { armsOf, autoName, changesBetween } from '../setup/setup.ts';
import type { Events, Going, Stage } from './stage.ts';
import { wholeOf } from './stage.ts';
import type { StoredRun } from '../runs/vault.ts';
import type { Forecast } from '../forecast/forecast.ts';

const NO_EVENTS: Events = new Map();

export interface RunSources {
  readonly models: ModelSlice;
  readonly forecast: Pick<Forecast, 'basis' | 'rates' | 'weigh'>;
  readonly onRates: (
    model: RunModel,
    taskId: string,
    session: Pick<Session, 'measured' | 'basis' | 'cells'>,
  ) => void;
  /** The workers are about to be wanted. */
  readonly onStarting: () => void;
  readonly onRuns: () => void;
  readonly readTask: (id: string) => Promise<Task>;
}

export class LiveRuns {
  readonly #context: Context;
  readonly #sources: RunSources;
  readonly #stage: Stage;
  readonly #onOthers: () => void;
  /** For all arms and runs. */
  readonly #computed = new Computed();
  #isStarting = false;

  /** @param onOthers the list is to be read anew: another window has a run that was this one's */
  constructor(context: Context, sources: RunSources, stage: Stage, onOthers: () => void) {
    this.#onOthers = onOthers;
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
      if (!isSameModel(ready.ref, setup.model)) {
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
        ...{ setup, ...SETUP_VERSION, model: runModelOf(ready), taskKey, changes },
        ...{ scores: {}, bytes: 0, isImported: false },
      };
      const release = await this.#hold(record.id, record.name);
      this.#start({ record, task, arms, past: NO_EVENTS, ready, until, release, isNew: true });
    } finally {
      this.#isStarting = false;
    }
  }

  /**
   * Goes on with a run where it was: its state is the fold of its events. It is held first and read then, for another
   * window may have gone on with it meanwhile.
   */
  async continue(id: string, until: Until): Promise<void> {
    if (this.isBusy()) return;
    this.#isStarting = true;
    this.#sources.onStarting();
    const { archive } = this.#stage;
    const own = archive.keeper.whole(id);
    let release: (() => void) | null = null;
    try {
      if (own === null) release = await this.#hold(id, archive.find(id)?.name ?? id);
      const { record, task, events } = own ?? (await this.#stage.fromDisk(id));
      const ready = await this.#sources.models.ready();
      if (ready.facts.sha256 !== record.model.sha256) {
        throw new LabError(
          'invalid-request',
          `"${record.name}" was ${apartInWords(record.model, ready.facts)}.`,
          { remedy: howToLoad(record.setup.model) },
        );
      }
      const arms = armsOf(record.setup);
      if (this.#context.state.interrupted?.id === id) this.#context.set({ interrupted: null });
      this.#stage.stopTimer();
      this.#start({
        ...{ record, task, arms, past: events, ready, until, isNew: false },
        release: release ?? (() => undefined),
      });
      release = null;
    } finally {
      release?.();
      this.#isStarting = false;
    }
  }

  /** @throws LabError `busy` where another window computes it */
  async #hold(id: string, name: string): Promise<() => void> {
    const release = await this.#context.plumbing.vault.hold(id, () => {
      this.#lose(id);
    });
    if (release === null) throw busyElsewhere(name, 'is not gone on with here');
    return release;
  }

  #start(begun: {
    readonly record: StoredRun;
    readonly task: Task;
    readonly arms: readonly Arm[];
    readonly past: Events;
    readonly ready: ReadyModel;
    readonly until: Until;
    readonly release: () => void;
    readonly isNew: boolean;
  }): void {
    const { record, task, arms, past, ready, until, release, isNew } = begun;
    const { clock, newAbort } = this.#context.plumbing;
    const { archive } = this.#stage;
    const { device } = runModelOf(ready);
    const { forecast } = this.#sources;
    const [basis, rates] = [forecast.basis(task.definition.id), forecast.rates(task.definition.id)];
    const session = new Session({
      ...{ task, arms, seeds: record.setup.seeds, past, basis, rates, clock, newAbort },
      weigh: (arm) => forecast.weigh(task, arm),
      ports: (signal, onText) => {
        const { inference, training } = this.#sources.models.services;
        const now = () => clock.now();
        const { learningRate = ready.facts.learningRate } = record.model;
        const model = { ...ready.facts, learningRate };
        const own = labPorts({ inference, training, model, signal, now, onText });
        return reusing(own, this.#computed, device);
      },
      spared: () => this.#computed.spared.prompts + this.#computed.spared.trainings,
      onView: (view) => {
        if (this.#stage.on === going) this.#follow(going, view);
      },
      onLasting: (cell, index, event) => {
        this.#keep(going, cell, index, event);
      },
    });
    const going: Going = { kind: 'live', record, task, session, isLost: false };
    archive.keeper.hold(record.id, {
      whole: () => wholeOf(going),
      release,
      onLost: () => {
        this.#lose(record.id);
      },
    });
    this.#stage.put(going);
    if (isNew) archive.keeper.write(record.id);
    this.#stage.record(record.id, { status: 'running' });
    session.go(until);
  }

  async goOn(until: Until): Promise<void> {
    const going = this.#stage.on;
    if (going?.kind !== 'live') return;
    this.#sources.onStarting();
    const { status } = going.session;
    // At rest it was let go: another window may have gone on with it.
    if (status === 'failed' || status === 'stopped') await this.continue(going.record.id, until);
    else going.session.go(until);
  }

  /** Another window has taken the run over while this one gave no sign: this one stops, and writes nothing more of it. */
  #lose(id: string): void {
    const { on, archive } = this.#stage;
    archive.keeper.drop(id);
    if (on?.kind !== 'live' || on.record.id !== id || on.isLost) return;
    on.isLost = true;
    this.#context.fail(
      new LabError('busy', `Another window has taken “${on.record.name}” over, so it stopped here.`, {
        remedy: 'This window gave no sign for too long (a laptop that slept, say). Go on in the other one.',
      }),
    );
    void on.session.stop().then(this.#onOthers);
  }

  #follow(going: Going, view: SessionView): void {
    const { id, model, status } = going.record;
    if (view.status !== status) {
      if (!going.isLost) this.#stage.record(id, { status: view.status, endings: endingsOf(view.cells) });
      if (view.status !== 'running' && view.status !== 'paused') {
        this.#stage.archive.keeper.end(id);
        this.#sources.onRates(model, going.task.definition.id, going.session);
        this.#sources.onRuns();
      }
    }
    this.#context.set({ run: this.#stage.compose(going, view) });
  }

  #keep(going: Going, cell: CellTracker, index: number, event: LastingEvent): void {
    if (going.isLost) return;
    const { id, scores, bytes } = going.record;
    const { archive } = this.#stage;
    const score = event.type === 'round-ended' ? lastScore(cell.state) : null;
    const adds = { bytes: bytesOf(event), score };
    going.record = {
      ...going.record,
      bytes: bytes + adds.bytes,
      scores: score === null ? scores : { ...scores, [cell.key]: score },
    };
    archive.keeper.append({ run: id, cell: cell.key, index }, event, adds);
    // The list is drawn anew with the rounds: between them nothing of it that matters changes.
    if (score !== null) archive.put(going.record);
  }
}

/** Where the model of a run comes from that is to go on. */
function howToLoad({ kind, name }: ModelRef): string {
  switch (kind) {
    case 'bundled':
      return `Load the bundled model ${name} first (Data & models), or start a new run.`;
    case 'hub':
      return `Load ${name} first (Data & models, from the Hub), or start a new run.`;
    case 'picked':
      return `Choose the folder of ${name} first (Data & models), or start a new run.`;
  }
}
