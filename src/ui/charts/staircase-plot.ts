/** @file The staircase: across the teacher, up the student, the same scale on both, each round a step of the path. */
import type { Markish } from '@observablehq/plot';
import type { Climb, Step } from '../../analysis/staircase.ts';
import type { Looked } from '../words/arms.ts';
import { armTitle } from '../../words/arm-title.ts';
import { lookOf } from '../words/arms.ts';
import { formatScore } from '../../core/figures.ts';
import type { Layered } from './layers.ts';
import { isNear, layered, layeredMarks } from './layers.ts';
import { besideMarks } from './numbers-beside.ts';
import type { PlotLibrary } from './plot-figure.tsx';
import { tipOver } from './tip.ts';

export interface Stair extends Looked {
  readonly arm: string;
  /** By seed. */
  readonly climbs: readonly (Climb & { readonly seed: number })[];
  readonly mean: Climb;
}

const MARGIN = { top: 10, bottom: 40, left: 58, right: 20 };
/** An axis is no shorter than this: a hundredth must not look like a cliff. */
const LEAST_SPAN = 0.2;
const TICK = 0.05;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From the diagonal, where a student is as its teacher was, up to the student and across to what it is as a teacher. */
export function pathOf({ steps, next }: Climb): readonly Point[] {
  const [first] = steps;
  const corners = steps.flatMap(({ teacher, student }, i): Point[] => {
    const before = steps[i - 1];
    return [...(before === undefined ? [] : [{ x: teacher, y: before.student }]), { x: teacher, y: student }];
  });
  const last = steps.at(-1);
  return [
    ...(first === undefined ? [] : [{ x: first.teacher, y: first.teacher }]),
    ...corners,
    ...(last === undefined || next === null ? [] : [{ x: next, y: last.student }]),
  ];
}

/** One scale for both axes, around all points. */
export function scaleOf(stairs: readonly Stair[]): readonly [number, number] {
  const values = stairs.flatMap(({ climbs, mean }) =>
    [...climbs, mean].flatMap((climb) => pathOf(climb).flatMap(({ x, y }) => [x, y])),
  );
  if (values.length === 0) return [0, 1];
  let low = Math.max(0, TICK * Math.floor(Math.min(...values) / TICK - 0.2));
  let high = Math.min(1, TICK * Math.ceil(Math.max(...values) / TICK + 0.2));
  if (high - low < LEAST_SPAN) {
    high = Math.min(1, low + LEAST_SPAN);
    low = Math.max(0, high - LEAST_SPAN);
  }
  return [low, high];
}

/** A round of the strong path, for what is said of it. */
interface Corner extends Step, Looked {
  readonly arm: string;
  readonly seeds: number;
  readonly items: number;
}

const cornersOf = ({ arm, method, nth, climbs, mean }: Stair): readonly Corner[] => {
  const seeds = climbs.filter(({ steps }) => steps.length > 0).length;
  return mean.steps.map((step) => ({ ...step, arm, method, nth, seeds, items: mean.items }));
};

const tipText = ({ arm, method, round, teacherRound, teacher, student, seeds, items }: Corner): string =>
  [
    `${armTitle(arm, method)}, round ${round}${seeds > 1 ? `, mean of ${seeds} seeds` : ''}`,
    `teacher (${teacherRound === 0 ? 'base' : `round ${teacherRound}`}), few-shot ${formatScore(teacher)}`,
    `student, zero-shot ${formatScore(student)}`,
    `${items} test items`,
  ].join('\n');

