/**
 * @file Folders of one experiment laid together: the same title and model, the same settings of the same arms, other tasks
 * or seeds. What contradicts itself is refused, so that a section never mixes two experiments.
 */
import type { Claim } from '../../src/words/experiment.ts';
import { LabError } from '../../src/core/errors.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { Measured, Study } from './study.ts';

const refused = (title: string, what: string): LabError =>
  new LabError('invalid-request', `Two folders of "${title}" cannot stand in one section: ${what}.`, {
    remedy: 'Give one of the experiments another title, or name only one of the folders.',
  });

const said = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value));

/** @throws LabError `invalid-request` naming the first setting that differs */
function refuseOtherArms({ title, arms }: Study, other: Study): void {
  for (const name of new Set([...arms.keys(), ...other.arms.keys()])) {
    const [a, b] = [arms.get(name), other.arms.get(name)];
    if (a === undefined || b === undefined)
      throw refused(title, `the arm ${name} stands in only one of them`);
    for (const knob of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (said(a[knob]) !== said(b[knob]))
        throw refused(
          title,
          `${knob} of ${name} is ${said(a[knob])} in one and ${said(b[knob])} in the other`,
        );
    }
  }
}

/** The union of both; in each task the seeds of both, ascending. */
function mergedTasks({ title, tasks }: Study, other: Study): Study['tasks'] {
  const all = new Map(tasks);
  for (const [id, task] of other.tasks) {
    const { sha256, seeds } = task;
    const known = all.get(id);
    if (known !== undefined && known.sha256 !== sha256)
      throw refused(title, `the task ${id} has other rows in one than in the other`);
    const both = [...new Set([...(known?.seeds ?? []), ...seeds])].sort((a, b) => a - b);
    const isOnePlan = known === undefined || both.length === Math.max(known.seeds.length, seeds.length);
    all.set(id, {
      ...{ sha256, seeds: both, isOnePlan: isOnePlan && (known?.isOnePlan ?? true) },
      floors: [...(known?.floors ?? []), ...task.floors],
      metric: known?.metric ?? task.metric,
      failed: [...new Set([...(known?.failed ?? []), ...task.failed])],
    });
  }
  return all;
}

/** Claims of the same two arms are one claim over the tasks of both. */
function mergedClaims(claims: readonly Claim[]): readonly Claim[] {
  const merged = new Map<string, Claim>();
  for (const { arm, against, tasks } of claims) {
    const key = JSON.stringify([arm, against]);
    const before = merged.get(key)?.tasks ?? [];
    merged.set(key, { arm, against, tasks: [...new Set([...before, ...tasks])] });
  }
  return [...merged.values()];
}

/** @throws LabError `invalid-request` naming the figure that was measured twice, with different values */
function mergedRows(title: string, rows: readonly ResultRow[]): readonly ResultRow[] {
  const known = new Map<string, ResultRow>();
  for (const row of rows) {
    const { task, seed, arm, round, split, mode, metric, value, n } = row;
    const key = JSON.stringify([task, seed, arm, round, split, mode, metric]);
    const before = known.get(key);
    if (before !== undefined && (before.value !== value || before.n !== n)) {
      const where = `${task}, seed ${seed}, ${arm}, round ${round}, ${split}${mode === null ? '' : `, ${mode}`}`;
      throw refused(title, `${metric} of ${where} is ${before.value} in one and ${value} in the other`);
    }
    known.set(key, row);
  }
  return [...known.values()];
}

function merged(a: Measured, b: Measured): Measured {
  refuseOtherArms(a.study, b.study);
  const { title } = a.study;
  return {
    study: {
      ...a.study,
      devices: [...new Set([...a.study.devices, ...b.study.devices])],
      claims: mergedClaims([...a.study.claims, ...b.study.claims]),
      tasks: mergedTasks(a.study, b.study),
    },
    rows: mergedRows(title, [...a.rows, ...b.rows]),
  };
}

/**
 * One of each experiment, in the order of first appearance. Experiments are told apart by title and model.
 * @throws LabError `invalid-request` where settings, tasks or figures of one experiment contradict each other
 */
export function mergeMeasured(all: readonly Measured[]): readonly Measured[] {
  const found = new Map<string, Measured>();
  for (const one of all) {
    const key = JSON.stringify([one.study.title, one.study.sha256]);
    const before = found.get(key);
    found.set(key, before === undefined ? one : merged(before, one));
  }
  return [...found.values()];
}
