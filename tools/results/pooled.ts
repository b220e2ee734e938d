/** @file Claims over several models and tasks, as a section of docs/RESULTS.md. */
import { signed } from '../../src/core/figures.ts';
import { plural } from '../../src/core/plural.ts';
import { checked } from '../../src/core/shape.ts';
import type {
  AskedSide,
  Foretelling,
  ForetellingLine,
  ForetoldRuns,
  Pooled,
  PooledCell,
  PooledClaims,
  RisingFigure,
} from '../../src/analysis/pooled.ts';
import { pooledClaims, pooledVerdicts } from '../../src/analysis/pooled.ts';
import type { Foretold } from '../../src/analysis/pooled-rank.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { OverCells } from '../../src/metrics/statistics.ts';
import { digestsOf } from './digests.ts';
import { parseJson, readResultRows, readRunJson, readText } from '../read-json.ts';
import { sidesAsked, untrainedSection } from './untrained.ts';
import { neededPredictions, readPredictions } from '../read-predictions.ts';

const MOST_BYTES = 1024 ** 2;

const sideOf = ({ arm, round, mode }: AskedSide): string => JSON.stringify([arm, round, mode]);

/** A cell for each task. Only what a claim asks of the test items is kept. */
async function cellsIn(folder: string, wanted: ReadonlySet<string>): Promise<readonly PooledCell[]> {
  const path = await neededPredictions(folder);
  const { config } = await readRunJson(folder);
  const tasks = new Map<string, Map<string, Map<number, Map<string, boolean>>>>();
  await readPredictions(path, ({ task, arm, round, split, mode, seed, item, correct }) => {
    if (split !== 'test' || correct === null) return;
    // Few-shot prompts without room for any demonstration have a mode of their own, which no claim asks for.
    const side = JSON.stringify([arm, round, mode]);
    if (!wanted.has(side)) return;
    const sides = tasks.get(task) ?? new Map<string, Map<number, Map<string, boolean>>>();
    const seeds = sides.get(side) ?? new Map<number, Map<string, boolean>>();
    const items = seeds.get(seed) ?? new Map<string, boolean>();
    items.set(item, correct);
    tasks.set(task, sides.set(side, seeds.set(seed, items)));
  });
  return [...tasks].map(([task, sides]) => ({
    ...{ model: config.model, task, digests: digestsOf(config, task) },
    methodOf: (arm) => config.arms[arm]?.method,
    scores: (side) => sides.get(sideOf(side)) ?? new Map<number, ReadonlyMap<string, boolean>>(),
  }));
}

/** Two folders of one model and task are one cell: of other arms, or of other seeds. */
function joined(cells: readonly PooledCell[]): readonly PooledCell[] {
  const own = (digests: string) => cells.filter((cell) => cell.digests === digests);
  const firsts = cells.filter((cell) => own(cell.digests)[0] === cell);
  return firsts.map((first) => ({
    ...first,
    methodOf: (arm) =>
      own(first.digests).reduce<string | undefined>((found, cell) => found ?? cell.methodOf(arm), undefined),
    scores: (side) => new Map(own(first.digests).flatMap(({ scores }) => [...scores(side)])),
  }));
}

/** By cell, the runs of the claim's arms, of the seeds that every cell has with all of them. */
async function foretoldIn(
  { arms, before, after }: Foretelling,
  folders: readonly string[],
): Promise<ForetoldRuns> {
  const cells = new Map<string, Map<number, Foretold[]>>();
  for (const folder of folders) {
    const { config } = await readRunJson(folder);
    const runs = new Map<string, ResultRow[]>();
    for (const row of await readResultRows(folder)) {
      if (!arms.includes(row.arm)) continue;
      const run = JSON.stringify([row.task, row.arm, row.seed]);
      runs.set(run, [...(runs.get(run) ?? []), row]);
    }
    for (const rows of runs.values()) {
      const [first] = rows;
      if (first === undefined) continue;
      const cell = digestsOf(config, first.task);
      const seeds = cells.get(cell) ?? new Map<number, Foretold[]>();
      cells.set(cell, seeds);
      const [x, y] = [rise(rows, before), rise(rows, after)];
      if (x !== null && y !== null) seeds.set(first.seed, [...(seeds.get(first.seed) ?? []), [x, y]]);
    }
  }
  const all = [...cells.values()];
  const isWhole = (seed: number) => all.every((seeds) => seeds.get(seed)?.length === arms.length);
  const runs = all.map((seeds) => [...seeds].flatMap(([seed, points]) => (isWhole(seed) ? points : [])));
  return { runs, seeds: [...(all[0]?.keys() ?? [])].filter(isWhole).length };
}

function rise(rows: readonly ResultRow[], { split, mode, metric, round, less }: RisingFigure): number | null {
  const at = (wanted: number) =>
    rows.find(
      (row) => row.round === wanted && row.split === split && row.mode === mode && row.metric === metric,
    )?.value;
  const [high, low] = [at(round), at(less)];
  return high === undefined || low === undefined ? null : high - low;
}

const figureWords = ({ split, mode, metric, round, less }: RisingFigure): string =>
  `${metric} (${[split, ...(mode === null ? [] : [mode])].join(', ')}) of round ${round} less that of ${less === 0 ? 'the base' : `round ${less}`}`;

