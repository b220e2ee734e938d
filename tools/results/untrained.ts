/** @file Ways of asking a base that train nothing, beside a student: what it has to be above before it has learnt anything. */
import { formatScore } from '../../src/core/figures.ts';
import type { PooledCell, Untrained } from '../../src/analysis/pooled.ts';
import type { Draw } from '../../src/analysis/error-map.ts';
import { isVoteRight } from '../../src/analysis/error-map.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { normaliseLabel } from '../../src/metrics/metrics.ts';
import { mean } from '../../src/metrics/metric.ts';
import { readResultRows, readRunJson } from '../read-json.ts';
import { predictionsIn, readPredictions } from '../read-predictions.ts';

/** Asked of the base by every run, before it trains. */
const WAYS = [
  { mode: 'zero-shot', metric: 'exact_match', title: 'zero-shot' },
  { mode: 'zero-shot', metric: 'constrained_accuracy', title: 'zero-shot, among the labels' },
  { mode: 'zero-shot', metric: 'calibrated_accuracy', title: 'zero-shot, among the labels, calibrated' },
  { mode: 'few-shot', metric: 'exact_match', title: 'few-shot' },
  { mode: 'few-shot', metric: 'constrained_accuracy', title: 'few-shot, among the labels' },
] as const satisfies readonly (Pick<ResultRow, 'mode' | 'metric'> & { readonly title: string })[];

/** Whether the draws' vote on a test item is right, by item. */
type Votes = ReadonlyMap<string, boolean>;

/** By model and task. */
async function votesIn(folder: string): Promise<ReadonlyMap<string, Votes>> {
  const path = await predictionsIn(folder);
  if (path === null) return new Map();
  const { config } = await readRunJson(folder);
  const draws = new Map<string, Map<string, Draw[]>>();
  await readPredictions(path, ({ task, split, mode, item, answer, correct }) => {
    if (split !== 'test' || mode !== 'few-shot' || correct === null) return;
    const cell = JSON.stringify([config.model, task]);
    const items = draws.get(cell) ?? new Map<string, Draw[]>();
    const own = items.get(item) ?? [];
    own.push({ answer: normaliseLabel(answer), isRight: correct });
    draws.set(cell, items.set(item, own));
  });
  return new Map(
    [...draws].map(([cell, items]) => [
      cell,
      new Map([...items].map(([item, own]) => [item, isVoteRight(own)])),
    ]),
  );
}

const share = (right: readonly (number | boolean)[]): number => mean(right.map(Number));

/** On the items that the student was asked, seed by seed; null where not all of them were voted on. */
function voteOf(cell: PooledCell, { student }: Untrained, votes: Votes): number | null {
  const bySeed = [...cell.scores(student).values()].map((items) =>
    [...items.keys()].map((item) => votes.get(item)),
  );
  const known = bySeed.map((right) => right.filter((one) => one !== undefined));
  const isWhole = known.length > 0 && known.every((right, i) => right.length === bySeed[i]?.length);
  return isWhole ? mean(known.map(share)) : null;
}

/** @param folders those of the cells, whose results tell what the base was asked
 * @throws LabError `source-unreadable` naming what cannot be read */
export async function untrainedSection(
  untrained: Untrained,
  cells: readonly PooledCell[],
  folders: readonly string[],
): Promise<string> {
  const { student } = untrained;
  const rows = (await Promise.all(folders.map(readResultRows))).flat();
  const votes = new Map((await Promise.all(untrained.draws.map(votesIn))).flatMap((found) => [...found]));
  const columns = cells.map((cell) => {
    const { model, task } = cell;
    const base = rows.filter(
      (row) =>
        [row.model, row.task, row.arm].join() === [model, task, student.arm].join() &&
        row.round === 0 &&
        row.split === 'test',
    );
    const ways = WAYS.map(({ mode, metric }) => {
      const values = base
        .filter((row) => row.mode === mode && row.metric === metric)
        .map(({ value }) => value);
      return values.length === 0 ? null : mean(values);
    });
    const seeds = [...cell.scores(student).values()].map((items) => share([...items.values()]));
    return {
      ways: [...ways, voteOf(cell, untrained, votes.get(JSON.stringify([model, task])) ?? new Map())],
      own: seeds.length === 0 ? null : mean(seeds),
    };
  });
  const digits = (value: number | null): string => (value === null ? '–' : formatScore(value));
  const isAbove = columns.map(
    ({ ways, own }) => own !== null && ways.every((value) => value !== null && value < own),
  );
  const body = [
    ...[...WAYS.map(({ title }) => title), 'few-shot, the vote of all draws'].map((title, i) => [
      title,
      ...columns.map(({ ways }) => digits(ways[i] ?? null)),
    ]),
    [
      `**${student.arm}, round ${student.round}, ${student.mode}**`,
      ...columns.map(({ own }) => `**${digits(own)}**`),
    ],
    ['above all of them', ...isAbove.map((above) => (above ? 'yes' : 'not known to be'))],
  ];
  const head = ['way', ...cells.map(({ model, task }) => `${task} on ${model}`)];
  return [
    `Ways of asking the base that train nothing, and the student, means over seeds (few-shot on the items that teachers are asked, which are fewer). Learning is called only what is above the best of them: in ${isAbove.filter(Boolean).length} of ${cells.length} cells.`,
    [head, head.map(() => '---'), ...body].map((line) => `| ${line.join(' | ')} |`).join('\n'),
  ].join('\n\n');
}
