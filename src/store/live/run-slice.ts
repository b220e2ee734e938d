/** @file The actions on runs: those of the run on the page, and those of every run that went before. */
import { LabError } from '../../core/errors.ts';
import { LONGEST_NAME } from '../../core/bounds.ts';
import type { RunActions } from './run-state.ts';
import type { Setup } from '../setup/setup-shape.ts';
import type { RunSources } from './live-runs.ts';
import { LiveRuns } from './live-runs.ts';
import { busyElsewhere } from '../runs/archive.ts';
import { OtherWindows } from '../runs/other-windows.ts';
import type { Context } from '../plumbing.ts';
import { RecordedRuns } from '../runs/recorded-runs.ts';
import type { Session, Until } from './session.ts';
import { Stage } from './stage.ts';
import type { StoredRun } from '../runs/vault.ts';

/** Of a run's name, what every file system takes; never a leading dot, which hides a file. */
const fileName = (name: string): string =>
  name
    .slice(0, LONGEST_NAME)
    .replace(/[^\p{L}\p{N}+.,-]+/gu, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 80) || 'run';

export class Runs {
  readonly actions: RunActions;
  readonly #context: Context;
  readonly #stage: Stage;
  readonly #live: LiveRuns;
  readonly #recorded: RecordedRuns;
  readonly #others: OtherWindows;
  readonly #onRuns: () => void;

  constructor(context: Context, sources: RunSources) {
    this.#context = context;
    this.#onRuns = sources.onRuns;
    this.#stage = new Stage(context, sources.onRuns);
    this.#others = new OtherWindows(context, this.#stage.archive, sources.onRuns);
    this.#live = new LiveRuns(context, sources, this.#stage, () => void this.#others.look());
    this.#recorded = new RecordedRuns(context, this.#stage, sources.onRuns);
    this.actions = this.#makeActions();
  }

  /** Newest first. */
  get all(): readonly StoredRun[] {
    return this.#stage.archive.runs;
  }

  /** The setup of the newest run. */
  lastSetup(): Setup | null {
    return this.all[0]?.setup ?? null;
  }

  /** A run goes on here, or is about to. */
  isBusy(): boolean {
    return this.#live.isBusy();
  }

  /** Ends what goes on; what it has is kept. */
  stop(): Promise<void> {
    return this.#stage.stop();
  }

  /** Reads the list, now and whenever another window changes it; a run that was left in its middle is offered. */
  async open(): Promise<void> {
    await this.#others.open();
    this.#onRuns();
  }

