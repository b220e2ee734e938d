/**
 * @file The run that stands on the page, going on or recorded, and what every kind of run has in common: its record, its
 * view, its events.
 */
import type { LastingEvent } from '../../words/events.ts';
import { LabError } from '../../core/errors.ts';
import type { Task } from '../../words/task.ts';
import { Archive, wordOf } from '../runs/archive.ts';
import { goneRun } from '../runs/keeper.ts';
import { ofToday } from '../runs/run-shape.ts';
import type { RunView } from './run-state.ts';
import type { Context } from '../plumbing.ts';
import type { RawRun } from '../runs/raw-run.ts';
import { Recording } from '../runs/recording.ts';
import type { Session, SessionView } from './session.ts';
import { armsOf } from '../setup/setup.ts';
import type { RunChange, StoredRun, WholeRun } from '../runs/vault.ts';

export type Events = ReadonlyMap<string, readonly LastingEvent[]>;

/** A run with all that belongs to it, in this page. */
export interface Held {
  record: StoredRun;
  readonly task: Task;
}
export interface Going extends Held {
  readonly kind: 'live';
  readonly session: Session;
  /** Another window has taken it over: what comes now is not kept. */
  isLost: boolean;
}
export interface Shown extends Held {
  readonly kind: 'stored' | 'replay';
  readonly recording: Recording;
  readonly events: Events;
  replay: { isPlaying: boolean; speed: number } | null;
}

export class Stage {
  readonly archive: Archive;
  on: Going | Shown | null = null;
  /** Calls off the next step of a replay. */
  stopTimer = (): void => undefined;
  readonly #context: Context;
  readonly #onRuns: () => void;

  /** @param onRuns a run began or ended, was deleted, ...: what else shows runs derives itself anew */
  constructor(context: Context, onRuns: () => void) {
    this.#context = context;
    this.#onRuns = onRuns;
    this.archive = new Archive(context);
  }

  /** Ends what goes on; what it has is kept. */
  async stop(): Promise<void> {
    this.stopTimer();
    if (this.on?.kind === 'live') await this.on.session.stop();
  }

  /** A run with its events: of this page where it stands here or is not kept yet, else from the disk. */
  async material(id: string): Promise<WholeRun> {
    const on = this.on;
    if (on?.record.id === id && on.kind !== 'live')
      return { record: on.record, task: on.task, events: on.events };
    if (on?.record.id === id && on.kind === 'live') return wholeOf(on);
    return this.archive.keeper.whole(id) ?? this.fromDisk(id);
  }

  /** @throws LabError `source-unreadable` for a run that has gone from there */
  async fromDisk(id: string): Promise<WholeRun> {
    const { vault } = this.#context.plumbing;
    await this.archive.keeper.settled();
    const kept = await vault.run(id);
    if (kept === null) {
      const name = this.archive.find(id)?.name ?? 'That run';
      this.archive.forget(id);
      throw goneRun(name);
    }
    const [events, task] = await Promise.all([vault.events(id), vault.task(kept.taskKey)]);
    const { keptFault } = await import('../runs/run-check.ts');
    const fault = keptFault(kept, task, events);
    if (fault !== null) this.archive.damage(kept, fault);
    const record = fault === null ? ofToday(kept) : kept;
    if (task !== null && fault === null) return { record, task, events };
    throw new LabError('source-unreadable', `"${record.name}" is damaged. ${fault ?? ''}`, {
      remedy: 'In Compare, save what is there of it, or remove it.',
    });
  }

  /** Whatever is there of a run, unchecked. @throws LabError where nothing is */
  async raw(id: string): Promise<RawRun & { readonly name: string }> {
    const on = this.on;
    if (on?.record.id === id) return { ...(await this.material(id)), name: on.record.name };
    const record = this.archive.findRaw(id);
    if (record === null) throw new LabError('source-unreadable', 'That run is not here any more.');
    await this.archive.keeper.settled();
    const { vault } = this.#context.plumbing;
    const [events, task] = await Promise.allSettled([vault.events(record.id), vault.task(record.taskKey)]);
    return {
      ...{ record, name: wordOf(record.name) },
      task: task.status === 'fulfilled' ? task.value : null,
      events: events.status === 'fulfilled' ? events.value : new Map(),
    };
  }

  async read(id: string, kind: 'stored' | 'replay'): Promise<Shown> {
    return this.asShown(await this.material(id), kind);
  }

  asShown({ record, task, events }: WholeRun, kind: 'stored' | 'replay'): Shown {
    const recording = new Recording(task, armsOf(record.setup), record.setup.seeds, events);
    if (kind === 'stored') recording.moveTo(recording.length);
    return { kind, record, task, events, recording, replay: null };
  }

  viewOf(shown: Shown): RunView {
    const { recording, replay, record } = shown;
    const { status: now } = this.archive.cardOf(record);
    // Of one that another window computes, this is what it had finished when it was opened here.
    const ended = now === 'running' || now === 'waiting' || now === 'paused' ? 'stopped' : now;
    const view = recording.view(ended === 'interrupted' ? 'stopped' : ended);
    const isAtEnd = view.status !== 'running';
    const status = isAtEnd ? ended : replay?.isPlaying !== true ? 'paused' : 'running';
    return {
      ...this.compose(shown, { ...view, status }),
      replay: replay === null ? null : { ...replay, position: recording.position, length: recording.length },
    };
  }

  compose(
    { kind, record, task }: Going | Shown,
    view: Omit<SessionView, 'status'> & Pick<RunView, 'status'>,
  ): RunView {
    const { id, name, createdAt, setup, model } = record;
    return { id, name, createdAt, kind, setup, model, task, ...view, replay: null };
  }

  put(on: Going | Shown | null): void {
    this.stopTimer();
    this.on = on;
    if (on === null) this.#context.set({ run: null });
    else if (on.kind === 'live') this.#context.set({ run: this.compose(on, on.session.view()) });
    this.#onRuns();
  }

  /** Changes a run's record, in the list, on the page and on the disk. */
  record(id: string, change: RunChange): void {
    const on = this.on?.record.id === id ? this.on : null;
    const record = on?.record ?? this.archive.find(id);
    if (record === null) return;
    const changed = { ...record, ...change };
    if (on !== null) on.record = changed;
    this.archive.put(changed);
    this.archive.keeper.change(id, change);
    const { run } = this.#context.state;
    if (on === null) return;
    if (run?.id === id && change.name !== undefined)
      this.#context.set({ run: { ...run, name: change.name } });
  }
}

/** All of a run that goes on, as it is now. */
export const wholeOf = ({ record, task, session }: Going): WholeRun => ({
  ...{ record, task },
  events: new Map(session.cells.map(({ key, events }) => [key, events.slice()])),
});
