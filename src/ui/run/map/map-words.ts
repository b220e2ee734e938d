/** @file What the map says and how well it tells, in sentences made from its file: none where its figures do not hold them. */
import type { ErrorShares } from '../../../analysis/error-map.ts';
import type { MapFile, Told } from '../../../analysis/map-file.ts';
import { isUseful } from '../../../analysis/map-file.ts';
import { formatDistance, formatScore, formatShare, formatSpread, signed } from '../../../core/figures.ts';
import { plural } from '../../../core/plural.ts';
import { listed, seedsWords } from '../../words/numbers.ts';

/** What stands under the map; the exact words (the file's caption) and the judgement are folded away. */
export const readingWords = (isByRun: boolean): string =>
  `To the right: errors that the base makes under most draws of demonstrations; upwards: errors that come and go with the draw. A mark is ${isByRun ? 'one run' : 'a task in one setting'}, by how much further its teacher came than a frozen one.`;

/** What is to be made of it, in one sentence. */
export function worthWords(file: Pick<MapFile, 'byTask' | 'byModel'>): string {
  if (isUseful(file)) return 'Shaded is where the map tells more than it is off by.';
  return file.byTask === null
    ? 'It was made from one task: how far it is off elsewhere is not known.'
    : 'Of what it had not seen the map told no more than simpler guesses do: only what was measured is drawn.';
}

/** Whether to believe it: how far it was off where it had seen nothing, beside what is simpler. */
export function trustWords(file: Pick<MapFile, 'byTask' | 'byModel' | 'spread'>): readonly string[] {
  const { byTask, byModel } = file;
  if (byTask === null) return [];
  const { map, constant, accuracy } = byTask.errors;
  return [
    `Told of ${plural(byTask.groups, 'task')}, each left out in turn, it was off by ${formatDistance(map)} on average; the same number for all by ${formatDistance(constant)}, the base’s accuracy alone by ${formatDistance(accuracy)}.`,
    byModel === null
      ? 'It was made on one model: how far it is off on another is not known.'
      : `On a model left out it was off by ${formatDistance(byModel.errors.map)}, one number by ${formatDistance(byModel.errors.constant)}, accuracy alone by ${formatDistance(byModel.errors.accuracy)}.`,
    ...(file.spread === null
      ? []
      : [`The seeds of one setting differ by ${formatDistance(file.spread)} (standard deviation).`]),
    ...(isUseful(file) ? [] : [`It is not nearer than the others${byModel === null ? '' : ' on both'}.`]),
  ];
}

/** Why the setup's place is not asked for beside a run. */
export const apartWords = (apart: readonly string[]): string =>
  `The setup has ${listed(apart)} than this run: its place does not belong beside it. Reset puts the run away.`;

const SAYS: Readonly<Record<Told['says'], string>> = {
  gain: 'a gain',
  loss: 'a loss',
  nothing: 'less than it is off by: neither',
};

/** @param file null: what is told is worth nothing */
export function placeWords(
  { systematic, varying }: ErrorShares,
  rows: number,
  { gain, error, says }: Told,
  isWorth: boolean,
): string {
  const found = `Of ${plural(rows, 'row')}, the base gets ${formatShare(systematic)} wrong under most draws of demonstrations; of its answers to the others, ${formatShare(varying)} are wrong.`;
  return isWorth
    ? `${found} There the map tells ${signed(gain)}${formatSpread(error)}: ${SAYS[says]}.`
    : found;
}

/** The last round's models as teachers, on the same items. */
export interface Outcome {
  readonly soft: number;
  readonly frozen: number;
  readonly seeds: number;
  readonly items: number;
}

export const outcomeWords = ({ soft, frozen, seeds, items }: Outcome): string =>
  `This run: few-shot, the last model of SOFT scores ${formatScore(soft)} and that of the frozen teacher ${formatScore(frozen)}, ${signed(soft - frozen)} on the same ${plural(items, 'test item')} (${seedsWords(seeds)}).`;
