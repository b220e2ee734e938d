/**
 * @file Figures measured when the page was built (public/icl-pool/reference.json): what the chart shows before
 * anything ran. Each is withdrawn as soon as something it depends on is set otherwise.
 */
import type { Knobs } from '../../words/knobs.ts';
import { KNOBS, isKnobName } from '../../words/knobs.ts';
import { NANO } from '../../words/learning-rate.ts';

export interface TaskReference {
  readonly zeroShot: number | null;
  readonly fewShot: number | null;
  readonly constrained: number | null;
  readonly gold: number | null;
  readonly seeds: number;
}

export interface Reference {
  /** sha256 of the weights. */
  readonly model: string;
  /** Knobs that the figures were measured with, where they are not the defaults. */
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly tasks: ReadonlyMap<string, TaskReference>;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const figure = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

function readTask(value: unknown): TaskReference | null {
  if (!isRecord(value)) return null;
  const { zeroShot, fewShot, constrained, gold, seeds } = value;
  return {
    zeroShot: figure(zeroShot),
    fewShot: figure(fewShot),
    constrained: figure(constrained),
    gold: figure(gold),
    seeds: Array.isArray(seeds) ? seeds.length : (figure(seeds) ?? 1),
  };
}

/** The file, or null where it is none. */
export function readReference(value: unknown): Reference | null {
  if (!isRecord(value) || !isRecord(value.tasks)) return null;
  const model = isRecord(value.model) ? value.model.sha256 : value.model;
  if (typeof model !== 'string') return null;
  const tasks = Object.entries(value.tasks).flatMap(([id, task]) => {
    const read = readTask(task);
    return read === null ? [] : [[id, read] as const];
  });
  return { model, recipe: isRecord(value.recipe) ? value.recipe : {}, tasks: new Map(tasks) };
}

const FEW_SHOT: readonly (keyof Knobs)[] = ['demonstrations', 'preamble', 'poolSize'];
const GOLD: readonly string[] = Object.entries(KNOBS).flatMap(([name, { group }]) =>
  group === 'loop' || group === 'training' || group === 'order' ? [name] : [],
);

/** What still holds of a task's figures under these knobs; null where nothing does. */
export function standing(
  reference: Reference | null,
  sha256: string | null,
  taskId: string,
  knobs: Knobs,
): TaskReference | null {
  const found = reference?.tasks.get(taskId);
  if (reference === null || found === undefined || (sha256 !== null && sha256 !== reference.model))
    return null;
  // The figures are of nano.
  const plain = (value: unknown): unknown => (value === 'auto' ? NANO.rate : value);
  const isAsMeasured = (name: string): boolean =>
    !isKnobName(name) || plain(knobs[name]) === plain(reference.recipe[name] ?? KNOBS[name].default);
  return {
    ...found,
    fewShot: FEW_SHOT.every(isAsMeasured) ? found.fewShot : null,
    gold: GOLD.every(isAsMeasured) ? found.gold : null,
  };
}
