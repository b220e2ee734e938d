/** @file Shapes of a run without its events: its record on the disk, and the head of its file. */
import type { Infer } from '../../core/shape.ts';
import {
  array,
  exactly,
  flag,
  holding,
  object,
  optional,
  recordOf,
  textWithin,
  within,
  word,
} from '../../core/shape.ts';
import { KNOBS } from '../../words/knobs.ts';
import { LAST_DATE, LONGEST_NAME, LONGEST_TEXT, MOST_CHANGES } from '../../words/run-limits.ts';
import { taskShape } from '../../words/task.ts';
import type { Setup } from '../setup/setup-shape.ts';
import { MOST_ARMS, MOST_SEEDS, anySetup, change } from '../setup/setup-shape.ts';
import { setupFaults } from '../setup/setup.ts';

const name = textWithin(LONGEST_NAME, 1);

/** A setup that could have run: where its task is, is another matter. */
const setup = holding(anySetup, (given) => Object.entries(setupFaults(given, [given.taskId]))[0] ?? null);

const CELL_STATUS = ['waiting', 'running', 'paused', 'done', 'stopped', 'failed'] as const;
const cellStatus = word(CELL_STATUS);
export type CellStatus = Infer<typeof cellStatus>;
/** `interrupted`: it was under way when its window went away. */
const runStatus = word([...CELL_STATUS, 'interrupted']);
export type RunStatus = Infer<typeof runStatus>;

/** Model facts that a run keeps, so that it can be read without the model. */
const model = object({
  name,
  sha256: textWithin(LONGEST_NAME),
  /** Device in words, both runtimes. */
  device: textWithin(LONGEST_TEXT),
  /** What the learning rate "auto" came to; absent in runs of before there was it. */
  learningRate: optional(within(0, KNOBS.learningRate.max)),
});
export type RunModel = Infer<typeof model>;

/** A setup kept by the lab of before "auto", whose unsaid learning rate was this number: said, so that it runs what it ran.
 * On the bundled model "auto" is the same number. */
export const asItRan = <T extends { readonly setup: Setup; readonly model: RunModel }>(run: T): T =>
  run.model.learningRate !== undefined || run.setup.model.kind === 'bundled'
    ? run
    : { ...run, setup: { ...run.setup, shared: { learningRate: RATE_BEFORE_AUTO, ...run.setup.shared } } };
const RATE_BEFORE_AUTO = 4e-3;

/** Milliseconds since 1970. Later dates than a calendar knows would stop every list of runs. */
const createdAt = within(0, LAST_DATE);
const taskKey = textWithin(2 * LONGEST_NAME, 1);

/** run.json of a run's file. */
export const runHead = object({
  format: exactly('bootlace-run'),
  version: exactly(1),
  ...{ name, createdAt, status: cellStatus, setup, model },
  /** Files of each cell's events: events/N.jsonl, N the place in this list. */
  cells: array(textWithin(2 * LONGEST_NAME), MOST_ARMS * MOST_SEEDS),
});
export type RunHead = Infer<typeof runHead>;

/** A run's record on the disk: a run without its events, what its card shows, and which task it was. */
export const storedRun = object({
  ...{ id: name, name, createdAt, status: runStatus, setup, model },
  /** Names the task as it was then; `Vault.task` has it. */
  taskKey,
  /** Against the run before it. */
  changes: array(change, MOST_CHANGES),
  /** Last round of each cell that has one: exact match (or the task's metric) zero-shot on test. */
  scores: recordOf(within(0, 1)),
  /** Why cells ended before their last round, by key; absent in runs of before this was kept. */
  endings: optional(recordOf(textWithin(LONGEST_TEXT))),
  bytes: within(0, Number.MAX_SAFE_INTEGER),
  /** It was imported from a file. */
  isImported: flag,
});
export type StoredRun = Infer<typeof storedRun>;

export const keptTask = object({
  key: taskKey,
  task: taskShape,
  /** It stands in the list of tasks; otherwise it is kept for the runs that used it. */
  isListed: flag,
});
export type KeptTask = Infer<typeof keptTask>;
