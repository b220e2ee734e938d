/**
 * @file Writes runs to the disk in the order in which they happen. What this page computes it holds whole in memory until all
 * of it is on the disk: where the disk lacks the run or stands otherwise (cleared in mid-run, a write that came late), the
 * whole run is written again. What cannot be kept (a full disk, a silent one) waits and is tried again.
 */
import { LabError } from '../../core/errors.ts';
import type { LastingEvent } from '../../words/events.ts';
import type { Context } from '../plumbing.ts';
import type { EventAdds, EventPlace, RunChange, WholeRun, Written } from './vault.ts';

/** Milliseconds until what could not be kept is tried again by itself. */
const AGAIN_MS = 15_000;

type Writing =
  | {
      readonly kind: 'event';
      readonly place: EventPlace;
      readonly event: LastingEvent;
      readonly adds: EventAdds;
    }
  | { readonly kind: 'change'; readonly run: string; readonly change: RunChange }
  /** The run as it is when its turn comes. */
  | { readonly kind: 'whole'; readonly run: string };

const runOf = (writing: Writing): string => (writing.kind === 'event' ? writing.place.run : writing.run);

/** A run that this page alone may write. */
interface Source {
  readonly whole: () => WholeRun;
  readonly release: () => void;
  readonly onLost: () => void;
  /** It has come to its end: let go when all is written. */
  isOver: boolean;
}

export class Keeper {
  readonly #context: Context;
  readonly #sources = new Map<string, Source>();
  #waiting: Writing[] = [];
  #isWriting = false;
  #isFailing = false;
  #writing: Promise<void> = Promise.resolve();
  #stopAgain = (): void => undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** This page computes the run, or has not written all of it. */
  holds(run: string): boolean {
    return this.#sources.has(run);
  }

  /** What this page knows of a run that it holds. */
  whole(run: string): WholeRun | null {
    return this.#sources.get(run)?.whole() ?? null;
  }

  /** From here on the page writes this run. In place of one that it holds already, whose hold goes on. */
  hold(run: string, source: Omit<Source, 'isOver'>): void {
    const release = this.#sources.get(run)?.release ?? source.release;
    this.#sources.set(run, { ...source, release, isOver: false });
  }

  /** Nothing more will come of it. It is let go when all of it is written. */
  end(run: string): void {
    const source = this.#sources.get(run);
    if (source === undefined) return;
    source.isOver = true;
    this.#letGo();
  }

  /** Nothing more of it is written: deleted here, or another window's. */
  drop(run: string): void {
    this.#waiting = this.#waiting.filter((writing) => runOf(writing) !== run);
    const source = this.#sources.get(run);
    this.#sources.delete(run);
    source?.release();
    this.#tellUnkept();
  }

  write(run: string): void {
    this.#write({ kind: 'whole', run });
  }

  append(place: EventPlace, event: LastingEvent, adds: EventAdds): void {
    this.#write({ kind: 'event', place, event, adds });
  }

  change(run: string, change: RunChange): void {
    // What still waits of the kind goes with it; the first may be on its way.
    const [head, ...rest] = this.#waiting;
    let whole = change;
    const others = rest.filter((writing) => {
      if (writing.kind !== 'change' || writing.run !== run) return true;
      whole = { ...writing.change, ...whole };
      return false;
    });
    if (head !== undefined) this.#waiting = [head, ...others];
    this.#write({ kind: 'change', run, change: whole });
  }

  /** After room was made: what waited is written. */
  async retry(): Promise<void> {
    this.#stopAgain();
    if (!this.#isWriting) this.#writing = this.#drain();
    await this.#writing;
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #write(writing: Writing): void {
    this.#waiting.push(writing);
    void this.retry();
  }

  async #drain(): Promise<void> {
    this.#isWriting = true;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      let written: Written;
      try {
        written = await this.#put(next);
      } catch (thrown) {
        // Order matters, so all that follows waits too. Said once, until something is kept again.
        if (!this.#isFailing) this.#context.fail(thrown);
        this.#isFailing = true;
        this.#stopAgain = this.#context.plumbing.clock.delay(AGAIN_MS, () => void this.retry());
        break;
      }
      this.#isFailing = false;
      this.#settle(next, written);
    }
    this.#isWriting = false;
    this.#letGo();
    this.#tellUnkept();
  }

  #put(writing: Writing): Promise<Written> {
    const { vault } = this.#context.plumbing;
    switch (writing.kind) {
      case 'event':
        return vault.appendEvent(writing.place, writing.event, writing.adds);
      case 'change':
        return vault.changeRun(writing.run, writing.change);
      case 'whole': {
        const { run } = writing;
        const whole = this.whole(run);
        if (whole === null) return Promise.resolve('kept');
        // All that waits of it is in it.
        this.#waiting = this.#waiting.filter((other) => other === writing || runOf(other) !== run);
        return vault.saveWhole(whole);
      }
    }
  }

  #settle(writing: Writing, written: Written): void {
    const run = runOf(writing);
    const at = this.#waiting.indexOf(writing);
    if (at < 0) return; // Dropped meanwhile.
    const source = this.#sources.get(run);
    if (written === 'elsewhere') {
      this.drop(run);
      source?.onLost();
    } else if (written === 'kept' || source === undefined) {
      this.#waiting.splice(at, 1);
    } else {
      if (written === 'gone')
        this.#context.notify(
          `The browser’s storage was cleared while “${source.whole().record.name}” was under way. The run is written again from this page.`,
        );
      this.#waiting.splice(at, 1, { kind: 'whole', run });
    }
  }

  #letGo(): void {
    for (const [run, { isOver, release }] of this.#sources) {
      if (!isOver || this.#waiting.some((writing) => runOf(writing) === run)) continue;
      this.#sources.delete(run);
      release();
    }
  }

  #tellUnkept(): void {
    const runs = this.#isFailing ? this.#waiting.map(runOf).filter((run) => this.#sources.has(run)) : [];
    const unkept = [...new Set(runs)];
    if (unkept.join() !== this.#context.state.unkept.join()) this.#context.set({ unkept });
  }
}

/** The run went from the disk behind this page's back. */
export const goneRun = (name: string): LabError =>
  new LabError('source-unreadable', `“${name}” is not in this browser any more.`, {
    remedy: 'Another window deleted it, or the browser’s storage was cleared.',
  });
