/** @file Ways of asking a base that train nothing, beside a student: what it has to be above before it has learnt anything. */
import { formatScore, signed } from '../../src/core/figures.ts';
import { plural } from '../../src/core/plural.ts';
import type { AskedSide, PooledCell, Untrained } from '../../src/analysis/pooled.ts';
import type { Draw } from '../../src/analysis/error-map.ts';
import { isVoteRight } from '../../src/analysis/error-map.ts';
import { ofSeeds, wholeSeeds } from '../../src/analysis/pooled.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { normaliseLabel } from '../../src/metrics/metrics.ts';
import { LabError } from '../../src/core/errors.ts';
import { mean } from '../../src/metrics/metric.ts';
import type { ScoresBySeed } from '../../src/metrics/statistics.ts';
import type { Knobs } from '../../src/words/knobs.ts';
import { readResultRows, readRunJson } from '../read-json.ts';
import { neededPredictions, readPredictions } from '../read-predictions.ts';
import { digestsOf } from './digests.ts';

/** Asked of the base by every run, before it trains. */
const WAYS = [
  { mode: 'zero-shot', metric: 'exact_match', title: 'zero-shot' },
  { mode: 'zero-shot', metric: 'constrained_accuracy', title: 'zero-shot, among the labels' },
  { mode: 'zero-shot', metric: 'calibrated_accuracy', title: 'zero-shot, among the labels, calibrated' },
  { mode: 'few-shot', metric: 'exact_match', title: 'few-shot' },
] as const satisfies readonly (Pick<ResultRow, 'mode' | 'metric'> & { readonly title: string })[];

/** By the decoding of an arm that trains nobody. */
const CHOICES = [
  { decoding: 'constrained', title: 'few-shot, among the labels' },
  { decoding: 'calibrated', title: 'few-shot, among the labels, calibrated' },
  { decoding: 'aligned', title: "few-shot, among the labels, aligned with the pool's shares" },
] as const satisfies readonly { readonly decoding: Knobs['decoding']; readonly title: string }[];

const isChoosing = (how: object | undefined): how is { readonly decoding: string } =>
  how !== undefined && 'decoding' in how && CHOICES.some(({ decoding }) => decoding === how.decoding);

/** Few-shot answers of a base to a test item under several draws of demonstrations, by item. */
type Draws = Map<string, Draw[]>;

/** A few-shot answer of a base to a test item. */
interface BaseAnswer extends Draw {
  readonly folder: string;
  /** Of the model with the task. */
  readonly cell: string;
  readonly task: string;
  readonly seed: number;
  readonly item: string;
  /** By which an arm of icl chose it among the labels; null: it was said freely. */
  readonly decoding: string | null;
}

/** @throws LabError `source-unreadable` naming a folder without answers */
async function eachBaseAnswer(folders: readonly string[], take: (answer: BaseAnswer) => void): Promise<void> {
  for (const folder of folders) {
    const { config } = await readRunJson(folder);
    await readPredictions(await neededPredictions(folder), (row) => {
      const { task, arm, seed, round, split, mode, item, answer, correct } = row;
      if (round !== 0 || split !== 'test' || mode !== 'few-shot' || correct === null) return;
      const how = config.arms[arm];
      take({
        ...{ folder, cell: digestsOf(config, task), task, seed, item },
        ...{ answer: normaliseLabel(answer), isRight: correct },
        decoding: how?.method === 'icl' && isChoosing(how) ? how.decoding : null,
      });
    });
  }
}

/** By cell, those of all folders together. */
async function drawsIn(folders: readonly string[]): Promise<ReadonlyMap<string, Draws>> {
  const found = new Map<string, Draws>();
  await eachBaseAnswer(folders, ({ cell, item, answer, isRight, decoding }) => {
    if (decoding !== null) return;
    const items: Draws = found.get(cell) ?? new Map<string, Draw[]>();
    const own = items.get(item) ?? [];
    own.push({ answer, isRight });
    found.set(cell, items.set(item, own));
  });
  return found;
}

type Seeds = Map<number, Map<string, boolean>>;

