/** @file Claims over several models and tasks, as a section of docs/RESULTS.md. */
import { signed } from '../../src/core/figures.ts';
import { plural } from '../../src/core/plural.ts';
import { checked } from '../../src/core/shape.ts';
import type { AskedSide, PooledCell, PooledClaims } from '../../src/analysis/pooled.ts';
import { pooledClaims, pooledLines } from '../../src/analysis/pooled.ts';
import type { OverCells } from '../../src/metrics/statistics.ts';
import { digestsOf } from './digests.ts';
import { parseJson, readRunJson, readText } from '../read-json.ts';
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
    scores: (side) => sides.get(sideOf(side)) ?? new Map<number, ReadonlyMap<string, boolean>>(),
  }));
}

const words = ({ mean, low, high }: OverCells): string =>
  `${signed(mean)} (${signed(low)} to ${signed(high)})`;
const sideWords = ({ arm, round, mode }: AskedSide): string =>
  round === 0 ? `the base, ${mode}` : `${arm}, round ${round}, ${mode}`;

export async function readPooled(path: string): Promise<PooledClaims> {
  const json = parseJson(await readText(path, MOST_BYTES), path, 'invalid-request');
  return checked(pooledClaims, json, path, 'invalid-request');
}

/** @throws LabError `source-unreadable` naming a folder, or a line of it, that cannot be read */
export async function pooledSection({ title, folders, claims, untrained }: PooledClaims): Promise<string> {
  const sides = claims.flatMap(({ higher, than }) => [higher, than]);
  const asked = untrained === undefined ? [] : sidesAsked(untrained);
  const wanted = new Set([...sides, ...asked].map(sideOf));
  const cells = (await Promise.all(folders.map((folder) => cellsIn(folder, wanted)))).flat();
  const lines = pooledLines(claims, cells);
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
    `Claimed before the runs. Exact match on the same test items; one number for each claim, the mean over the cells that have both sides, its interval and p by bootstrap over seeds and items, p corrected by Holm over all claims, also those that were not run.`,
    table(head, rows),
    'Each cell by itself, of which nothing was claimed:',
    table(['claim', ...named], each),
    ...(untrained === undefined ? [] : [await untrainedSection(untrained, cells, folders)]),
  ].join('\n\n');
}
