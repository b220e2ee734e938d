/** @file Past runs: the list, and what each of them is now: done, left in its middle, or under way in another window. */
import { LabError } from '../../core/errors.ts';
import type { LastingEvent } from '../../words/events.ts';
import { deriveKey } from '../../core/random.ts';
import type { Task } from '../../words/task.ts';
import type { RunState } from '../../method/state.ts';
import { cellKey } from '../live/cell.ts';
import { Keeper } from './keeper.ts';
import type { RunCard } from '../live/run-state.ts';
import type { Context } from '../plumbing.ts';
import { LONGEST_NAME } from '../../core/bounds.ts';
import { ofToday, recordFault } from './run-shape.ts';
import type { StoredRun } from './vault.ts';

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

/** Of a value that was promised to be text; '' where it is nothing that can be shown. */
export const wordOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, LONGEST_NAME) : '';

const isUnderWay = ({ status }: StoredRun): boolean =>
  status === 'running' || status === 'paused' || status === 'waiting';

/** All cells of the setup have come to their end. */
function isComplete({ setup }: StoredRun, last: ReadonlyMap<string, LastingEvent>): boolean {
  const cells = setup.seeds.flatMap((seed) => setup.arms.map(({ name }) => cellKey(name, seed)));
  return cells.length > 0 && cells.every((cell) => last.get(cell)?.type === 'ended');
}

export class Archive {
  readonly keeper: Keeper;
  readonly #context: Context;
  #runs: readonly StoredRun[] = [];
  #elsewhere: ReadonlySet<string> = new Set();
  /** By id as text: what the disk gave back and is no run. */
  readonly #damaged = new Map<string, { readonly record: StoredRun; readonly why: string }>();

  constructor(context: Context) {
    this.#context = context;
    this.keeper = new Keeper(context);
  }

  /** Newest first. */
  get runs(): readonly StoredRun[] {
    return this.#runs;
  }

  /**
   * Reads the list anew. A run whose events have all come, but whose page went away before it said so, is done.
   * @returns whether other windows compute runs
   */
  async load(): Promise<boolean> {
    const { vault } = this.#context.plumbing;
    await this.keeper.settled();
    const held = new Set(this.#runs.map(({ id }) => id).filter((id) => this.keeper.holds(id)));
    const isOwn = ({ id }: StoredRun) => held.has(id) || this.keeper.holds(id);
    // In this order: of a run that nobody computed then, what is read now is the last word.
    const elsewhere = await vault.elsewhere();
    const stored: StoredRun[] = [];
    for (const run of this.#sound(await vault.runs())) {
      const isLeft = isUnderWay(run) && !elsewhere.has(run.id) && !isOwn(run);
      const isDone = isLeft && isComplete(run, await vault.lastEvents(run.id));
      if (isDone) this.keeper.change(run.id, { status: 'done' });
      stored.push(isDone ? { ...run, status: 'done' } : run);
    }
    this.#elsewhere = elsewhere;
    // Of those that this page computes it knows more than the disk, but for a name that another window gave.
    const names = new Map(stored.map(({ id, name }) => [id, name]));
    const own = this.#runs.filter(isOwn);
    this.#show([
      ...own.map((run) => ({ ...run, name: names.get(run.id) ?? run.name })),
      ...stored.filter((run) => !isOwn(run)),
    ]);
    return elsewhere.size > 0;
  }

  /** Those of the disk's records that are runs, in the words of today: it keeps its promise of types no better than a file
   * does. */
  #sound(records: readonly StoredRun[]): readonly StoredRun[] {
    const known = new Map(this.#damaged);
    this.#damaged.clear();
    const sound = records.filter((record, i) => {
      const id = wordOf(record.id) || `key ${i}`;
      // One whose record is sound may have been found damaged by who read its events.
      const why = recordFault(record) ?? known.get(id)?.why;
      if (why !== undefined) this.#damaged.set(id, { record, why });
      return why === undefined;
    });
    if ([...this.#damaged.keys()].some((id) => !known.has(id)))
      this.#context.notify('Of the past runs some are damaged and cannot be opened. Compare lists them.');
    return sound.map(ofToday);
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
    this.forget(record.id);
  }

  /** Runs that were under way when their window went away, and that nobody has put off. */
  left(): readonly StoredRun[] {
    return this.#runs.filter((run) => isUnderWay(run) && this.#isLeft(run));
  }

  isElsewhere(id: string): boolean {
    return this.#elsewhere.has(id);
  }

  /** Into the list; the disk is not told. */
  put(run: StoredRun): void {
    this.#show([run, ...this.#runs.filter(({ id }) => id !== run.id)]);
  }

  async remove(id: string): Promise<void> {
    const found = this.findRaw(id);
    this.keeper.drop(id);
    // A damaged record's own key may be no text.
    const written = await this.#context.plumbing.vault.deleteRun(found?.id ?? id);
    if (written === 'elsewhere') throw busyElsewhere(wordOf(found?.name) || id, 'is not deleted here');
    this.#damaged.delete(id);
    this.forget(id);
    await this.keeper.retry();
  }

  /** It is not on the disk any more. */
  forget(id: string): void {
    this.#show(this.#runs.filter((run) => run.id !== id));
  }

  #isLeft({ id }: StoredRun): boolean {
    return !this.#elsewhere.has(id) && !this.keeper.holds(id);
  }

  #show(runs: readonly StoredRun[]): void {
    this.#runs = [...runs].sort((a, b) => b.createdAt - a.createdAt);
    const damaged = [...this.#damaged].map(([id, { record, why }]) => ({
      id,
      name: wordOf(record.name) || id,
      why,
    }));
    this.#context.set({ runs: this.#runs.map((run) => this.cardOf(run)), damaged });
  }

  cardOf(run: StoredRun): RunCard {
    const { id, name, createdAt, setup, model, changes, scores, endings, bytes, isImported } = run;
    const status = isUnderWay(run) && this.#isLeft(run) ? 'interrupted' : run.status;
    return {
      ...{ id, name, createdAt, status, setup, model, changes, scores, bytes, isImported },
      ...{ taskId: setup.taskId, isElsewhere: this.#elsewhere.has(id) },
      ...(endings === undefined ? {} : { endings }),
    };
  }
}

/** @param so what follows for this window, e.g. "is not deleted here" */
export const busyElsewhere = (name: string, so: string): LabError =>
  new LabError('busy', `“${name}” goes on in another window, so it ${so}.`, {
    remedy: 'Go to that window, or close it.',
  });
