/** @file Shapes of a run's own words in its file: setup, model, changes. */
import { KNOBS, isKnobName, knobFault } from '../../words/knobs.ts';
import { isMethodName, type MethodName } from '../../words/methods.ts';
import { LAST_DATE, LONGEST_NAME, LONGEST_TEXT, MOST_CHANGES } from '../../words/run-limits.ts';
import {
  Shape,
  array,
  exactly,
  flag,
  holding,
  object,
  optional,
  recordOf,
  tagged,
  textWithin,
  wholeWithin,
  within,
  word,
} from '../../protocol/shape.ts';
import type {
  ArmSetup,
  CellStatus,
  Change,
  KnobsSet,
  ModelRef,
  RunModel,
  Setup,
  RunStatus,
} from '../lab-model.ts';
import { MOST_ARMS, MOST_SEEDS, setupFaults } from '../setup/setup.ts';
import type { StoredRun } from './vault.ts';

const name = textWithin(LONGEST_NAME, 1);

const knobsSet = new Shape<KnobsSet>((value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `${path}: expected an object`;
  for (const [name, set] of Object.entries(value)) {
    if (!isKnobName(name)) return `${path}.${name.slice(0, 40)}: no such knob`;
    const fault = knobFault(KNOBS[name], set);
    if (fault !== null) return `${path}.${name}: ${fault}`;
  }
  return null;
});

const method = new Shape<MethodName>((value, path) =>
  typeof value === 'string' && isMethodName(value) ? null : `${path}: no method of this lab`,
);

const modelRef = tagged<ModelRef, 'kind'>('kind', {
  bundled: object({ kind: exactly('bundled'), name }),
  hub: object({ kind: exactly('hub'), name }),
  picked: object({ kind: exactly('picked'), name }),
});

const setupFields = object<Setup>({
  model: modelRef,
  taskId: name,
  seeds: array(wholeWithin(0, 2 ** 31 - 1), MOST_SEEDS),
  arms: array(object<ArmSetup>({ name, method, knobs: knobsSet }), MOST_ARMS),
  shared: knobsSet,
});
/** A setup that could have run: where its task is, is another matter. */
const setupShape = holding(setupFields, (setup, path) => {
  const [fault] = Object.entries(setupFaults(setup, [setup.taskId]));
  return fault === undefined ? null : `${path}.${fault[0]}: ${fault[1]}`;
});
const CELL_STATUS = {
  waiting: true,
  running: true,
  paused: true,
  done: true,
  stopped: true,
  failed: true,
} as const;
const status = word<CellStatus>(CELL_STATUS);
const model = object<RunModel>({ name, sha256: textWithin(LONGEST_NAME), device: textWithin(LONGEST_TEXT) });
/** Later dates than a calendar knows would stop every list of runs. */
const createdAt = within(0, LAST_DATE);

/** run.json of a run's file. */
export interface RunHead {
  readonly format: 'bootlace-run';
  readonly version: 1;
  readonly name: string;
  readonly createdAt: number;
  readonly status: CellStatus;
  readonly setup: Setup;
  readonly model: RunModel;
  /** Files of each cell's events: events/N.jsonl, N the place in this list. */
  readonly cells: readonly string[];
}

export const runHead = object<RunHead>({
  format: exactly('bootlace-run'),
  version: exactly(1),
  ...{ name, createdAt, status, setup: setupShape, model },
  cells: array(textWithin(2 * LONGEST_NAME), MOST_ARMS * MOST_SEEDS),
});

const told = textWithin(LONGEST_TEXT);
/** A run's record as the disk gives it back. */
export const storedRun = object<StoredRun>({
  ...{
    id: name,
    name,
    createdAt,
    status: word<RunStatus>({ ...CELL_STATUS, interrupted: true }),
    setup: setupShape,
    model,
    taskKey: textWithin(2 * LONGEST_NAME, 1),
  },
  changes: array(object<Change>({ what: told, before: told, after: told }), MOST_CHANGES),
  scores: recordOf(within(0, 1)),
  endings: optional(recordOf(told)),
  bytes: within(0, Number.MAX_SAFE_INTEGER),
  isImported: flag,
});
