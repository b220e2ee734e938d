/** @file The map as a page and as the data that the app draws it from. */
import type { MapFile } from '../../src/analysis/map-file.ts';
import { plural } from '../../src/core/plural.ts';
import { mean } from '../../src/metrics/metric.ts';
import { interval } from '../../src/metrics/statistics.ts';
import type { Cell, Judged } from '../../src/analysis/error-map.ts';
import { LEAST } from '../../src/analysis/paired.ts';
import { TELLERS, fitted, gainOf, judged, spreadOfSeeds, told } from '../../src/analysis/error-map.ts';

const CAPTION =
  'Each mark is a task in one setting on one model: the mean of its runs or, where every run is drawn, one of them. Where it stands says how the untrained model errs: to the right, the share of rows that it gets wrong under most draws of demonstrations; upwards, the share of its other answers that are wrong, now with these demonstrations and now with those. What it is says how much further its teacher came by SOFT than by a frozen teacher, on the probe (items that are never trained on), after the last round. The number of independent observations is that of tasks times models, not of marks.';

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];
const digits = (value: number | null, count = 3): string => (value === null ? '–' : value.toFixed(count));
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

const short = (value: number): number => Number(value.toFixed(4));

export const mapFile = (cells: readonly Cell[]): MapFile => ({
  ...{ caption: CAPTION, fit: fitted(cells).map(short), spread: spreadOfSeeds(cells) },
  ...{ byTask: judged(cells, 'task'), byModel: judged(cells, 'model') },
  cells: cells.map(({ model, task, setting, gains, ...x }) => ({
    ...{ model, task, setting, gains: gains.map(short) },
    ...{ systematic: short(x.systematic), varying: short(x.varying), accuracy: short(x.accuracy) },
  })),
});

function fitLine(cells: readonly Cell[]): string {
  const [intercept = 0, systematic = 0, varying = 0] = fitted(cells);
  return `gain = ${signed(intercept)} ${signed(systematic)} × systematic ${signed(varying)} × varying, by least squares`;
}

const errorLine = (what: string, found: Judged | null, points = ''): string =>
  found === null
    ? `| ${what}${points} | – | – | – | – | – |`
    : `| ${what}, ${found.groups}${points} | ${TELLERS.map((by) => digits(found.errors[by])).join(' | ')} | ${digits(found.slope, 2)} | ${signed(found.intercept)} |`;

/** What most draws of demonstrations answer right of the test items, and what the student of round 1 does, zero-shot, by seed. */
export interface FirstStudent {
  readonly model: string;
  readonly task: string;
  readonly vote: number;
  readonly scores: readonly number[];
}

