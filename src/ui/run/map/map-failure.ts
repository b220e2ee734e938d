/** @file Where the map tells a run a loss: said with what stood in the way, and only by a map that is worth it. */
import type { Failure } from '../../../analysis/failures.ts';
import type { MapFile } from '../../../analysis/map-file.ts';
import { isUseful, toldAt } from '../../../analysis/map-file.ts';
import { formatSpread, signed } from '../../../core/figures.ts';
import type { RunView } from '../../../store/live/run-state.ts';
import type { PlaceView } from '../../../store/readiness/readiness-state.ts';
import type { Arm } from '../../../words/plan.ts';
import { isPlaceOf } from './map-outcome.ts';

/** @returns null where the place is another's, or the map tells no loss there */
export function mapFailure(
  run: RunView,
  arm: Arm,
  place: PlaceView | null,
  file: MapFile | null,
): Failure | null {
  if (place?.found == null || file === null || !isUseful(file)) return null;
  const { gain, error, says } = toldAt(file, place.found.shares);
  if (!isPlaceOf(place, run, arm) || says !== 'loss') return null;
  return {
    code: 'map-loss',
    sentence: `The map tells a loss for this kind of errors: ${signed(gain)}${formatSpread(error)}.`,
    remedy:
      arm.knobs.template === 'mixed'
        ? null
        : { words: 'Practise with demonstrations too', set: { template: 'mixed' } },
  };
}