/** Of rounds: left of the first arm's marks, right of the others', and none over another. */
function numberMarks(
  plot: PlotLibrary,
  stairs: readonly Stair[],
  low: number,
  pixelsPerUnit: number,
): Markish {
  const marks = stairs.flatMap((stair, i) =>
    cornersOf(stair).map(({ round, method, nth, teacher, student }) => ({
      ...{ round, method, nth, isLeft: i === 0 },
      ...{ x: (teacher - low) * pixelsPerUnit, y: -(student - low) * pixelsPerUnit },
    })),
  );
  return plot.text(besideMarks(marks), {
    x: ({ x }: (typeof marks)[number]) => low + x / pixelsPerUnit,
    y: ({ y }: (typeof marks)[number]) => low - y / pixelsPerUnit,
    text: ({ round }: (typeof marks)[number]) => String(round),
    fill: (mark: (typeof marks)[number]) => lookOf(mark).colour,
    ...{ fontWeight: 650, fontSize: 12.5, stroke: 'var(--paper)', strokeWidth: 3 },
  });
}

function stairMarks(plot: PlotLibrary, stair: Stair, corners: readonly Layered<Corner>[]): Markish[] {
  const look = lookOf(stair);
  const { colour, dash } = look;
  const line = (climb: Climb, width: number, opacity: number) =>
    plot.lineY(pathOf(climb), {
      ...{ x: 'x', y: 'y', stroke: colour, strokeDasharray: dash },
      ...{ strokeWidth: width, strokeOpacity: opacity },
    });
  const last = stair.mean.steps.at(-1);
  const { next } = stair.mean;
  return [
    ...(stair.climbs.length > 1 ? stair.climbs.map((climb) => line(climb, 1, 0.45)) : []),
    line(stair.mean, 2.5, 1),
    // Where the path stands open: the last student as a teacher, whom nobody learned from.
    plot.dot(last === undefined || next === null ? [] : [{ x: next, y: last.student }], {
      ...{ x: 'x', y: 'y', r: 3, stroke: colour, strokeWidth: 1.5, fill: 'var(--card)' },
    }),
    ...layeredMarks(plot, corners, { x: 'teacher', y: 'student', look, radius: 6 }),
  ];
}

export function drawStaircase(
  stairs: readonly Stair[],
  metric: string,
  plot: PlotLibrary,
  width: number,
  height: number,
): Element {
  const [low, high] = scaleOf(stairs);
  const side = Math.min(width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom);
  const axis = { domain: [low, high], ticks: 5, grid: true, tickSize: 0, labelArrow: 'none' } as const;
  const corners = layered(
    stairs.map(cornersOf),
    (a, b) => isNear(a.teacher, b.teacher, high - low) && isNear(a.student, b.student, high - low),
  );
  const middle = low + 0.16 * (high - low);
  return plot.plot({
    width: side + MARGIN.left + MARGIN.right,
    height: side + MARGIN.top + MARGIN.bottom,
    ...{ marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
    ...{ marginLeft: MARGIN.left, marginRight: MARGIN.right },
    style: { fontSize: '12px', overflow: 'visible' },
    x: {
      ...axis,
      ...{ label: `teacher, few-shot: ${metric}`, labelAnchor: 'center', labelOffset: 36, tickPadding: 9 },
    },
    y: { ...axis, label: `student, zero-shot: ${metric}`, labelAnchor: 'center', labelOffset: 52 },
    marks: [
      plot.lineY(
        [
          { x: low, y: low },
          { x: high, y: high },
        ],
        { x: 'x', y: 'y', stroke: 'var(--line-strong)', strokeDasharray: '4 4' },
      ),
      plot.text([{ x: middle, y: middle }], {
        ...{ x: 'x', y: 'y', text: () => 'student = teacher', rotate: -45, dy: 9, dx: 9 },
        ...{ fill: 'var(--ink-soft)', fontSize: 11.5 },
      }),
      // The method itself last, over its controls.
      ...stairs.map((stair, i) => stairMarks(plot, stair, corners[i] ?? [])).toReversed(),
      numberMarks(plot, stairs, low, side / (high - low)),
      tipOver(plot, corners.flat(), side + MARGIN.left + MARGIN.right, {
        ...{ x: 'teacher', y: 'student', title: tipText },
      }),
    ],
  });
}
