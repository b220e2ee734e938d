/**
 * @file What became of each test item, round by round: right, an option but the wrong one, or no option at all. The item
 * keeps its place, so that two rounds or two arms are laid beside each other item for item.
 */
import type { Asked, KeyedRow, Prediction } from '../metrics/item.ts';
import { isValidLabel } from '../metrics/metrics.ts';
import { mc1 } from '../metrics/scores/truthful-choice.ts';
import type { RunState } from '../method/state.ts';
import type { Evaluation, Mode } from '../words/events.ts';
import type { Task, TaskKind, TaskRow } from '../words/task.ts';
import { rowsOf, sameEvaluation } from './watch.ts';

/** `none`: no label (or choice) at all; of a generated answer: nothing, or no end. `absent`: not scored. */
export const TILES = ['absent', 'right', 'wrong', 'none'] as const;
export type Tile = (typeof TILES)[number];

/** What a tile means, by the kind of task. */
export const TILE_WORDS: Readonly<Record<TaskKind, Readonly<Record<Exclude<Tile, 'absent'>, string>>>> = {
  classification: { right: 'right', wrong: 'a label, but wrong', none: 'no label at all' },
  generation: { right: 'right', wrong: 'another answer', none: 'no answer, or no end' },
  'multiple-choice': { right: 'right', wrong: 'a choice, but wrong', none: 'no choice at all' },
};

/** A choice that was scored is right by MC1, which is its task's metric; a free answer is right word for word. */
export function tileOf(prediction: Prediction, row: KeyedRow, asked: Asked): Exclude<Tile, 'absent'> {
  const { isFinished, isExact, answer } = prediction;
  if (asked.kind === 'multiple-choice') {
    const best = mc1.valueOf(prediction, row, asked);
    if (best !== null) return best === 1 ? 'right' : 'wrong';
  }
  if (isExact) return 'right';
  const options = asked.kind === 'classification' ? asked.labels : row.choices?.map(({ text }) => text);
  const isOption = options === undefined ? answer !== '' : isValidLabel(options, answer);
  return isFinished && isOption ? 'wrong' : 'none';
}

/** Of one round. */
export interface WallRound {
  readonly round: number;
  /** By item, in the wall's order. */
  readonly tiles: readonly Tile[];
  readonly answers: readonly string[];
}

const known = new WeakMap<Evaluation, ReadonlyMap<string, Exclude<Tile, 'absent'>>>();

function tilesOf({ definition }: Task, rows: ReadonlyMap<string, TaskRow>, evaluation: Evaluation) {
  const found = known.get(evaluation);
  if (found !== undefined) return found;
  const tiles = new Map(
    evaluation.predictions.flatMap((prediction) => {
      const row = rows.get(prediction.id);
      return row === undefined ? [] : [[prediction.id, tileOf(prediction, row, definition)] as const];
    }),
  );
  known.set(evaluation, tiles);
  return tiles;
}

/** The test items that any of the states scored, in the order of the draw. */
export function wallItems(task: Task, states: readonly RunState[], mode: Mode): readonly TaskRow[] {
  const rows = rowsOf(task, 'test');
  const ids = new Set(
    states.flatMap(({ rounds }) =>
      rounds.flatMap(
        (round) =>
          sameEvaluation(round, { split: 'test', mode })?.predictions.map((prediction) => prediction.id) ??
          [],
      ),
    ),
  );
  return [...ids].flatMap((id) => rows.get(id) ?? []);
}

/** The rounds that a state has scored, the base's first. */
export function wallRounds(
  task: Task,
  { rounds }: RunState,
  items: readonly TaskRow[],
  mode: Mode,
): readonly WallRound[] {
  const rows = rowsOf(task, 'test');
  return rounds.flatMap((round): WallRound[] => {
    const evaluation = sameEvaluation(round, { split: 'test', mode });
    if (evaluation === undefined) return [];
    const tiles = tilesOf(task, rows, evaluation);
    const said = new Map(evaluation.predictions.map(({ id, answer }) => [id, answer]));
    return [
      {
        round: round.round,
        tiles: items.map(({ id }) => tiles.get(id) ?? 'absent'),
        answers: items.map(({ id }) => said.get(id) ?? ''),
      },
    ];
  });
}

/**
 * What happened to an item from the first round that scored it to the last; each has one, by how often it went between
 * right and not right: `always` and `never` (right) not once; `mended` once, from wrong to right, `broken` once, from
 * right to wrong; `wavered` more often, wherever it ended.
 */
export const FATES = ['always', 'mended', 'wavered', 'broken', 'never'] as const;
export type Fate = (typeof FATES)[number];
export const FATE_WORDS: Readonly<Record<Fate, string>> = {
  always: 'always right',
  mended: 'mended',
  wavered: 'to and fro',
  broken: 'broken',
  never: 'never right',
};

/** By round that scored the item. */
const scoredRight = (tiles: readonly Tile[]): readonly boolean[] =>
  tiles.filter((tile) => tile !== 'absent').map((tile) => tile === 'right');

/** Of an item's tiles by round; null where no round scored it. */
export function fateOf(tiles: readonly Tile[]): Fate | null {
  const right = scoredRight(tiles);
  const last = right.at(-1);
  if (last === undefined) return null;
  const changes = right.filter((one, i) => i > 0 && one !== right[i - 1]).length;
  if (changes > 1) return 'wavered';
  if (changes === 1) return last ? 'mended' : 'broken';
  return last ? 'always' : 'never';
}

const through = (rounds: readonly WallRound[], item: number): readonly Tile[] =>
  rounds.map(({ tiles }) => tiles[item] ?? 'absent');

export function fates(rounds: readonly WallRound[]): readonly (Fate | null)[] {
  return (rounds[0]?.tiles ?? []).map((_, item) => fateOf(through(rounds, item)));
}

/** Items by what happened to them, within that those that are right in the end first, so that all of these stand together;
 * then by how early they became what they are; else as they were drawn. */
export function byFate(rounds: readonly WallRound[]): readonly number[] {
  const each = fates(rounds).map((fate, item) => {
    const tiles = through(rounds, item);
    const last = scoredRight(tiles).at(-1) ?? false;
    // The first round since which it has been as it is.
    const since = tiles.findLastIndex((tile) => tile !== 'absent' && (tile === 'right') !== last) + 1;
    const place = fate === null ? FATES.length : FATES.indexOf(fate);
    return { item, place, wrong: Number(!last), since };
  });
  return each
    .toSorted((a, b) => a.place - b.place || a.wrong - b.wrong || a.since - b.since || a.item - b.item)
    .map(({ item }) => item);
}

/** How many of each there are. */
export function tally<T extends string>(names: readonly T[], found: readonly (T | null)[]) {
  return names.map((name) => ({ name, count: found.filter((one) => one === name).length }));
}
