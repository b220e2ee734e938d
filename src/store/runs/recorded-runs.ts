/** @file Runs that are recorded: opened whole, or played event by event; nothing of them is computed. */
import type { RecordedName } from '../../words/recorded.ts';
import { bytesOf, lastScore, taskKeyOf } from './archive.ts';
import { endingsOf } from './ended.ts';
import type { ReplayView } from '../live/run-state.ts';
import type { Context } from '../plumbing.ts';
import { Recording } from './recording.ts';
import type { RunFile } from './run-file.ts';
import { armsOf } from '../setup/setup.ts';
import type { Shown, Stage } from '../live/stage.ts';
import type { PickedFiles } from '../../core/source.ts';
import { SETUP_VERSION } from './run-shape.ts';
import type { StoredRun, WholeRun } from './vault.ts';

/** Lasting events a second. */
const DEFAULT_SPEED = 4;
/** Between two looks at the way to an event, milliseconds. */
const LEAD_MS = 60;

export class RecordedRuns {
  readonly #context: Context;
  readonly #stage: Stage;
  readonly #onRuns: () => void;

  constructor(context: Context, stage: Stage, onRuns: () => void) {
    this.#context = context;
    this.#stage = stage;
    this.#onRuns = onRuns;
  }

  async show(shown: Shown): Promise<void> {
    if (this.#stage.on?.kind === 'live' && this.#stage.on.record.id === shown.record.id) return;
    await this.#stage.stop();
    this.#stage.put(shown);
    this.#context.set({ run: this.#stage.viewOf(shown) });
  }

  async play(shown: Shown): Promise<void> {
    await this.#stage.stop();
    shown.replay = { isPlaying: true, speed: DEFAULT_SPEED };
    this.#stage.put(shown);
    this.#tick(shown);
  }

  async playRecorded(name: RecordedName): Promise<void> {
    const bytes = await this.#context.plumbing.recorded(name);
    if (bytes === null) {
      this.#context.notify(`No recorded run of that name (${name}) ships with this page.`);
      return;
    }
    // Zip and shapes of a run's file are no part of the page's first script.
    const { readRunFile } = await import('./run-file.ts');
    const file = readRunFile(bytes, 'The recorded run');
    const { task, events } = file;
    await this.play(this.#stage.asShown({ record: recordOf(file, 'recorded'), task, events }, 'replay'));
  }

  /** All of them are kept; the first is played. */
  async import(picked: PickedFiles): Promise<void> {
    const { openPicked } = await import('./open-picked.ts');
    const { runs, told } = await openPicked(picked, this.#context.plumbing);
    const kept: WholeRun[] = [];
    for (const file of runs) kept.push(await this.#keep(file));
    this.#onRuns();
    if (runs.length > 1) this.#context.notify(`${runs.length} runs were opened; Compare lists them.`);
    for (const text of told) this.#context.notify(text);
    const [first] = kept;
    if (first !== undefined) await this.play(this.#stage.asShown(first, 'replay'));
  }

  async #keep(file: RunFile): Promise<WholeRun> {
    const { archive } = this.#stage;
    const record = recordOf(file, this.#context.plumbing.newId());
    const whole = { record, task: file.task, events: file.events };
    // Its name is new, so nobody else can have it; held, because it may be gone on with before it is written.
    const nothing = () => undefined;
    const release = (await this.#context.plumbing.vault.hold(record.id, nothing)) ?? nothing;
    archive.keeper.hold(record.id, { whole: () => whole, release, onLost: nothing });
    archive.put(record);
    archive.keeper.write(record.id);
    archive.keeper.end(record.id);
    return whole;
  }

  setReplay(change: Partial<Pick<ReplayView, 'isPlaying' | 'speed' | 'position'>>): void {
    const on = this.#stage.on;
    if (on === null || on.kind === 'live' || on.replay === null) return;
    if (change.position !== undefined) on.recording.moveTo(change.position);
    if (change.speed !== undefined) on.replay.speed = Math.min(1000, Math.max(0.1, change.speed));
    if (change.isPlaying !== undefined) on.replay.isPlaying = change.isPlaying;
    // Played to its end, it begins again.
    if (change.isPlaying === true && on.recording.position === on.recording.length) on.recording.moveTo(0);
    this.#tick(on);
  }

  /** Rests on the next result, or at the end of the round. */
  step(what: 'phase' | 'round'): void {
    const on = this.#stage.on;
    if (on === null || on.kind === 'live' || on.replay === null) return;
    on.replay.isPlaying = false;
    on.recording.step(what);
    this.#tick(on);
  }

  #tick(shown: Shown): void {
    this.#stage.stopTimer();
    this.#context.set({ run: this.#stage.viewOf(shown) });
    const { replay, recording } = shown;
    if (replay?.isPlaying !== true) return;
    if (recording.position >= recording.length) {
      replay.isPlaying = false;
      this.#context.set({ run: this.#stage.viewOf(shown) });
      return;
    }
    const whole = 1000 / replay.speed;
    const step = Math.min(whole, LEAD_MS);
    this.#stage.stopTimer = this.#context.plumbing.clock.delay(step, () => {
      const share = recording.share + step / whole;
      // A hair less than the whole is the whole: shares are sums.
      if (share < 1 - 1e-9) recording.lead(share);
      else recording.moveTo(recording.position + 1);
      this.#tick(shown);
    });
  }
}

/** A file says how its run stood when it was written; nobody computes it now. */
function statusOf(file: RunFile, isComplete: boolean): StoredRun['status'] {
  if (isComplete) return 'done';
  return file.status === 'stopped' || file.status === 'failed' ? file.status : 'interrupted';
}

function recordOf(file: RunFile, id: string): StoredRun {
  const { name, createdAt, setup, model, task, events } = file;
  const recording = new Recording(task, armsOf(setup), setup.seeds, events);
  recording.moveTo(recording.length);
  const { cells } = recording.view('stopped');
  const endings = endingsOf(cells);
  const scores = Object.fromEntries(
    cells.flatMap(({ key, state }) => {
      const score = lastScore(state);
      return score === null ? [] : [[key, score] as const];
    }),
  );
  const bytes = [...events.values()].flat().reduce((sum, event) => sum + bytesOf(event), 0);
  const status = statusOf(
    file,
    cells.every(({ state }) => state.end !== null),
  );
  return {
    ...{ id, name, createdAt, status, setup, ...SETUP_VERSION, model, taskKey: taskKeyOf(task) },
    ...{ changes: [], scores, endings, bytes, isImported: true },
  };
}
