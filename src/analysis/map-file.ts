/** @file The map as data: what `npm run map` writes (public/map.json) and the page draws. */
import type { Infer } from '../core/shape.ts';
import { array, count, finite, nullable, object, text } from '../core/shape.ts';
import type { ErrorShares } from './error-map.ts';
import { told } from './error-map.ts';

const judged = object({
  errors: object({ map: finite, accuracy: finite, constant: finite }),
  ...{ slope: finite, intercept: finite, groups: count },
});

export const mapFile = object({
  caption: text,
  /** Intercept, systematic, varying. */
  fit: array(finite),
  /** On tasks, then on models, that the fit had not seen; null of fewer than two. */
  byTask: nullable(judged),
  byModel: nullable(judged),
  /** Standard deviation of a gain between seeds. */
  spread: nullable(finite),
  cells: array(
    object({
      ...{ model: text, task: text, setting: text },
      /** By seed; each is a run beside its frozen counterpart. */
      gains: array(finite),
      ...{ systematic: finite, varying: finite, accuracy: finite },
    }),
  ),
});
export type MapFile = Infer<typeof mapFile>;
export type MapCell = MapFile['cells'][number];

/** What the map says of a place: a gain, and how far such words were off on tasks that it had not seen. */
export interface Told {
  readonly gain: number;
  /** null: never tried on an unseen task. */
  readonly error: number | null;
  /** Below or above zero by more than that error. */
  readonly says: 'gain' | 'loss' | 'nothing';
}

export function toldAt({ fit, byTask }: Pick<MapFile, 'fit' | 'byTask'>, place: ErrorShares): Told {
  const gain = told(fit, place);
  const error = byTask?.errors.map ?? null;
  const isTold = error !== null && Math.abs(gain) > error;
  return { gain, error, says: !isTold ? 'nothing' : gain > 0 ? 'gain' : 'loss' };
}

const isNearer = ({ errors: { map, constant, accuracy } }: NonNullable<MapFile['byTask']>): boolean =>
  map < Math.min(constant, accuracy);

/** Whether it told what it had not seen better than one number for all would: tasks, and models where there are several. */
export const isUseful = ({ byTask, byModel }: Pick<MapFile, 'byTask' | 'byModel'>): boolean =>
  byTask !== null && isNearer(byTask) && (byModel === null || isNearer(byModel));
