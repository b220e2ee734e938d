/**
 * @file `npm run map -- DIR... [--told DIR]...`: docs/MAP.md and public/map.json from finished folders of experiments/natural-errors.json
 * (which tell what errors the bases make) and of experiments/map.json and map-noise.json (which tell what teachers gained), of any models.
 * Folders behind --told are told by that fit and never fitted: bases before their runs, and what came of them. Folders behind --later were
 * run when these had been told already: points as the others, but what is told of others is told without them.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cell, Draw, ErrorShares } from '../src/analysis/error-map.ts';
import { errorShares, withNoise } from '../src/analysis/error-map.ts';
import { LabError } from '../src/core/errors.ts';
import { array, checked, finite, object, text } from '../src/core/shape.ts';
import { isScoredDecoding } from '../src/method/agenda.ts';
import type { Arm } from '../src/words/plan.ts';
import { normaliseLabel } from '../src/metrics/metrics.ts';
import type { Manifest } from '../src/store/runs/manifest.ts';
import { parseCommandLine, runCommand } from './command-line.ts';
import { reading, writing } from './file-faults.ts';
import { parseJson, readResultRows, readRunJson } from './read-json.ts';
import { predictionsIn, readPredictions } from './read-predictions.ts';
import { armsOf } from './results/arms-of.ts';
import { labelGains } from './results/label-gains.ts';
import type { FirstStudent, Unfitted } from './results/map-page.ts';
import { mapFile, mapPage } from './results/map-page.ts';

const [PAGE, DATA] = ['docs/MAP.md', 'public/map.json'];
/** What the errors of a base hang on. */
const baseOf = (model: string, task: string, { knobs }: Arm): string =>
  JSON.stringify([model, task, knobs.demonstrations]);
const apartFromK = ({ knobs }: Arm): string => JSON.stringify({ ...knobs, demonstrations: 0 });
const modelOf = ({ config }: Manifest): string => `${config.model} ${config.modelSha256.slice(0, 8)}`;
/** @throws LabError `invalid-request` where they choose among the labels: these are no errors that a base makes by itself */
function isOfBases(manifest: Manifest): boolean {
  const arms = armsOf(manifest);
  const choosing = arms.find(({ method, knobs }) => method === 'icl' && isScoredDecoding(knobs.decoding));
  if (choosing !== undefined)
    throw new LabError(
      'invalid-request',
      `"${manifest.title}" asks the base to choose among the labels (${choosing.name}), and tells nothing of the errors that it makes freely.`,
      { remedy: 'Leave that folder out.' },
    );
  return arms.every(({ method }) => method === 'icl');
}

/** What is kept of a folder of bases (docs/results): all answers are many megabytes. */
const SHARES = 'shares.json';
const shares = array(object({ base: text, systematic: finite, varying: finite, accuracy: finite }));

/** From its answers, which are then summed up beside them; where these are not there, from that. */
async function basesIn(folder: string, manifest: Manifest): Promise<ReadonlyMap<string, ErrorShares>> {
  const path = join(folder, SHARES);
  const answers = await predictionsIn(folder);
  if (answers === null) {
    const kept = await reading(path, () => readFile(path, 'utf8'));
    const found = checked(shares, parseJson(kept, path, 'source-unreadable'), path, 'source-unreadable');
    return new Map(found.map(({ base, ...own }) => [base, own]));
  }
  const found = await answersIn(answers, manifest);
  const rows = [...found].map(([base, own]) => JSON.stringify({ base, ...own }));
  await writing(path, () => writeFile(path, `[\n${rows.join(',\n')}\n]\n`));
  return found;
}

/** The few-shot answers to each test item, all draws of it together. */
async function answersIn(path: string, manifest: Manifest): Promise<ReadonlyMap<string, ErrorShares>> {
  const arms = new Map(armsOf(manifest).map((arm) => [arm.name, arm]));
  const draws = new Map<string, Map<string, Draw[]>>();
  await readPredictions(path, ({ task, arm: name, split, mode, item, answer, correct }) => {
    const arm = arms.get(name);
    if (split !== 'test' || mode !== 'few-shot' || arm === undefined || correct === null) return;
    const base = baseOf(modelOf(manifest), task, arm);
    const items = draws.get(base) ?? new Map<string, Draw[]>();
    const own = items.get(item) ?? [];
    own.push({ answer: normaliseLabel(answer), isRight: correct });
    draws.set(base, items.set(item, own));
  });
  return new Map([...draws].map(([base, items]) => [base, errorShares([...items.values()])]));
}

