/**
 * @file The run on the page: begun, paused, stepped, stopped, gone on with; and every run that went before, opened,
 * played, laid over, named, exported.
 */
import type { LastingEvent } from '../core/events.ts';
import { LabError } from '../core/errors.ts';
import type { Arm } from '../core/plan.ts';
import type { Task } from '../core/task.ts';
import { labPorts } from '../lab/ports.ts';
import { BaseMemory, rememberBase } from '../lab/remember-base.ts';
import { Archive, bytesOf, lastScore, taskKeyOf } from './archive.ts';
import type { CellTracker } from './cell.ts';
import type { LabActions, ReplayView, RunModel, RunView, Setup } from './lab-model.ts';
import type { ModelSlice, ReadyModel } from './model-slice.ts';
import type { Context } from './plumbing.ts';
import { Recording } from './recording.ts';
import { RUN_FILE_ENDING, readRunFile, writeRunFile } from './run-file.ts';
import { Session } from './session.ts';
import type { SessionView } from './session.ts';
import { armsOf, autoName, changesBetween } from './setup.ts';
import type { StoredRun } from './vault.ts';
import type { Rates } from './work.ts';

type Events = ReadonlyMap<string, readonly LastingEvent[]>;
const NO_EVENTS: Events = new Map();
const DEFAULT_SPEED = 4;

type RunActions = Pick<
  LabActions,
  | 'run'
  | 'pause'
  | 'resume'
  | 'stepPhase'
  | 'stepRound'
  | 'stop'
  | 'reset'
  | 'continueInterrupted'
  | 'dismissInterrupted'
  | 'openRun'
  | 'addOverlay'
  | 'removeOverlay'
  | 'renameRun'
  | 'deleteRun'
  | 'exportRun'
  | 'importRun'
  | 'playRun'
  | 'playRecorded'
  | 'setReplay'
  | 'clearRuns'
>;

export interface RunSources {
  readonly models: ModelSlice;
  readonly rates: () => Rates;
  readonly onRates: (rates: Rates) => void;
  /** A run began or ended, was deleted, ...: what else shows runs derives itself anew. */
  readonly onRuns: () => void;
  readonly readTask: (id: string) => Promise<Task>;
}

/** A run with all that belongs to it, in this page. */
interface Held {
  record: StoredRun;
  readonly task: Task;
}
interface Going extends Held {
  readonly kind: 'live';
  readonly session: Session;
  release: () => void;
}
interface Shown extends Held {
  readonly kind: 'stored' | 'replay';
  readonly recording: Recording;
  readonly events: Events;
  replay: { isPlaying: boolean; speed: number } | null;
}

const SEPARATE = 'Load that model first, or start a new run.';

export class Runs {
  readonly archive: Archive;
  readonly actions: RunActions;
  readonly #context: Context;
  readonly #sources: RunSources;
  /** What the base answered, for all arms and runs of the loaded model. */
  #memory: { readonly sha256: string; readonly memory: BaseMemory } | null = null;
  #on: Going | Shown | null = null;
  #stopTimer = (): void => undefined;
  #isStarting = false;

  constructor(context: Context, sources: RunSources) {
    this.#context = context;
    this.#sources = sources;
    this.archive = new Archive(context);
    this.actions = this.#makeActions();
  }

  /** The setup of the newest run. */
  lastSetup(): Setup | null {
    return this.archive.runs[0]?.setup ?? null;
  }

