/** @file Shapes of a run without its events: its record on the disk, and the head of its file. */
import type { Infer } from '../../core/shape.ts';
import {
  array,
  exactly,
  fault,
  flag,
  holding,
  object,
  optional,
  recordOf,
  textWithin,
  wholeWithin,
  within,
  word,
} from '../../core/shape.ts';
import { KNOBS } from '../../words/knobs.ts';
import { LONGEST_NAME, LONGEST_TEXT } from '../../core/bounds.ts';
import { LAST_DATE, MOST_CHANGES } from '../../words/run-limits.ts';
import { taskShape } from '../../words/task.ts';
import { MOST_ARMS, MOST_SEEDS, anySetup, change } from '../setup/setup-shape.ts';
import {
  NEWEST,
  OF_FIRST_RUNS,
  OF_RUNS_WITH_A_RATE,
  VERSIONS,
  inTodaysWords,
} from '../setup/link-versions.ts';
import type { Setup } from '../setup/setup-shape.ts';
import { setupFaults, withoutDefaults } from '../setup/setup.ts';

const name = textWithin(LONGEST_NAME, 1);

/** A setup that could have run: where its task is, is another matter. */
const setup = holding(anySetup, (given) => Object.entries(setupFaults(given, [given.taskId]))[0] ?? null);

/** Of the defaults that the setup leaves unsaid (setup/link-versions.ts). */
const setupVersion = holding(wholeWithin(0), (version) =>
  version <= NEWEST ? null : ['', `version ${version} is of a newer page (this one: ${NEWEST}); reload it`],
);
/** What is written now. */
export const SETUP_VERSION = { setupVersion: NEWEST };

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

interface OfSomeVersion {
  readonly setup: Setup;
  readonly setupVersion?: number | undefined;
  readonly model: RunModel;
}
/** A run as it stands on the disk or in a file, in the words of today: its setup says what its own version meant. */
export function ofToday<R extends OfSomeVersion>(run: R): R & typeof SETUP_VERSION {
  const { setup, setupVersion: version = unsaidVersion(run.model) } = run;
  const then = version === NEWEST ? undefined : VERSIONS[version];
  if (then === undefined) return { ...run, ...SETUP_VERSION };
  const said = inTodaysWords(setup, then);
  return { ...run, setup: { ...said, shared: withoutDefaults(said.shared) }, ...SETUP_VERSION };
}
/** Runs said what their learning rate came to before they said their version. */
const unsaidVersion = ({ learningRate }: RunModel): number =>
  learningRate === undefined ? OF_FIRST_RUNS : OF_RUNS_WITH_A_RATE;

/** Milliseconds since 1970. Later dates than a calendar knows would stop every list of runs. */
const createdAt = within(0, LAST_DATE);
const taskKey = textWithin(2 * LONGEST_NAME, 1);

/** run.json of a run's file. */
export const runHead = object({
  format: exactly('bootlace-run'),
  version: exactly(1),
  ...{ name, createdAt, status: cellStatus, setup, setupVersion: optional(setupVersion), model },
  /** Files of each cell's events: events/N.jsonl, N the place in this list. */
  cells: array(textWithin(2 * LONGEST_NAME), MOST_ARMS * MOST_SEEDS),
});
export type RunHead = Infer<typeof runHead>;

/** A run's record on the disk: a run without its events, what its card shows, and which task it was. */
const storedRun = object({
  ...{ id: name, name, createdAt, status: runStatus, setup, setupVersion: optional(setupVersion), model },
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

/** What is wrong with a record of the disk, a sentence; null where it is whole. */
export function recordFault(record: unknown): string | null {
  const wrong = fault(storedRun, record);
  return wrong === null ? null : `Its record is damaged: ${wrong}.`;
}

export const keptTask = object({
  key: taskKey,
  task: taskShape,
  /** It stands in the list of tasks; otherwise it is kept for the runs that used it. */
  isListed: flag,
});
export type KeptTask = Infer<typeof keptTask>;