/** SOFT's arms with their frozen counterparts: the same knobs. */
type Pair = readonly [soft: Arm, frozen: Arm];
function pairsIn(manifest: Manifest): readonly Pair[] {
  const arms = armsOf(manifest);
  const set = ({ knobs }: Arm): string => JSON.stringify(knobs);
  return arms.flatMap((arm) => {
    const other = arms.find((one) => one.method === 'frozen-teacher' && set(one) === set(arm));
    return arm.method !== 'soft' || other === undefined ? [] : [[arm, other] as const];
  });
}

async function cellsIn(
  folder: string,
  manifest: Manifest,
  bases: ReadonlyMap<string, ErrorShares>,
): Promise<readonly Cell[]> {
  const asked = (await readResultRows(folder)).filter(
    ({ mode, metric }) => mode === 'few-shot' && metric === 'exact_match',
  );
  // A teacher is asked the probe; where a run has none, the test items as a teacher would.
  const split = asked.some((row) => row.split === 'probe') ? 'probe' : 'test';
  const rows = asked.filter((row) => row.split === split);
  const scores = new Map(
    rows.map(({ task, arm, seed, round, value }) => [JSON.stringify([task, arm, seed, round]), value]),
  );
  const pairs = pairsIn(manifest);
  // A k that is the task's own: the same runs under two names.
  const isSaidTwice = (pair: Pair, scoresOf: (arm: Arm) => readonly unknown[]) => {
    const said = (one: Pair) => JSON.stringify([apartFromK(one[0]), ...one.map(scoresOf)]);
    return pairs
      .slice(
        0,
        pairs.findIndex(([soft]) => soft === pair[0]),
      )
      .some((one) => said(one) === said(pair));
  };
  return pairs.flatMap(([soft, frozen]) =>
    Object.keys(manifest.config.tasks).flatMap((task) => {
      const model = modelOf(manifest);
      const base = bases.get(baseOf(model, task, soft));
      if (base === undefined) {
        throw new LabError(
          'invalid-request',
          `No folder tells what errors ${model} makes on ${task} as ${soft.name} asks it.`,
          {
            remedy: 'Name a folder of experiments/natural-errors.json with this model and task too.',
          },
        );
      }
      const at = ({ name, knobs }: Arm, seed: number) =>
        scores.get(JSON.stringify([task, name, seed, knobs.rounds]));
      if (isSaidTwice([soft, frozen], (arm) => manifest.config.seeds.map((seed) => at(arm, seed)))) return [];
      const gains = manifest.config.seeds.flatMap((seed) => {
        const [a, b] = [at(soft, seed), at(frozen, seed)];
        return a === undefined || b === undefined ? [] : [a - b];
      });
      return gains.length === 0
        ? []
        : [{ ...{ model, task, setting: soft.name, gains }, ...withNoise(base, soft.knobs) }];
    }),
  );
}

/** What came of labels, where the base's errors are known; the probe may not have been asked. */
async function labelledIn(
  folder: string,
  manifest: Manifest,
  bases: ReadonlyMap<string, ErrorShares>,
): Promise<readonly Unfitted[]> {
  const model = modelOf(manifest);
  const said = new Set<string>();
  return labelGains(manifest, await readResultRows(folder)).flatMap(({ task, soft, gains }) => {
    const base = bases.get(baseOf(model, task, soft));
    // A k that is the task's own: the same runs under two names.
    const own = JSON.stringify([task, apartFromK(soft), gains]);
    if (base === undefined || said.has(own)) return [];
    said.add(own);
    const point = { model, task, setting: soft.name, gains: [], labels: gains };
    return [{ ...point, ...withNoise(base, soft.knobs) }];
  });
}

interface Found {
  /** By model and task, at the k of each arm that asked. */
  readonly bases: readonly Base[];
  readonly cells: readonly Cell[];
  readonly students: readonly FirstStudent[];
  readonly labelled: readonly Unfitted[];
}
interface Base extends ErrorShares {
  readonly model: string;
  readonly task: string;
}

/** SOFT as it is: the first of its arms whose labels are its own. */
const isPlain = ({ method, knobs }: Arm): boolean => method === 'soft' && knobs.labelNoise === 0;

