/** @file The tasks: those that ship with the page, those that were imported, and the rows of the chosen one. */
import { LabError, toLabError } from '../core/errors.ts';
import { fault } from '../core/shape.ts';
import type { Task } from '../words/task.ts';
import { taskKeyOf, wordOf } from './runs/archive.ts';
import { keptTask } from './runs/run-shape.ts';
import type { TaskActions } from './task-state.ts';
import type { TaskCard } from './task-state.ts';
import { faultOf } from './lab-state.ts';
import type { Context } from './plumbing.ts';
import { shapeOf } from '../method/agenda.ts';

const cardOfTask = (task: Task): TaskCard => ({
  definition: task.definition,
  sizes: shapeOf(task).sizes,
  origin: 'imported',
});

export interface TaskSources {
  /** Makes a task the setup's. */
  readonly choose: (id: string) => void;
  readonly onCards: () => void;
  readonly onStorage: () => void;
}

export class TaskSlice {
  readonly actions: TaskActions;
  readonly #context: Context;
  readonly #sources: TaskSources;
  readonly #imported = new Map<string, { readonly key: string; readonly task: Task }>();
  /** Read once, also while it is being read. */
  readonly #bundled = new Map<string, Promise<Task>>();

  constructor(context: Context, sources: TaskSources) {
    this.#context = context;
    this.#sources = sources;
    this.actions = {
      chooseTask: sources.choose,
      addTask: (task) => context.attempt(() => this.#add(task)),
      removeTask: (id) => context.attempt(() => this.#remove(id)),
    };
  }

  /** The imported ones of before. */
  async open(): Promise<void> {
    for (const kept of await this.#context.plumbing.vault.listedTasks()) {
      const { key, task } = kept;
      // The disk keeps its promise of types no better than a file does.
      const wrong = fault(keptTask, kept);
      if (wrong === null) this.#imported.set(task.definition.id, { key, task });
      else
        this.#context.notify(
          `A kept task (${wordOf(key)}) is damaged and is not listed: ${wrong}. Import it again.`,
        );
    }
    this.#showCards();
  }

  /** A task with its rows. @throws LabError `source-unreadable`, `task-integrity` */
  read(id: string): Promise<Task> {
    const imported = this.#imported.get(id);
    if (imported !== undefined) return Promise.resolve(imported.task);
    const { tasks } = this.#context.plumbing;
    if (!tasks.cards.some(({ definition }) => definition.id === id))
      return Promise.reject(
        new LabError('source-unreadable', `The setup needs the task “${id}”, which is not here.`, {
          remedy: 'Import it under that name, or choose another task.',
        }),
      );
    const known = this.#bundled.get(id);
    if (known !== undefined) return known;
    const reading = tasks.read(id);
    this.#bundled.set(id, reading);
    reading.catch(() => this.#bundled.delete(id));
    return reading;
  }

  /** Puts the chosen task's rows into the state. */
  async show(id: string): Promise<void> {
    const isChosen = () => this.#context.state.setup.setup.taskId === id;
    try {
      const task = await this.read(id);
      if (isChosen()) this.#put({ task, fault: null });
    } catch (thrown) {
      // Told with the task and nowhere else, so that it goes when another is chosen.
      if (isChosen()) this.#put({ task: null, fault: faultOf(toLabError(thrown)) });
    }
  }

  #put(
    change: Partial<{
      cards: readonly TaskCard[];
      task: Task | null;
      fault: ReturnType<typeof faultOf> | null;
    }>,
  ): void {
    this.#context.set({ tasks: { ...this.#context.state.tasks, ...change } });
  }

  #showCards(): void {
    const imported = [...this.#imported.values()].map(({ task }) => cardOfTask(task));
    this.#put({ cards: [...this.#context.plumbing.tasks.cards, ...imported] });
    this.#sources.onCards();
  }

  /** Into the list at once, then to the disk: where there is no room it is here until the page goes. */
  async #add(task: Task): Promise<void> {
    const { id } = task.definition;
    const { tasks, vault } = this.#context.plumbing;
    if (tasks.cards.some(({ definition }) => definition.id === id)) {
      throw new LabError('invalid-request', `A task "${id}" ships with the page.`, {
        remedy: 'Give the imported task another name.',
      });
    }
    const before = this.#imported.get(id);
    const key = taskKeyOf(task);
    this.#imported.set(id, { key, task });
    this.#showCards();
    this.#sources.choose(id);
    await this.show(id);
    await vault.saveTask({ key, task, isListed: true });
    if (before !== undefined && before.key !== key) await vault.unlistTask(before.key);
    this.#sources.onStorage();
  }

  async #remove(id: string): Promise<void> {
    const found = this.#imported.get(id);
    if (found === undefined) return;
    this.#imported.delete(id);
    const [first] = this.#context.plumbing.tasks.cards;
    if (this.#context.state.setup.setup.taskId === id && first !== undefined)
      this.#sources.choose(first.definition.id);
    this.#showCards();
    await this.#context.plumbing.vault.unlistTask(found.key);
    this.#sources.onStorage();
  }
}