function studentSection(students: readonly FirstStudent[]): string {
  if (students.length === 0) return '';
  const rows = students.map((one) => ({ ...one, score: mean(one.scores) }));
  const averages = unique(rows.map(({ model }) => model)).map((name) => {
    const own = rows.filter(({ model }) => model === name).map(({ score, vote }) => score - vote);
    const { halfWidth } = interval(own);
    const [average, spread] = [Math.abs(mean(own)), halfWidth ?? Infinity];
    const held =
      average > LEAST
        ? 'not within it in the mean'
        : average + spread > LEAST
          ? 'within it in the mean, undecided by its interval'
          : 'shown';
    return `${name} ${signed(mean(own))}${halfWidth === null ? '' : ` ± ${digits(halfWidth)}`}, ${plural(own.length, 'task')}, **${held}**`;
  });
  const lines = rows.map(
    ({ model, task, vote, score, scores }) =>
      `| ${model} | ${task} | ${digits(vote)} | ${digits(score)} | ${signed(score - vote)} | ${scores.length} |`,
  );
  return `
## The first student beside the vote

What the majority of eight draws of demonstrations answers right, of all test items, and what the student of round 1 (SOFT as it is) answers right zero-shot, of those that its run drew. Claimed before the runs (e2): the difference, averaged over tasks, is within ${LEAST} (95% by Student's t over tasks): ${averages.join('; ')}.

| model | task | vote | student | difference | seeds |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}

const TELLER_WORDS = { map: 'the map', accuracy: 'accuracy alone', constant: 'one number for all' } as const;

/** Told by the fit, and no part of it; no gains before its runs. */
export interface Unfitted extends Cell {
  /** What its labels gained in the last round, by seed; they are of the teacher before it, and the map tells of the one after. */
  readonly labels: readonly number[];
}

/** Others, and the points whose fit tells them: those that had been run when it did. */
export interface Told {
  readonly cells: readonly Unfitted[];
  readonly by: readonly Cell[];
}

function toldSection({ cells: others, by: points }: Told, all: number): string {
  if (others.length === 0) return '';
  const fits = TELLERS.map((by) => [by, fitted(points, by)] as const);
  const later = all - points.length;
  const run = others.filter(({ gains }) => gains.length > 0);
  const errors = fits.map(([by, fit]) => {
    const off = run.map((cell) => Math.abs(told(fit, cell, by) - gainOf(cell)));
    return `${TELLER_WORDS[by]} ${digits(off.reduce((sum, value) => sum + value, 0) / off.length)}`;
  });
  const losses = run.filter((cell) => told(fits[0]?.[1] ?? [], cell) < -LEAST);
  const asTold = losses.filter((cell) => gainOf(cell) < -LEAST).length;
  const rows = others.map((cell) => {
    const { model, task, setting, systematic, varying, accuracy, gains, labels } = cell;
    const x = [systematic, varying, accuracy].map((value) => digits(value, 2)).join(' | ');
    const cameOf = (own: readonly number[]) =>
      own.length === 0 ? '– | ' : `${signed(mean(own))} | ${own.length}`;
    const isRun = gains.length + labels.length > 0;
    const came = isRun ? `${cameOf(gains)} | ${cameOf(labels)}` : 'not run | | | ';
    return `| ${model} | ${task} | ${setting} | ${x} | ${signed(told(fits[0]?.[1] ?? [], cell))} | ${came} |`;
  });
  return `
## Other models, told without being fitted

${run.length === 0 ? (others.some(({ labels }) => labels.length > 0) ? 'None of them was asked on the probe yet.' : 'Told before any of them was run.') : `Off by ${errors.join(', ')} on average, of ${plural(run.length, 'point')}.`}

${later === 0 ? '' : `They were told, and are told here, by the ${plural(points.length, 'point')} that had been run then, without the ${later} that came later. `}The gain that is told is that of the teacher after the last round, on the probe. Beside it stands what the labels of the last round gained, on its prompts: the teacher before it, asked in every run.

Claimed before the runs (f): where a loss beyond ${LEAST} is told, one comes. ${losses.length === 0 ? 'None is told of any point that was run: **no case**.' : `Told of ${plural(losses.length, 'point')}; it came in ${asTold}.`}

| model | task | setting | systematic | varying | right | told | gain | seeds | gain of labels | seeds |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** What SOFT's teacher gained over tasks, by setting: how the kinds of wrong labels differ is read here. */
function settingSection(cells: readonly Cell[]): string {
  const nameOf = ({ model, setting }: Cell) => `${model} | ${setting}`;
  const lines = unique(cells.map(nameOf)).map((name) => {
    const gains = cells.filter((cell) => nameOf(cell) === name).map(gainOf);
    const { halfWidth } = interval(gains);
    return `| ${name} | ${signed(mean(gains))}${halfWidth === null ? '' : ` ± ${digits(halfWidth)}`} | ${signed(Math.min(...gains))} to ${signed(Math.max(...gains))} | ${gains.length} |`;
  });
  return `
## By setting

The gains of a setting over its tasks (mean, 95% by Student's t over tasks; the lowest and the highest). What was claimed of kinds of wrong labels, of students, stands in [RESULTS.md](RESULTS.md).

| model | setting | gain | from, to | tasks |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}

export function mapPage(
  cells: readonly Cell[],
  others: Told = { cells: [], by: cells },
  students: readonly FirstStudent[] = [],
): string {
  const fit = fitted(cells);
  const isAll = others.by.length === cells.length;
  const earlier = `; ${others.by.length} earlier points`;
  const models = unique(cells.map(({ model }) => model));
  const tasks = unique(cells.map(({ task }) => task));
  const seeds = cells.reduce((sum, { gains }) => sum + gains.length, 0);
  const rows = cells.map((cell) => {
    const { model, task, setting, gains } = cell;
    const x = [cell.systematic, cell.varying, cell.accuracy].map((value) => digits(value, 2)).join(' | ');
    return `| ${model} | ${task} | ${setting} | ${x} | ${signed(gainOf(cell))} | ${signed(told(fit, cell))} | ${gains.length} |`;
  });
  return `# The map

Made by \`npm run map -- DIR...\` from folders of experiments/natural-errors.json, map.json and map-noise.json; nothing is edited by hand. What was
claimed before the runs, and how the map is judged: [LOG.md](LOG.md), "the map".

${CAPTION} ${plural(tasks.length, 'task')}, ${plural(models.length, 'model')} (${models.join(', ')}), ${cells.length} marks, ${2 * seeds} runs. A k that is the task's own stands there once.

${fitLine(cells)} over all points.${isAll ? '' : ` Over the ${others.by.length} that had been run before the others were told: ${fitLine(others.by)}.`}

Mean absolute error of what is told of points that the fit has not seen, beside what accuracy alone and a constant tell, and the gains on what the map told (1 and 0 where it is calibrated):

| left out, one at a time | map | accuracy alone | a constant | slope | intercept |
| --- | --- | --- | --- | --- | --- |
${errorLine('a task', judged(cells, 'task'))}
${errorLine('a model', judged(cells, 'model'))}${
    isAll
      ? ''
      : `
${errorLine('a task', judged(others.by, 'task'), earlier)}
${errorLine('a model', judged(others.by, 'model'), earlier)}`
  }

Standard deviation of a gain between the seeds of a point: ${digits(spreadOfSeeds(cells))}.

| model | task | setting | systematic | varying | right | gain | told by the fit over all | seeds |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
${settingSection(cells)}${studentSection(students)}${toldSection(others, cells.length)}`;
}