/** What the majority of the draws knows, and the student of round 1, which learnt from one draw each. */
async function studentsIn(
  folder: string,
  manifest: Manifest,
  bases: ReadonlyMap<string, ErrorShares>,
): Promise<readonly FirstStudent[]> {
  const arm = armsOf(manifest).find(isPlain);
  if (arm === undefined) return [];
  const rows = (await readResultRows(folder)).filter(
    (row) =>
      row.arm === arm.name &&
      row.round === 1 &&
      row.split === 'test' &&
      row.mode === 'zero-shot' &&
      row.metric === 'exact_match',
  );
  const model = modelOf(manifest);
  return Object.keys(manifest.config.tasks).flatMap((task) => {
    const base = bases.get(baseOf(model, task, arm));
    const own = rows.filter((row) => row.task === task).map(({ value }) => value);
    return base === undefined || own.length === 0
      ? []
      : [{ model, task, vote: 1 - base.systematic, scores: own }];
  });
}

async function foundIn(folders: readonly string[]): Promise<Found> {
  const all = await Promise.all(
    folders.map(async (folder) => ({ folder, manifest: await readRunJson(folder) })),
  );
  const known = new Map<string, ErrorShares>();
  const bases: Base[] = [];
  for (const { folder, manifest } of all.filter((one) => isOfBases(one.manifest))) {
    for (const [base, shares] of await basesIn(folder, manifest)) known.set(base, shares);
    for (const task of Object.keys(manifest.config.tasks))
      for (const arm of armsOf(manifest)) {
        const shares = known.get(baseOf(modelOf(manifest), task, arm));
        if (shares !== undefined) bases.push({ model: modelOf(manifest), task, ...shares });
      }
  }
  const cells: Cell[] = [];
  for (const { folder, manifest } of all.filter((one) => !isOfBases(one.manifest)))
    cells.push(...(await cellsIn(folder, manifest, known)));
  const students: FirstStudent[] = [];
  const labelled: Unfitted[] = [];
  for (const { folder, manifest } of all.filter((one) => !isOfBases(one.manifest))) {
    students.push(...(await studentsIn(folder, manifest, known)));
    labelled.push(...(await labelledIn(folder, manifest, known)));
  }
  return { bases, cells, students, labelled };
}

/** What was run, the folders of a setting together, and bases that nothing was run on yet. */
function unfitted({ bases, cells, labelled }: Found): readonly Unfitted[] {
  const points = [...cells.map((cell) => ({ ...cell, labels: [] })), ...labelled];
  const place = ({ model, task, setting }: Unfitted) => JSON.stringify([model, task, setting]);
  const run = new Map<string, Unfitted>();
  for (const point of points) {
    const before = run.get(place(point)) ?? { ...point, gains: [], labels: [] };
    const gains = [...before.gains, ...point.gains];
    run.set(place(point), { ...before, gains, labels: [...before.labels, ...point.labels] });
  }
  const isRun = (base: Base) => points.some(({ model, task }) => model === base.model && task === base.task);
  return [
    ...run.values(),
    ...bases.filter((base) => !isRun(base)).map((base) => ({ ...base, setting: '–', gains: [], labels: [] })),
  ];
}

async function main(argv: readonly string[]): Promise<number> {
  const remedy = 'npm run map -- DIR... [--later DIR]... [--told DIR]...';
  const { values, positionals: folders } = parseCommandLine(
    argv,
    { told: { type: 'string', multiple: true }, later: { type: 'string', multiple: true } },
    remedy,
  );
  const { told: others = [], later = [] } = values;
  const { cells, students } = await foundIn([...folders, ...later]);
  const told = { cells: unfitted(await foundIn(others)), by: (await foundIn(folders)).cells };
  if (cells.length === 0) {
    throw new LabError('invalid-request', 'These folders hold no teacher beside its frozen counterpart.', {
      remedy: 'Name finished folders of experiments/natural-errors.json, map.json and map-noise.json.',
    });
  }
  await writing(PAGE, () => writeFile(PAGE, mapPage(cells, told, students)));
  await writing(DATA, () => writeFile(DATA, `${JSON.stringify(mapFile(cells))}\n`));
  console.log(`${PAGE}, ${DATA}: ${cells.length} cells of ${folders.length + later.length} folders.`);
  return 0;
}

await runCommand(() => main(process.argv.slice(2)));