  /** Ends what goes on; what it has is kept. */
  async stop(): Promise<void> {
    this.#stopTimer();
    if (this.#on?.kind === 'live') await this.#on.session.stop();
  }

  /** Reads the list; a run that was under way when its page went away is offered. */
  async open(): Promise<void> {
    await this.archive.load();
    const { vault } = this.#context.plumbing;
    for (const run of this.archive.runs) {
      if (run.status !== 'running' && run.status !== 'paused' && run.status !== 'waiting') continue;
      if (run.id === this.#on?.record.id) continue;
      const release = await vault.hold(run.id);
      if (release === null) continue; // Another page is at it.
      release();
      if (this.#context.state.interrupted === null)
        this.#context.set({ interrupted: this.#context.state.runs.find(({ id }) => id === run.id) ?? null });
      else this.archive.save({ ...run, status: 'stopped' });
    }
    this.#sources.onRuns();
  }

  #makeActions(): RunActions {
    const context = this.#context;
    const attempt = (work: () => Promise<void>) => context.attempt(work);
    const session = (): Session | null => (this.#on?.kind === 'live' ? this.#on.session : null);
    const go = (until: 'end' | 'phase' | 'round') => {
      const live = session();
      if (live !== null && live.status !== 'done') {
        void attempt(() => this.#goOn(until));
      } else if (this.#on !== null && this.#on.kind !== 'live' && this.#on.record.status !== 'done') {
        const { id } = this.#on.record;
        void attempt(() => this.#continue(id, until));
      } else void attempt(() => this.#begin(until));
    };
    const afresh = () => {
      if (!this.#isBusy()) void attempt(() => this.#begin('end'));
    };
    return {
      run: afresh,
      pause: () => {
        session()?.pause();
        if (this.#on !== null && this.#on.kind !== 'live') this.actions.setReplay({ isPlaying: false });
      },
      resume: () => {
        if (this.#on?.kind === 'replay') this.actions.setReplay({ isPlaying: true });
        else go('end');
      },
      stepPhase: () => {
        go('phase');
      },
      stepRound: () => {
        go('round');
      },
      stop: () => {
        void attempt(() => this.stop());
      },
      reset: () => {
        void attempt(async () => {
          await this.stop();
          this.#put(null);
        });
      },
      continueInterrupted: () =>
        attempt(async () => {
          const { interrupted } = context.state;
          if (interrupted !== null) await this.#continue(interrupted.id, 'end');
        }),
      dismissInterrupted: () => {
        const found = this.archive.find(context.state.interrupted?.id ?? '');
        if (found !== null) this.archive.save({ ...found, status: 'stopped' });
        context.set({ interrupted: null });
      },
      openRun: (id) => attempt(async () => this.#show(await this.#read(id, 'stored'))),
      playRun: (id) => attempt(async () => this.#play(await this.#read(id, 'replay'))),
      playRecorded: () => attempt(() => this.#playRecorded()),
      importRun: (bytes, name) => attempt(() => this.#import(bytes, name)),
      addOverlay: (id) =>
        attempt(async () => {
          const shown = await this.#read(id, 'stored');
          const others = context.state.overlays.filter((overlay) => overlay.id !== id);
          context.set({ overlays: [...others, this.#viewOf(shown)] });
        }),
      removeOverlay: (id) => {
        context.set({ overlays: context.state.overlays.filter((overlay) => overlay.id !== id) });
      },
      renameRun: (id, name) =>
        attempt(async () => {
          const found = this.archive.find(id);
          if (found === null || name.trim() === '') return;
          this.#record(id, { name: name.trim() });
          await this.archive.settled();
        }),
      deleteRun: (id) => attempt(() => this.#delete([id])),
      clearRuns: () =>
        attempt(() =>
          this.#delete(this.archive.runs.map((run) => run.id).filter((id) => id !== this.#on?.record.id)),
        ),
      exportRun: async (id) => {
        try {
          const { record, task, events } = await this.#material(id);
          const { name, createdAt, status, setup, model } = record;
          const bytes = writeRunFile({ name, createdAt, status, setup, model, task, events });
          const file = name.replace(/[^\p{L}\p{N}+.,-]+/gu, '-').slice(0, 80);
          return { name: `${file}${RUN_FILE_ENDING}`, type: 'application/zip', bytes };
        } catch (thrown) {
          context.fail(thrown);
          return null;
        }
      },
      setReplay: (change) => {
        this.#setReplay(change);
      },
    };
  }

  #isBusy(): boolean {
    const status = this.#on?.kind === 'live' ? this.#on.session.status : null;
    return this.#isStarting || status === 'running' || status === 'paused';
  }

  // ---------------------------------------------------------------- live

  async #begin(until: 'end' | 'phase' | 'round'): Promise<void> {
    if (this.#isBusy()) return;
    this.#isStarting = true;
    try {
      const { setup } = this.#context.state.setup;
      const faults = Object.entries(this.#context.state.setup.faults);
      if (faults.length > 0)
        throw new LabError(
          'invalid-request',
          `The setup cannot run: ${faults.map((f) => f.join(' ')).join('; ')}.`,
        );
      const arms = armsOf(setup);
      this.#stopTimer();
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
      const last = this.lastSetup();
      const { cards } = this.#context.state.tasks;
      const k = (id: string) => cards.find(({ definition }) => definition.id === id)?.definition.k ?? null;
      const changes = last === null ? [] : changesBetween(last, setup, k);
      const taskKey = taskKeyOf(task);
      const record: StoredRun = {
        ...{ id: newId(), name: autoName(setup, changes), createdAt: clock.date(), status: 'waiting' },
        ...{ setup, model: modelOf(ready), taskKey, changes, scores: {}, bytes: 0, isImported: false },
      };
      this.archive.saveTask(taskKey, task);
      await this.#start({ record, task, arms, past: NO_EVENTS, ready, until });
    } finally {
      this.#isStarting = false;
    }
  }

  /** Goes on with a run from the disk: its state is the fold of its events. */
  async #continue(id: string, until: 'end' | 'phase' | 'round'): Promise<void> {
    if (this.#isBusy()) return;
    this.#isStarting = true;
    try {
      const { record, task, events } = await this.#material(id);
      const ready = await this.#sources.models.ready();
      if (ready.facts.sha256 !== record.model.sha256) {
        throw new LabError(
          'invalid-request',
          `"${record.name}" was made with another model (${record.model.name}).`,
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
    readonly until: 'end' | 'phase' | 'round';
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
    const session = new Session({
      ...{ task, arms, seeds: record.setup.seeds, past, rates: this.#sources.rates(), clock, newAbort },
      ports: (signal) => {
        const { inference, training } = this.#sources.models.services;
        const now = () => clock.now();
        return rememberBase(labPorts({ inference, training, model: ready.facts, signal, now }), memory);
      },
      onView: (view) => {
        if (this.#on === going) this.#follow(going, view);
      },
      onLasting: (cell, index, event) => {
        this.#keep(going, cell, index, event);
      },
    });
    const going: Going = { kind: 'live', record, task, session, release };
    this.#put(going);
    this.#record(record.id, { status: 'running' });
    session.go(until);
  }

  async #goOn(until: 'end' | 'phase' | 'round'): Promise<void> {
    const going = this.#on;
    if (going?.kind !== 'live') return;
    if (going.session.status === 'failed' || going.session.status === 'stopped') {
      const ready = await this.#sources.models.ready();
      if (ready.facts.sha256 !== going.record.model.sha256) {
        throw new LabError(
          'invalid-request',
          `The run was made with another model (${going.record.model.name}).`,
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
      this.#record(going.record.id, { status: view.status });
      if (view.status !== 'running' && view.status !== 'paused') {
        going.release();
        this.#sources.onRates(going.session.rates);
        this.#sources.onRuns();
      }
    }
    this.#context.set({ run: this.#compose(going, view) });
  }

  #keep(going: Going, cell: CellTracker, index: number, event: LastingEvent): void {
    const { id, scores, bytes } = going.record;
    this.archive.append({ run: id, cell: cell.key, index }, event);
    const score = event.type === 'round-ended' ? lastScore(cell.state) : null;
    // The record goes with the rounds: between them nothing of it that matters changes.
    going.record = {
      ...going.record,
      bytes: bytes + bytesOf(event),
      scores: score === null ? scores : { ...scores, [cell.key]: score },
    };
    if (score !== null) this.archive.save(going.record);
  }

  // ---------------------------------------------------------------- recorded

  /** A run with its events: of this page where it goes on here, else from the disk. */
  async #material(id: string): Promise<Held & { readonly events: Events }> {
    const on = this.#on;
    if (on?.record.id === id) {
      const events =
        on.kind === 'live'
          ? new Map(on.session.cells.map(({ key, events: told }) => [key, told.slice()]))
          : on.events;
      return { record: on.record, task: on.task, events };
    }
    const record = this.archive.find(id);
    if (record === null) throw new LabError('source-unreadable', 'That run is not here any more.');
    await this.archive.settled();
    const { vault } = this.#context.plumbing;
    const [events, task] = await Promise.all([vault.events(id), vault.task(record.taskKey)]);
    if (task === null) {
      throw new LabError(
        'source-unreadable',
        `The rows of task ${record.setup.taskId} are not kept with "${record.name}".`,
        {
          remedy: 'Delete the run, and run it again.',
        },
      );
    }
    return { record, task, events };
  }

  async #read(id: string, kind: 'stored' | 'replay'): Promise<Shown> {
    return this.#asShown(await this.#material(id), kind);
  }

  #asShown({ record, task, events }: Held & { readonly events: Events }, kind: 'stored' | 'replay'): Shown {
    const recording = new Recording(armsOf(record.setup), record.setup.seeds, events);
    if (kind === 'stored') recording.moveTo(recording.length);
    return { kind, record, task, events, recording, replay: null };
  }

  async #show(shown: Shown): Promise<void> {
    if (this.#on?.kind === 'live' && this.#on.record.id === shown.record.id) return;
    await this.stop();
    this.#put(shown);
    this.#context.set({ run: this.#viewOf(shown) });
  }

  async #play(shown: Shown): Promise<void> {
    await this.stop();
    shown.replay = { isPlaying: true, speed: DEFAULT_SPEED };
    this.#put(shown);
    this.#tick(shown);
  }

  async #playRecorded(): Promise<void> {
    const bytes = await this.#context.plumbing.recorded();
    if (bytes === null) {
      this.#context.notify('No recorded run ships with this page.');
      return;
    }
    const file = readRunFile(bytes, 'The recorded run');
    await this.#play(this.#asShown({ record: recordOf(file, 'recorded'), ...file }, 'replay'));
  }

  async #import(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<void> {
    const file = readRunFile(bytes, name);
    const record = recordOf(file, this.#context.plumbing.newId());
    this.archive.saveTask(record.taskKey, file.task);
    for (const [cell, told] of file.events)
      told.forEach((event, index) => {
        this.archive.append({ run: record.id, cell, index }, event);
      });
    this.archive.save(record);
    this.#sources.onRuns();
    await this.#play(this.#asShown({ record, ...file }, 'replay'));
  }

  #setReplay(change: Partial<Pick<ReplayView, 'isPlaying' | 'speed' | 'position'>>): void {
    const on = this.#on;
    if (on === null || on.kind === 'live' || on.replay === null) return;
    if (change.position !== undefined) on.recording.moveTo(change.position);
    if (change.speed !== undefined) on.replay.speed = Math.min(1000, Math.max(0.1, change.speed));
    if (change.isPlaying !== undefined) on.replay.isPlaying = change.isPlaying;
    // Played to its end, it begins again.
    if (change.isPlaying === true && on.recording.position === on.recording.length) on.recording.moveTo(0);
    this.#tick(on);
  }

  #tick(shown: Shown): void {
    this.#stopTimer();
    this.#context.set({ run: this.#viewOf(shown) });
    const { replay, recording } = shown;
    if (replay?.isPlaying !== true) return;
    if (recording.position >= recording.length) {
      replay.isPlaying = false;
      this.#context.set({ run: this.#viewOf(shown) });
      return;
    }
    this.#stopTimer = this.#context.plumbing.clock.delay(1000 / replay.speed, () => {
      recording.moveTo(recording.position + 1);
      this.#tick(shown);
    });
  }

  // ---------------------------------------------------------------- what both have

  #viewOf(shown: Shown): RunView {
    const { recording, replay, record } = shown;
    const isOver = record.status === 'running' || record.status === 'waiting' || record.status === 'paused';
    const view = recording.view(isOver ? 'stopped' : record.status);
    const status = view.status === 'running' && replay?.isPlaying !== true ? 'paused' : view.status;
    return {
      ...this.#compose(shown, { ...view, status }),
      replay: replay === null ? null : { ...replay, position: recording.position, length: recording.length },
    };
  }

  #compose({ kind, record, task }: Going | Shown, view: SessionView): RunView {
    const { id, name, createdAt, setup, model } = record;
    return { id, name, createdAt, kind, setup, model, task, ...view, replay: null };
  }

  #put(on: Going | Shown | null): void {
    this.#stopTimer();
    this.#on = on;
    if (on === null) this.#context.set({ run: null });
    else if (on.kind === 'live') this.#context.set({ run: this.#compose(on, on.session.view()) });
    this.#sources.onRuns();
  }

  /** Changes a run's record, in the list, on the page and on the disk. */
  #record(id: string, change: Partial<StoredRun>): void {
    const on = this.#on?.record.id === id ? this.#on : null;
    const record = on?.record ?? this.archive.find(id);
    if (record === null) return;
    const changed = { ...record, ...change };
    this.archive.save(changed);
    const { run } = this.#context.state;
    if (on === null) return;
    on.record = changed;
    if (run?.id === id && change.name !== undefined)
      this.#context.set({ run: { ...run, name: change.name } });
  }

  async #delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#on?.record.id === id) {
        await this.stop();
        this.#put(null);
      }
      const { interrupted, overlays } = this.#context.state;
      if (interrupted?.id === id) this.#context.set({ interrupted: null });
      this.#context.set({ overlays: overlays.filter((overlay) => overlay.id !== id) });
      await this.archive.remove(id);
    }
    this.#sources.onRuns();
  }
}

const modelOf = ({ facts, loaded }: ReadyModel): RunModel => {
  const devices = [loaded.inference.device.description, loaded.training.device.description];
  return { name: facts.name, sha256: facts.sha256, device: [...new Set(devices)].join(' / ') };
};

function recordOf(file: ReturnType<typeof readRunFile>, id: string): StoredRun {
  const { name, createdAt, status, setup, model, task, events } = file;
  const cells = [...events].map(([key, told]) => ({ key, told }));
  const recording = new Recording(armsOf(setup), setup.seeds, events);
  recording.moveTo(recording.length);
  const scores = Object.fromEntries(
    recording.view(status).cells.flatMap(({ key, state }) => {
      const score = lastScore(state);
      return score === null ? [] : [[key, score] as const];
    }),
  );
  const bytes = cells.flatMap(({ told }) => told).reduce((sum, event) => sum + bytesOf(event), 0);
  return {
    ...{ id, name, createdAt, status, setup, model, taskKey: taskKeyOf(task), changes: [], scores, bytes },
    isImported: true,
  };
}
