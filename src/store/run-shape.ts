/** @file Shapes of a run's own words in its file: setup, model, changes. */
import { KNOBS, isKnobName, knobFault } from '../core/knobs.ts';
import { isMethodName, type MethodName } from '../core/methods.ts';
import { Shape, array, count, exactly, finite, object, tagged, text, word } from '../protocol/shape.ts';
import type { ArmSetup, CellStatus, KnobsSet, ModelRef, RunModel, Setup } from './lab-model.ts';

const knobsSet = new Shape<KnobsSet>((value, path) => {
  if (typeof value !== 'object' || value === null) return `${path}: expected an object`;
  for (const [name, set] of Object.entries(value)) {
    if (!isKnobName(name)) return `${path}.${name}: no such knob`;
    const fault = knobFault(KNOBS[name], set);
    if (fault !== null) return `${path}.${name}: ${fault}`;
  }
  return null;
});

const method = new Shape<MethodName>((value, path) =>
  typeof value === 'string' && isMethodName(value) ? null : `${path}: no method of this lab`,
);

const modelRef = tagged<ModelRef, 'kind'>('kind', {
  bundled: object({ kind: exactly('bundled'), name: text }),
  hub: object({ kind: exactly('hub'), name: text }),
  picked: object({ kind: exactly('picked'), name: text }),
});

const setupShape = object<Setup>({
  model: modelRef,
  taskId: text,
  seeds: array(count),
  arms: array(object<ArmSetup>({ name: text, method, knobs: knobsSet })),
  shared: knobsSet,
});

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
  name: text,
  createdAt: finite,
  status: word<CellStatus>({
    ...{ waiting: true, running: true, paused: true, done: true, stopped: true, failed: true },
  }),
  setup: setupShape,
  model: object<RunModel>({ name: text, sha256: text, device: text }),
  cells: array(text),
});
