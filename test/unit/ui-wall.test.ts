import { describe, expect, it } from 'vitest';
import type { Tile, WallRound } from '../../src/analysis/wall.ts';
import { byFate, fateOf, fates, tileOf } from '../../src/analysis/wall.ts';
import { gridOf, placeAfter, placeAt, tilesPath, wallsAbreast } from '../../src/ui/run/wall/geometry.ts';
import { orderOf, roundOfWall, wallsOf } from '../../src/ui/run/wall/wall-data.ts';
import { TOY, round, runOf, tested } from './ui-run.ts';

const ASKED = { kind: 'classification', labels: ['food', 'music'] } as const;
const said = (answer: string, more = {}) => ({
  ...{ id: 't', answer, isFinished: true, isExact: answer === 'food' },
  ...more,
});
const FOOD = { id: 't', output: 'food' };

describe('a tile', () => {
  it('is right, a wrong label, or no label at all, as the answer is', () => {
    const of = (answer: string, more = {}) => tileOf(said(answer, more), FOOD, ASKED);
    expect(of('food')).toBe('right');
    expect(of('music')).toBe('wrong');
    expect(of(' Music ')).toBe('wrong');
    expect(of('musical food')).toBe('none');
    expect(of('')).toBe('none');
    // A label that does not end is no label.
    expect(of('music', { isFinished: false })).toBe('none');
  });

  it('of a generated answer is none only where nothing was said, or it has no end', () => {
    const asked = { kind: 'generation', labels: [] } as const;
    expect(tileOf(said('music'), FOOD, asked)).toBe('wrong');
    expect(tileOf(said(''), FOOD, asked)).toBe('none');
    expect(tileOf(said('music', { isFinished: false }), FOOD, asked)).toBe('none');
  });

  it('of multiple choice goes by MC1 where the choices were scored, else by the free answer', () => {
    const asked = { kind: 'multiple-choice', labels: [] } as const;
    const choices = [
      { text: 'food', correct: true },
      { text: 'music', correct: false },
    ];
    const row = { ...FOOD, choices };
    expect(tileOf(said('music', { labelLogprobs: [-1, -2] }), row, asked)).toBe('right');
    expect(tileOf(said('food', { labelLogprobs: [-2, -1] }), row, asked)).toBe('wrong');
    expect(tileOf(said('music'), row, asked)).toBe('wrong');
    expect(tileOf(said('neither'), row, asked)).toBe('none');
  });
});

const wall = (...rounds: (readonly Tile[])[]): WallRound[] =>
  rounds.map((tiles, number) => ({ round: number, tiles, answers: tiles.map(() => '') }));

describe('what became of an item', () => {
  it.each([
    [['right', 'right'], 'always'],
    [['right'], 'always'],
    [['none', 'right'], 'mended'],
    [['none', 'wrong', 'right', 'right'], 'mended'],
    [['right', 'wrong', 'right'], 'wavered'],
    [['wrong', 'right', 'none', 'right'], 'wavered'],
    [['right', 'absent', 'wrong', 'none', 'right', 'wrong'], 'wavered'],
    [['right', 'none'], 'broken'],
    [['right', 'right', 'wrong', 'none'], 'broken'],
    [['wrong', 'right', 'wrong'], 'wavered'],
    [['wrong', 'none'], 'never'],
    // A round that did not score it says nothing.
    [['absent', 'right'], 'always'],
    [['right', 'absent', 'right'], 'always'],
    [['absent'], null],
  ] as const)('%j: %s', (tiles, fate) => {
    expect(fateOf(tiles)).toBe(fate);
  });

  it('orders items: always right, mended, to and fro, broken, never right; the earlier first, then as drawn', () => {
    const rounds = wall(
      ['wrong', 'right', 'none', 'right', 'wrong', 'wrong'],
      ['wrong', 'right', 'none', 'wrong', 'right', 'wrong'],
      ['right', 'right', 'none', 'wrong', 'right', 'right'],
    );
    expect(fates(rounds)).toEqual(['mended', 'always', 'never', 'broken', 'mended', 'mended']);
    expect(byFate(rounds)).toEqual([1, 4, 0, 5, 3, 2]);
  });

  it('puts those that went to and fro between, the right ones of the last round beside all other right ones', () => {
    const rounds = wall(
      ['wrong', 'right', 'right', 'wrong', 'right'],
      ['right', 'wrong', 'right', 'right', 'wrong'],
      ['wrong', 'right', 'wrong', 'right', 'absent'],
    );
    expect(fates(rounds)).toEqual(['wavered', 'wavered', 'broken', 'mended', 'broken']);
    expect(byFate(rounds)).toEqual([3, 1, 0, 4, 2]);
  });
});