  #makeActions(): RunActions {
    const context = this.#context;
    const attempt = (work: () => Promise<void>) => context.attempt(work);
    const session = (): Session | null => (this.#stage.on?.kind === 'live' ? this.#stage.on.session : null);
    const go = (until: Until) => {
      const live = session();
      if (live !== null && live.status !== 'done') {
        void attempt(() => this.#live.goOn(until));
      } else if (
        this.#stage.on !== null &&
        this.#stage.on.kind !== 'live' &&
        this.#stage.on.record.status !== 'done'
      ) {
        const { id } = this.#stage.on.record;
        void attempt(() => this.#live.continue(id, until));
      } else void attempt(() => this.#live.begin(until));
    };
    const step = (what: 'phase' | 'round') => {
      if (this.#stage.on?.kind === 'replay') this.#recorded.step(what);
      else go(what);
    };
    const afresh = () => {
      if (!this.#live.isBusy()) void attempt(() => this.#live.begin('end'));
    };
    return {
      run: afresh,
      pause: () => {
        session()?.pause();
        if (this.#stage.on !== null && this.#stage.on.kind !== 'live')
          this.actions.setReplay({ isPlaying: false });
      },
      resume: () => {
        if (this.#stage.on?.kind === 'replay') this.actions.setReplay({ isPlaying: true });
        else go('end');
      },
      stepPhase: () => {
        step('phase');
      },
      stepRound: () => {
        step('round');
      },
      stop: () => {
        void attempt(() => this.#stage.stop());
      },
      reset: () => {
        void attempt(async () => {
          await this.#stage.stop();
          this.#stage.put(null);
        });
      },
      continueInterrupted: () =>
        attempt(async () => {
          const { interrupted } = context.state;
          if (interrupted !== null) await this.#live.continue(interrupted.id, 'end');
        }),
      dismissInterrupted: () => {
        for (const { id } of this.#stage.archive.left()) this.#stage.record(id, { status: 'interrupted' });
        context.set({ interrupted: null });
      },
      continueRun: (id) => attempt(() => this.#live.continue(id, 'end')),
      openRun: (id) => attempt(async () => this.#recorded.show(await this.#stage.read(id, 'stored'))),
      playRun: (id) => attempt(async () => this.#recorded.play(await this.#stage.read(id, 'replay'))),
      playRecorded: (name) => attempt(() => this.#recorded.playRecorded(name)),
      importRun: (picked) => attempt(() => this.#recorded.import(picked)),
      addOverlay: (id) =>
        attempt(async () => {
          const shown = await this.#stage.read(id, 'stored');
          const others = context.state.overlays.filter((overlay) => overlay.id !== id);
          context.set({ overlays: [...others, this.#stage.viewOf(shown)] });
        }),
      removeOverlay: (id) => {
        context.set({ overlays: context.state.overlays.filter((overlay) => overlay.id !== id) });
      },
      renameRun: (id, name) =>
        attempt(async () => {
          const found = this.#stage.archive.find(id);
          if (found === null || name.trim() === '') return;
          if (name.trim().length > LONGEST_NAME)
            throw new LabError(
              'invalid-request',
              `The name has ${name.trim().length} characters, a run's at most ${LONGEST_NAME}.`,
              { remedy: 'Choose a shorter name.' },
            );
          this.#stage.record(id, { name: name.trim() });
          await this.#stage.archive.keeper.settled();
        }),
      deleteRun: (id) => attempt(() => this.#delete([id])),
      clearRuns: () =>
        attempt(() =>
          this.#delete(
            this.#stage.archive.runs
              .map((run) => run.id)
              .filter((id) => id !== this.#stage.on?.record.id && !this.#stage.archive.isElsewhere(id)),
          ),
        ),
      exportRun: async (id) => {
        try {
          const { record, task, events } = await this.#stage.material(id);
          const { name, createdAt, setup, model } = record;
          const status = record.status === 'interrupted' ? 'stopped' : record.status;
          const { RUN_FILE_ENDING, writeRunFile } = await import('../runs/run-file.ts');
          const bytes = writeRunFile({ name, createdAt, status, setup, model, task, events });
          return { name: `${fileName(name)}${RUN_FILE_ENDING}`, type: 'application/zip', bytes };
        } catch (thrown) {
          context.fail(thrown);
          return null;
        }
      },
      saveRaw: async (id) => {
        try {
          const raw = await this.#stage.raw(id);
          const { writeRawRun } = await import('../runs/raw-run.ts');
          return { name: `${fileName(raw.name)}.raw.zip`, type: 'application/zip', bytes: writeRawRun(raw) };
        } catch (thrown) {
          context.fail(thrown);
          return null;
        }
      },
      setReplay: (change) => {
        this.#recorded.setReplay(change);
      },
    };
  }

  async #delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#stage.archive.isElsewhere(id))
        throw busyElsewhere(this.#stage.archive.find(id)?.name ?? id, 'is not deleted here');
      if (this.#stage.on?.record.id === id) {
        await this.#stage.stop();
        this.#stage.put(null);
      }
      const { interrupted, overlays } = this.#context.state;
      if (interrupted?.id === id) this.#context.set({ interrupted: null });
      this.#context.set({ overlays: overlays.filter((overlay) => overlay.id !== id) });
      await this.#stage.archive.remove(id);
    }
    this.#onRuns();
  }
}
