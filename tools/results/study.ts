/** @file What of an experiment's run.json and results.jsonl the results page needs. */
import type { Claim } from '../../src/words/experiment.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import type { MetricName } from '../../src/analysis/metrics.ts';
import type { Floors } from '../../src/metrics/metric.ts';
import type { Manifest } from '../../src/store/runs/manifest.ts';
import { readResultRows, readRunJson } from '../read-json.ts';

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

function floorsIn(runs: Manifest['runs'], id: string): Pick<StudyTask, 'floors' | 'metric'> {
  const floors = runs.filter(({ task }) => task === id).flatMap((run) => run.floors ?? []);
  return { floors, metric: floors[0]?.metric ?? null };
}

const failedIn = (failed: Manifest['failed'], id: string): readonly string[] =>
  failed
    .filter(({ task }) => task === id)
    .map(({ arm, seed, code, message }) => `${arm}, seed ${seed}: ${code}: ${message}`);

export function studyOf({ title, why, question, config, devices, runs, failed }: Manifest): Study {
  const { model, modelSha256, seeds, arms, claims } = config;
  const [first] = devices;
  const device = first === undefined || 'device' in first ? first : first.inference;
  return {
    ...{ title, why, question, model, sha256: modelSha256, claims },
    devices: [device?.description ?? ''],
    arms: new Map(Object.entries(arms)),
    tasks: new Map(
      Object.entries(config.tasks).map(([id, sha256]) => [
        id,
        { sha256, seeds, isOnePlan: true, ...floorsIn(runs, id), failed: failedIn(failed, id) },
      ]),
    ),
  };
}

/** @throws LabError `source-unreadable` naming the file and the place that is no experiment's */
export async function readMeasured(folder: string): Promise<Measured> {
  return { study: studyOf(await readRunJson(folder)), rows: await readResultRows(folder) };
}
