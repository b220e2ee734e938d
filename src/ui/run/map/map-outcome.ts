/** @file A run on the map: how often its base is wrong, and what its teacher came to beside the frozen one's. */
import { valuesOf } from '../../../analysis/findings.ts';
import type { LabModel } from '../../../store/lab-model.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import type { PlaceView } from '../../../store/readiness/readiness-state.ts';
import type { Arm } from '../../../words/plan.ts';
import { ofSharedBase } from '../shared-base.ts';
import type { Outcome } from './map-words.ts';

const METRIC = 'exact_match';
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The base's few-shot accuracy on the run's test items, over its seeds; null before it is known. */
export function baseAccuracy(run: RunView): number | null {
  const { task, cells } = ofSharedBase(run);
  const each = cells.map(({ state }) => [
    ...valuesOf(task, state, { round: 0, mode: 'few-shot' }, METRIC).values(),
  ]);
  const asked = each.filter((values) => values.length > 0);
  return asked.length === 0 ? null : mean(asked.map(mean));
}

/** What the kinds of a base's errors hang on. */
const asked = ({ knobs }: Arm): string =>
  JSON.stringify([knobs.demonstrations, knobs.labelNoise, knobs.noiseKind]);

/** Whether the place that was asked for is this arm's in this run: of another k it would be another. */
export const isPlaceOf = ({ of }: Pick<PlaceView, 'of'>, run: RunView, arm: Arm): boolean =>
  of.task.definition.id === run.task.definition.id &&
  of.model.sha256 === run.model.sha256 &&
  asked(of.arm) === asked(arm);

/** Of any of the run's arms. */
export const isPlaceOfRun = (place: Pick<PlaceView, 'of'>, run: RunView): boolean =>
  run.cells.some(({ arm }) => isPlaceOf(place, run, arm));

/** What the place of the setup would be of and this run is not: "another model"; [] where it is this run's place. */
export function apartFrom(
  run: RunView,
  { model: { loaded }, tasks: { task }, setup }: Pick<LabModel, 'model' | 'tasks' | 'setup'>,
): readonly string[] {
  const [now] = setup.arms;
  const isAsked = now === undefined || run.cells.some(({ arm }) => asked(arm) === asked(now));
  const apart = [
    ...(loaded === null || loaded.training.sha256 === run.model.sha256 ? [] : ['another model']),
    ...(task === null || task.definition.id === run.task.definition.id ? [] : ['another task']),
  ];
  return apart.length === 0 && !isAsked ? ['other demonstrations'] : apart;
}

/** SOFT with the frozen teacher that differs in nothing else; null where a run has no such pair. */
export function pairOf({ cells }: RunView): readonly [soft: Arm, frozen: Arm] | null {
  const arms = [...new Map(cells.map(({ arm }) => [arm.name, arm])).values()];
  const knobs = (arm: Arm): string => JSON.stringify(arm.knobs);
  for (const soft of arms.filter(({ method }) => method === 'soft')) {
    const frozen = arms.find((arm) => arm.method === 'frozen-teacher' && knobs(arm) === knobs(soft));
    if (frozen !== undefined) return [soft, frozen];
  }
  return null;
}

/** Of the seeds whose last rounds both have; null before one has. */
export function outcomeOf(run: RunView): Outcome | null {
  const pair = pairOf(run);
  if (pair === null) return null;
  const [soft, frozen] = pair;
  const lastOf = (arm: Arm, seed: number): ReadonlyMap<string, number> => {
    const cell = run.cells.find((one) => one.arm.name === arm.name && one.seed === seed);
    return cell === undefined
      ? new Map()
      : valuesOf(run.task, cell.state, { round: arm.knobs.rounds, mode: 'few-shot' }, METRIC);
  };
  const seeds = [...new Set(run.cells.map(({ seed }) => seed))].flatMap((seed) => {
    const [a, b] = [lastOf(soft, seed), lastOf(frozen, seed)];
    const ids = [...a.keys()].filter((id) => b.has(id));
    const over = (values: ReadonlyMap<string, number>) => mean(ids.map((id) => values.get(id) ?? 0));
    return ids.length === 0 ? [] : [{ soft: over(a), frozen: over(b), items: ids.length }];
  });
  if (seeds.length === 0) return null;
  return {
    soft: mean(seeds.map((one) => one.soft)),
    frozen: mean(seeds.map((one) => one.frozen)),
    seeds: seeds.length,
    items: Math.min(...seeds.map(({ items }) => items)),
  };
}