/** By cell and decoding, what arms of icl chose. @throws LabError `invalid-request` where two did the same */
async function choicesIn(folders: readonly string[]): Promise<ReadonlyMap<string, Seeds>> {
  const found = new Map<string, Seeds>();
  await eachBaseAnswer(folders, ({ folder, cell, task, seed, item, isRight, decoding }) => {
    if (decoding === null) return;
    const choice = choiceOf(cell, decoding);
    const seeds: Seeds = found.get(choice) ?? new Map<number, Map<string, boolean>>();
    const items = seeds.get(seed) ?? new Map<string, boolean>();
    if (items.has(item))
      throw new LabError(
        'invalid-request',
        `${folder}: ${item} of ${task}, seed ${seed}, was chosen twice by decoding ${decoding}.`,
        { remedy: 'Keep one arm for each decoding, in one folder.' },
      );
    found.set(choice, seeds.set(seed, items.set(item, isRight)));
  });
  return found;
}
const choiceOf = (digests: string, decoding: string): string => JSON.stringify([digests, decoding]);

/** A way of asking, on the items that it was asked, and the student on the same ones: means over the student's seeds. */
interface Way {
  readonly score: number;
  readonly lead: number;
  /** That voted; absent of one answer. */
  readonly draws?: number;
}

const baseSide = (arm: string, mode: AskedSide['mode']): AskedSide => ({ arm, round: 0, mode });
/** What is read of the answers. */
export const sidesAsked = ({ student }: Untrained): readonly AskedSide[] => [
  student,
  baseSide(student.arm, 'zero-shot'),
  baseSide(student.arm, 'few-shot'),
];

const share = (right: readonly (number | boolean)[]): number => mean(right.map(Number));

/** null unless every seed of the student has both, on items that it was asked too.
 * @param scoreOf the way's score in a seed
 * @param itemsOf what it is a mean over */
function wayOf(
  own: ScoresBySeed,
  scoreOf: (seed: number) => number | undefined,
  itemsOf: (seed: number) => Iterable<string>,
): Way | null {
  const pairs = [...own].map(([seed, items]) => {
    const score = scoreOf(seed);
    const student = [...itemsOf(seed)].map((item) => items.get(item));
    const right = student.filter((one) => one !== undefined);
    if (score === undefined || right.length === 0 || right.length < student.length) return null;
    return { score, lead: share(right) - score };
  });
  const known = pairs.filter((pair) => pair !== null);
  if (known.length === 0 || known.length < pairs.length) return null;
  return { score: mean(known.map(({ score }) => score)), lead: mean(known.map(({ lead }) => lead)) };
}

function chosenOf(own: ScoresBySeed, seeds: Seeds): Way | null {
  const scoreOf = (seed: number) => {
    const right = [...(seeds.get(seed)?.values() ?? [])];
    return right.length === 0 ? undefined : share(right);
  };
  return wayOf(own, scoreOf, (seed) => seeds.get(seed)?.keys() ?? []);
}

/** Share of the commonest label among the zero-shot test items, by cell, then seed. */
async function commonestIn(
  folders: readonly string[],
  arm: string,
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const found = new Map<string, Map<number, number>>();
  for (const folder of folders) {
    const { config, runs } = await readRunJson(folder);
    for (const run of runs) {
      const majority = run.floors?.majority;
      if (run.arm !== arm || majority == null) continue;
      const cell = digestsOf(config, run.task);
      found.set(cell, (found.get(cell) ?? new Map<number, number>()).set(run.seed, majority));
    }
  }
  return found;
}

function voteOf(own: ScoresBySeed, draws: Draws): Way | null {
  const votes = new Map([...draws].map(([item, answers]) => [item, isVoteRight(answers)]));
  const itemsOf = (seed: number) => [...(own.get(seed) ?? new Map<string, number | boolean>()).keys()];
  const scoreOf = (seed: number) => {
    const right = itemsOf(seed).map((item) => votes.get(item));
    const known = right.filter((one) => one !== undefined);
    return known.length === 0 || known.length < right.length ? undefined : share(known);
  };
  const way = wayOf(own, scoreOf, itemsOf);
  return way === null
    ? null
    : { ...way, draws: Math.min(...[...draws.values()].map(({ length }) => length)) };
}