function foretellingLine(
  { id, says, arms, before, after }: Foretelling,
  { found, p, verdict }: ForetellingLine,
): string {
  const what = `(${id}) ${says}, a claim of another kind: over the runs of ${arms.join(' and ')}, ${figureWords(before)} ranks ${figureWords(after)}`;
  if (found === null) return `${what}: **${verdict}**.`;
  const { rho, low, high, runs, cells } = found;
  return `${what}. Spearman's ρ ${signed(rho)} (${signed(low)} to ${signed(high)}, runs drawn anew), p ${p === null ? '–' : p.toFixed(3)} by permutation within cells, so that what lies between cells does not count, ${plural(runs, 'run')} in ${plural(cells, 'cell')}: **${verdict}**.`;
}

const words = ({ mean, low, high }: OverCells): string =>
  `${signed(mean)} (${signed(low)} to ${signed(high)})`;
const sideWords = ({ arm, round, mode }: AskedSide): string =>
  round === 0 ? `the base, ${mode}` : `${arm}, round ${round}, ${mode}`;

/** What the verdicts wait for, where more was planned than three seeds. */
function plannedWords({ planned, claims }: PooledClaims): string {
  if (planned === undefined) return '';
  const others = claims.flatMap(({ id, seeds }) => (seeds === undefined ? [] : [`${seeds} for (${id})`]));
  const whole = [`${planned.seeds} seeds`, ...others].join(', ');
  const { ended } = planned;
  return ended === undefined
    ? ` Verdicts wait for what was planned, ${plural(planned.cells, 'cell')} and ${whole}; before, all is _undecided_, however it looks.`
    : ` Planned were ${plural(planned.cells, 'cell')} and ${whole}; **the work ended with ${plural(ended.seeds, 'seed')}**: ${ended.because}`;
}

export async function readPooled(path: string): Promise<PooledClaims> {
  const json = parseJson(await readText(path, MOST_BYTES), path, 'invalid-request');
  return checked(pooledClaims, json, path, 'invalid-request');
}

/** A file of claims and what its folders say to it. */
export interface PooledStudy {
  readonly file: PooledClaims;
  readonly cells: readonly PooledCell[];
  readonly found: Pooled;
}

/** @throws LabError `source-unreadable` naming a folder, or a line of it, that cannot be read */
export async function studyPooled(file: PooledClaims): Promise<PooledStudy> {
  const { folders, claims, untrained, foretelling, planned } = file;
  const sides = claims.flatMap(({ higher, than }) => [higher, than]);
  const asked = untrained === undefined ? [] : sidesAsked(untrained);
  const wanted = new Set([...sides, ...asked].map(sideOf));
  const cells = joined((await Promise.all(folders.map((folder) => cellsIn(folder, wanted)))).flat());
  const foretold = foretelling === undefined ? undefined : await foretoldIn(foretelling, folders);
  return { file, cells, found: pooledVerdicts(claims, cells, foretold, planned) };
}

/** @throws LabError `source-unreadable` naming a folder, or a line of it, that cannot be read */
export async function pooledSection({ file, cells, found }: PooledStudy): Promise<string> {
  const { title, folders, untrained, foretelling, beside } = file;
  const { lines } = found;
  const named = cells.map(({ model, task }) => `${task} on ${model}`);
  const head = ['claim', 'of', 'against', 'difference (95%)', 'p', 'cells, pairs of seeds', 'verdict'];
  const rows = lines.map(({ claim, over, p, verdict }) => [
    `(${claim.id}) ${claim.says}`,
    sideWords(claim.higher),
    sideWords(claim.than),
    over === null ? '–' : words(over),
    p === null ? '–' : p.toFixed(3),
    over === null ? '–' : `${over.cells}, ${over.pairs}`,
    `**${verdict}**`,
  ]);
  const each = lines.map(({ claim, cells: own }) => [
    `(${claim.id})`,
    ...cells.map((cell) => {
      const found = own.find((one) => one.cell === cell);
      return found === undefined ? '–' : `${words(found.own)}, ${plural(found.own.pairs, 'seed')}`;
    }),
  ]);
  const table = (top: readonly string[], body: readonly (readonly string[])[]) =>
    [top, top.map(() => '---'), ...body].map((line) => `| ${line.join(' | ')} |`).join('\n');
  return [
    `## ${title}`,
    `Claimed before the runs. Exact match on the same test items; one number for each claim, the mean over the cells that have both sides, its interval and p by bootstrap over seeds and items (of one seed: over items alone), p corrected by Holm over all claims, also those that were not run. Told are the seeds that are whole in all of a claim's cells.${plannedWords(file)}`,
    table(head, rows),
    ...(foretelling === undefined || found.foretelling === undefined
      ? []
      : [foretellingLine(foretelling, found.foretelling)]),
    ...(beside === undefined ? [] : [beside]),
    'Each cell by itself, of which nothing was claimed:',
    table(['claim', ...named], each),
    ...(untrained === undefined ? [] : [await untrainedSection(untrained, cells, folders)]),
  ].join('\n\n');
}
