/** @file What of an experiment's run.json and results.jsonl the results page needs, read strictly. */
import { claim } from '../../src/words/experiment.ts';
import type { Claim } from '../../src/words/experiment.ts';
import { LabError } from '../../src/core/errors.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { resultRow } from '../../src/analysis/result-row.ts';
import { array, checked, count, is } from '../../src/core/shape.ts';
import type { MetricName } from '../../src/analysis/metrics.ts';
import { isMetricName } from '../../src/analysis/metrics.ts';
import type { Floors } from '../../src/metrics/metric.ts';
import { readResultLines, readRunJson } from '../read-json.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface StudyTask {
  /** Of its rows. */
  readonly sha256: string;
  /** That it was to run with. */
  readonly seeds: readonly number[];
  /** They were chosen in one go; false where a later folder added some. */
  readonly isOnePlan: boolean;
  /** Its own metric's floors, of each run that scored; of a run.json before floors were told, none. */
  readonly floors: readonly Floors[];
  /** The task's own metric; null where run.json does not tell it. */
  readonly metric: MetricName | null;
  /** "soft, seed 3: non-finite-loss: ..." */
  readonly failed: readonly string[];
}

/** What was asked: the same for every task and seed. */
export interface Study {
  readonly title: string;
  readonly why: string;
  readonly question: string;
  readonly model: string;
  readonly sha256: string;
  /** In words; several where folders came from several machines. */
  readonly devices: readonly string[];
  /** Method and knobs by arm, in the order of the experiment. */
  readonly arms: ReadonlyMap<string, Fields>;
  readonly claims: readonly Claim[];
  /** By task id, in the order of the experiment. */
  readonly tasks: ReadonlyMap<string, StudyTask>;
}

/** A folder of `npm run experiment`, or several of one experiment laid together. */
export interface Measured {
  readonly study: Study;
  readonly rows: readonly ResultRow[];
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const fields = (value: unknown): Fields => (isFields(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const claims = array(claim);
const seedList = array(count);

const ofTask = (value: unknown, id: string): readonly Fields[] =>
  Array.isArray(value) ? value.map(fields).filter(({ task }) => task === id) : [];
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function floorsIn(runs: unknown, id: string): Pick<StudyTask, 'floors' | 'metric'> {
  const told = ofTask(runs, id).flatMap(({ floors }) => (isFields(floors) ? [floors] : []));
  const metric = textOf(told[0]?.metric);
  return {
    floors: told.map(({ chance, majority }) => ({ chance: numberOf(chance), majority: numberOf(majority) })),
    metric: isMetricName(metric) ? metric : null,
  };
}

const failedIn = (failed: unknown, id: string): readonly string[] =>
  ofTask(failed, id).map(
    ({ arm, seed, code, message }) =>
      `${textOf(arm)}, seed ${String(numberOf(seed))}: ${textOf(code)}: ${textOf(message)}`,
  );

/** @throws LabError `invalid-request` where it is no run.json of an experiment. */
export function readStudy(value: unknown, folder: string): Study {
  const { title, why, question, config, devices, runs, failed } = fields(value);
  const own = fields(config);
  const { seeds } = own;
  const device: unknown = Array.isArray(devices) ? fields(devices[0]).inference : null;
  if (!is(seedList, seeds) || !is(claims, own.claims)) {
    throw new LabError('invalid-request', `${folder}/run.json is not that of an experiment.`);
  }
  return {
    ...{ title: textOf(title), why: textOf(why), question: textOf(question) },
    ...{ model: textOf(own.model), sha256: textOf(own.modelSha256), claims: own.claims },
    devices: [textOf(fields(device).description)],
    arms: new Map(Object.entries(fields(own.arms)).map(([name, arm]) => [name, fields(arm)])),
    tasks: new Map(
      Object.entries(fields(own.tasks)).map(([id, sha256]) => [
        id,
        {
          sha256: textOf(sha256),
          seeds,
          isOnePlan: true,
          ...floorsIn(runs, id),
          failed: failedIn(failed, id),
        },
      ]),
    ),
  };
}

/** @throws LabError `invalid-request` where the folder is no experiment's, `source-unreadable` naming the row that is none */
export async function readMeasured(folder: string): Promise<Measured> {
  const study = readStudy(await readRunJson(folder), folder);
  const lines = await readResultLines(folder);
  const rows = lines.map((line, i) =>
    checked(resultRow, line, `${folder}/results.jsonl, row ${i + 1}`, 'source-unreadable'),
  );
  return { study, rows };
}