const wayWords = (way: Way | null): string => {
  if (way === null) return 'not measured';
  const draws = way.draws === undefined ? '' : `, ${plural(way.draws, 'draw')}`;
  return `${formatScore(way.score)} (${signed(way.lead)}${draws})`;
};

/** @param folders those of the cells, whose results tell what the base was asked
 * @throws LabError `source-unreadable` naming what cannot be read */
export async function untrainedSection(
  untrained: Untrained,
  cells: readonly PooledCell[],
  folders: readonly string[],
): Promise<string> {
  const { student } = untrained;
  const rows = (await Promise.all(folders.map(readResultRows))).flat();
  const draws = await drawsIn(untrained.draws);
  const choices = await choicesIn(untrained.floors ?? []);
  const commonest = await commonestIn(folders, student.arm);
  const seeds = wholeSeeds(cells.map(({ scores }) => [scores(student)]));
  const columns = cells.map(({ model, task, digests, scores }) => {
    const own = ofSeeds(scores(student), seeds);
    const base = rows.filter(
      (row) =>
        [row.model, row.task, row.arm].join() === [model, task, student.arm].join() &&
        row.round === 0 &&
        row.split === 'test',
    );
    const asked = WAYS.map(({ mode, metric }) =>
      wayOf(
        own,
        (seed) => base.find((row) => row.seed === seed && row.mode === mode && row.metric === metric)?.value,
        (seed) => scores(baseSide(student.arm, mode)).get(seed)?.keys() ?? [],
      ),
    );
    const among = [...own.keys()].map(
      (seed) =>
        rows.find(
          (row) =>
            [row.model, row.task, row.arm].join() === [model, task, student.arm].join() &&
            [row.seed, row.round, row.split, row.mode].join() ===
              [seed, student.round, 'test', student.mode].join() &&
            row.metric === 'constrained_accuracy',
        )?.value,
    );
    const chosen = CHOICES.map(({ decoding }) =>
      chosenOf(own, choices.get(choiceOf(digests, decoding)) ?? new Map<number, Map<string, boolean>>()),
    );
    const constant = wayOf(
      own,
      (seed) => commonest.get(digests)?.get(seed),
      (seed) => scores(baseSide(student.arm, 'zero-shot')).get(seed)?.keys() ?? [],
    );
    const ways = [
      constant,
      ...asked,
      ...chosen,
      voteOf(own, draws.get(digests) ?? new Map<string, Draw[]>()),
    ];
    return {
      ways,
      own:
        own.size === 0
          ? 'not run'
          : formatScore(mean([...own.values()].map((items) => share([...items.values()])))),
      among: among.length === 0 || among.includes(undefined) ? '–' : formatScore(mean(among.map(Number))),
      isKnown: ways.every((way) => way !== null),
      isAbove: ways.every((way) => way !== null && way.lead > 0),
    };
  });
  const titles = [
    'always the commonest label of these items',
    ...[...WAYS, ...CHOICES].map(({ title }) => title),
    'few-shot, the vote of several draws',
  ];
  const body = [
    ...titles.map((title, i) => [title, ...columns.map(({ ways }) => wayWords(ways[i] ?? null))]),
    [
      `**${student.arm}, round ${student.round}, ${student.mode}**`,
      ...columns.map(({ own }) => `**${own}**`),
    ],
    [
      `${student.arm}, round ${student.round}, ${student.mode}, among the labels`,
      ...columns.map(({ among }) => among),
    ],
    [
      'above all of them in the mean',
      ...columns.map(({ isKnown, isAbove }) => (isKnown ? (isAbove ? 'yes' : 'no') : 'not known')),
    ],
  ];
  const head = ['way', ...cells.map(({ model, task }) => `${task} on ${model}`)];
  const above = columns.filter(({ isAbove }) => isAbove).length;
  return [
    `Ways of asking the base that train nothing, means over seeds; in brackets the student minus it, on the same items of the seeds that every cell has (${plural(seeds.length, 'seed')}), which is not the difference of two means that stand here, where a way was asked more items. Learning is called only what is above all of them: in ${above} of ${cells.length} cells.`,
    [head, head.map(() => '---'), ...body].map((line) => `| ${line.join(' | ')} |`).join('\n'),
  ].join('\n\n');
}