describe('the walls of a run', () => {
  const run = runOf('run', {
    1: [
      round(0, { evaluations: [tested(['music', 'x', 'food', 'music'])] }),
      round(1, { evaluations: [tested(['food', 'music', 'music', 'music'])] }),
    ],
  });

  it('hold each item in one place through the rounds, with what was said', () => {
    const walls = wallsOf(run, 1, 'zero-shot');
    expect(walls.items.map(({ id }) => id)).toEqual(['t0', 't1', 't2', 't3']);
    const [arm] = walls.arms;
    expect(arm?.rounds.map(({ tiles }) => tiles)).toEqual([
      ['wrong', 'none', 'right', 'right'],
      ['right', 'right', 'wrong', 'right'],
    ]);
    expect(arm?.rounds[1]?.answers).toEqual(['food', 'music', 'music', 'music']);
    expect(arm?.fates.map(({ name, count }) => `${name} ${count}`)).toEqual([
      ...['always 1', 'mended 2', 'wavered 0', 'broken 1', 'never 0'],
    ]);
    expect(orderOf(walls, 'drawn')).toEqual([0, 1, 2, 3]);
    expect(orderOf(walls, 'fate soft')).toEqual([3, 0, 1, 2]);
    expect([walls.newest, walls.last]).toEqual([1, 3]);
  });

  it('show nothing for a round or a mode that was not scored, rather than another one', () => {
    const [arm] = wallsOf(run, 1, 'zero-shot').arms;
    expect(arm === undefined ? null : roundOfWall(arm, 2)).toBeUndefined();
    expect(wallsOf(run, 1, 'few-shot').items).toEqual([]);
    expect(wallsOf(run, 2, 'zero-shot').arms).toEqual([]);
  });

  it('pass over nothing where a later round scored more items than the base', () => {
    const more = runOf('run', {
      1: [
        round(0, { evaluations: [tested(['food'])] }),
        round(1, { evaluations: [tested(['food', 'music'])] }),
      ],
    });
    const [arm] = wallsOf(more, 1, 'zero-shot').arms;
    expect(arm?.rounds.map(({ tiles }) => tiles)).toEqual([
      ['right', 'absent'],
      ['right', 'right'],
    ]);
    expect(TOY.splits.test).toHaveLength(8);
  });
});

describe('the drawing', () => {
  it.each([1, 3, 50, 400, 4000, 100_000])('has a place for each of %i items, inside its width', (items) => {
    for (const width of [150, 213, 672, 1400]) {
      const grid = gridOf(items, width);
      expect(grid.columns * grid.pitch).toBeLessThanOrEqual(width);
      expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(items);
      expect(grid.columns * (grid.rows - 1)).toBeLessThan(items);
      // Below this the outlines would look alike.
      expect(grid.pitch).toBeGreaterThanOrEqual(6);
    }
  });

  it('puts walls below each other rather than making them too narrow', () => {
    expect(wallsAbreast(672, 3)).toBe(3);
    expect(wallsAbreast(340, 3)).toBe(2);
    expect(wallsAbreast(120, 3)).toBe(1);
    expect(wallsAbreast(2000, 2)).toBe(2);
  });

  it('finds the tile under a point, and none beside the tiles', () => {
    const grid = { pitch: 10, columns: 5, rows: 2 };
    expect(placeAt(grid, 7, 12, 3)).toBe(1);
    expect(placeAt(grid, 7, 12, 13)).toBe(6);
    expect(placeAt(grid, 7, 22, 13)).toBeNull();
    expect(placeAt(grid, 7, 52, 3)).toBeNull();
    expect(placeAt(grid, 7, -1, 3)).toBeNull();
  });

  it('goes from tile to tile by keys and stays at the edges', () => {
    const grid = { pitch: 10, columns: 5, rows: 2 };
    const after = (key: string, place: number | null) => placeAfter(key, place, grid, 7);
    expect([after('ArrowRight', null), after('ArrowRight', 0), after('ArrowDown', 1)]).toEqual([0, 1, 6]);
    expect([after('ArrowLeft', 0), after('ArrowUp', 3), after('ArrowDown', 4)]).toEqual([0, 3, 4]);
    expect([after('Home', 4), after('End', 0), after('x', 4)]).toEqual([0, 6, null]);
  });

  it('gives each sort of tile an outline of its own', () => {
    const grid = { pitch: 10, columns: 2, rows: 1 };
    const paths = (['right', 'wrong', 'none', 'absent'] as const).map((tile) =>
      tilesPath([tile], tile, grid),
    );
    expect(new Set(paths).size).toBe(4);
    expect(tilesPath(['right', 'wrong'], 'none', grid)).toBe('');
  });
});
