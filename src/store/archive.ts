/**
 * @file Past runs: the list, and the keeping of events in their order. What cannot be kept (a full disk) waits in memory
 * and is tried again when there may be room; the person is told, and the run goes on.
 */
import type { LastingEvent } from '../core/events.ts';
import { deriveKey } from '../core/random.ts';
import type { Task } from '../core/task.ts';
import type { RunState } from '../core/state.ts';
import type { RunCard } from './lab-model.ts';
import type { Context } from './plumbing.ts';
import { LONGEST_NAME } from '../core/run-limits.ts';
import { storedRun } from './run-shape.ts';
import type { EventPlace, StoredRun } from './vault.ts';

/** Names a task as it was used: its id, and its rows in 64 bits. */
export function taskKeyOf(task: Task): string {
  const text = JSON.stringify(task);
  const half = (salt: string) => deriveKey(salt, text).toString(16).padStart(8, '0');
  return `${task.definition.id}-${half('a')}${half('b')}`;
}

/** Exact match zero-shot on test in the last round that has it; null without one. */
export function lastScore({ rounds }: RunState): number | null {
  const scores = rounds.flatMap(({ evaluations }) => {
    const found = evaluations.find(({ split, mode }) => split === 'test' && mode === 'zero-shot');
    const { predictions = [] } = found ?? {};
    if (predictions.length === 0) return [];
    return predictions.filter(({ isExact }) => isExact).length / predictions.length;
  });
  return scores.at(-1) ?? null;
}

/** About what an event takes on the disk. */
export function bytesOf(event: LastingEvent): number {
  if (event.type !== 'trained') return JSON.stringify(event).length;
  const { adapter, curve } = event;
  const floats = [...adapter.pairs.values()].reduce((sum, { a, b }) => sum + a.byteLength + b.byteLength, 0);
  return floats + JSON.stringify(curve).length;
}

const cardOf = (run: StoredRun): RunCard => {
  const { id, name, createdAt, status, setup, model, changes, scores, endings, bytes, isImported } = run;
  return {
    ...{ id, name, createdAt, status, setup, model, changes, scores, bytes, isImported },
    ...(endings === undefined ? {} : { endings }),
    taskId: setup.taskId,
  };
};

/** Of a value that was promised to be text; '' where it is nothing that can be shown. */
export const wordOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, LONGEST_NAME) : '';

type Writing =
  | { readonly kind: 'event'; readonly place: EventPlace; readonly event: LastingEvent }
  | { readonly kind: 'run'; readonly run: StoredRun }
  | { readonly kind: 'task'; readonly key: string; readonly task: Task };

export class Archive {
  readonly #context: Context;
  #runs: readonly StoredRun[] = [];
  /** By id as text: what the disk gave back and is no run. */
  readonly #damaged = new Map<string, { readonly record: StoredRun; readonly why: string }>();
  readonly #waiting: Writing[] = [];
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Newest first. */
  get runs(): readonly StoredRun[] {
    return this.#runs;
  }

  /** Whether everything handed in so far is on the disk. */
  get isKept(): boolean {
    return this.#waiting.length === 0;
  }

  async load(): Promise<void> {
    const stored = await this.#context.plumbing.vault.runs();
    const here = new Set(this.#runs.map(({ id }) => id));
    const whole: StoredRun[] = [];
    for (const record of stored) {
      // The disk keeps its promise of types no better than a file does.
      const fault = storedRun.fault(record, '');
      if (fault === null) whole.push(record);
      else
        this.#damaged.set(wordOf(record.id) || `key ${this.#damaged.size}`, {
          record,
          why: `Its record is damaged: ${fault}.`,
        });
    }
    if (this.#damaged.size > 0)
      this.#context.notify('Of the past runs some are damaged and cannot be opened. Compare lists them.');
    this.#show([...this.#runs, ...whole.filter(({ id }) => !here.has(id))]);
  }

  find(id: string): StoredRun | null {
    return this.#runs.find((run) => run.id === id) ?? null;
  }

  /** Also one that is damaged: nothing of it is sure. */
  findRaw(id: string): StoredRun | null {
    return this.find(id) ?? this.#damaged.get(id)?.record ?? null;
  }

  /** A run that is not whole, as its reader found: off the list of those that can be opened. */
  damage(record: StoredRun, why: string): void {
    this.#damaged.set(record.id, { record, why });
    this.#show(this.#runs.filter(({ id }) => id !== record.id));
  }

  /** Into the list, and to the disk after what was handed in before. */
  save(run: StoredRun): void {
    this.#show([run, ...this.#runs.filter(({ id }) => id !== run.id)]);
    // A record that is still waiting is out of date.
    const at = this.#waiting.findIndex((writing) => writing.kind === 'run' && writing.run.id === run.id);
    if (at > 0) this.#waiting.splice(at, 1);
    this.#write({ kind: 'run', run });
  }

  saveTask(key: string, task: Task): void {
    this.#write({ kind: 'task', key, task });
  }

  append(place: EventPlace, event: LastingEvent): void {
    this.#write({ kind: 'event', place, event });
  }

  async remove(id: string): Promise<void> {
    // What of it still waits would be written behind its deletion; what is under way may come to wait again.
    this.#forget(id);
    await this.settled();
    this.#forget(id);
    // A damaged record's own key may be no text.
    await this.#context.plumbing.vault.deleteRun(this.#damaged.get(id)?.record.id ?? id);
    this.#damaged.delete(id);
    this.#show(this.#runs.filter((run) => run.id !== id));
    await this.retry();
  }

  #forget(id: string): void {
    const begun = this.#isWriting ? this.#waiting[0] : undefined;
    for (const writing of [...this.#waiting]) {
      const of =
        writing.kind === 'event' ? writing.place.run : writing.kind === 'run' ? writing.run.id : null;
      if (of === id && writing !== begun) this.#waiting.splice(this.#waiting.indexOf(writing), 1);
    }
  }

  /** After room was made: what waited is written. */
  async retry(): Promise<void> {
    if (!this.#isWriting) this.#writing = this.#drain();
    await this.#writing;
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #show(runs: readonly StoredRun[]): void {
    this.#runs = [...runs].sort((a, b) => b.createdAt - a.createdAt);
    const damaged = [...this.#damaged].map(([id, { record, why }]) => ({
      id,
      name: wordOf(record.name) || id,
      why,
    }));
    this.#context.set({ runs: this.#runs.map(cardOf), damaged });
  }

  #write(writing: Writing): void {
    this.#waiting.push(writing);
    void this.retry();
  }

  async #drain(): Promise<void> {
    const { vault } = this.#context.plumbing;
    this.#isWriting = true;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      try {
        if (next.kind === 'event') await vault.appendEvent(next.place, next.event);
        else if (next.kind === 'run') await vault.saveRun(next.run);
        else await this.#keepTask(next.key, next.task);
      } catch (thrown) {
        // Order matters, so all that follows waits too.
        this.#context.fail(thrown);
        break;
      }
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
    }
    this.#isWriting = false;
  }

  async #keepTask(key: string, task: Task): Promise<void> {
    const { vault } = this.#context.plumbing;
    if ((await vault.task(key)) === null) await vault.saveTask({ key, task, isListed: false });
  }
}
